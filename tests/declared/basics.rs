//! One input, weights, operators.

use keras::prelude::*;

layer! {
    /// A dense layer.
    pub struct Linear(units: usize)(x) {
        let w = weight("w", (last(x), units), "random_normal");
        x @ w + weight("b", (units,), "ones")
    }
}

#[test]
fn a_linear_layer_is_a_dense_layer() {
    sequential! { struct Net { Input(3), Linear(2), Dense(1) } }
    sequential! { struct Same { Input(3), Dense(2, kernel_initializer = "random_normal", bias_initializer = "ones"), Dense(1) } }
    assert_eq!(Net::PARAMETERS, Same::PARAMETERS);
    let (mut net, mut same) = (Net::with_seed(1), Same::with_seed(1));
    assert_eq!(net.weights().to_vec(), same.weights().to_vec());
    let (w, dims) = net.linear().weight("w").unwrap();
    assert_eq!((w.len(), dims.to_string().as_str()), (6, "(3, 2)"));
    let x = Tensor::from([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]]);
    let y = Tensor::from([[1.0], [0.0]]);
    let _ = &mut same;
    assert_eq!(net.predict(&x).unwrap().values(), same.predict(&x).unwrap().values());
    let loss = MeanSquaredError::default();
    let (a, b) = (net.loss_and_gradients(&x, &y, &loss).unwrap(), same.loss_and_gradients(&x, &y, &loss).unwrap());
    assert_eq!((a.0, a.1.values()), (b.0, b.1.values()));
}
