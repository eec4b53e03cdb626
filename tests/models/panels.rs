//! Predictions with large dense layers, whose kernels are copied once the same weights have predicted enough samples.

use keras::prelude::*;

sequential! { #[derive(Clone)] struct Wide { Input(300), Dense(8), Dense(500, activation = "tanh"), Dense(301), Dense(3) } }
model! { #[derive(Clone)] struct Outer(x: Input(300)) { Wide()(x) } }

#[test]
fn predictions_stay_the_same_and_follow_the_weights() {
    let mut net = Outer::with_seed(1);
    let x: Tensor<Shape1<300>> = Tensor::from_vec((0..40 * 300).map(|at| (at % 17) as f32 / 17.0).collect()).unwrap();
    for _ in 0..2 {
        let first = net.predict(&x).unwrap();
        for batch_size in [40, 7, 2] {
            let run = || Predict::new(&net).batch_size(batch_size).run(&x).unwrap();
            assert_eq!(run(), run());
        }
        // A clone has no copy of the kernels yet.
        assert_eq!(net.clone().predict(&x).unwrap(), first);
        assert_eq!(net.predict(&x).unwrap(), first);
        net.weights_mut().iter_mut().for_each(|weight| *weight *= 0.5);
        assert_ne!(net.predict(&x).unwrap(), first);
    }
    // A training step changes the weights, too.
    let before = net.predict(&x).unwrap();
    let y: Tensor<Shape1<3>> = Tensor::from_vec(vec![1.0; 40 * 3]).unwrap();
    net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).train_on_batch(&x, &y).unwrap();
    let after = net.predict(&x).unwrap();
    assert_ne!(after, before);
    assert_eq!(net.clone().predict(&x).unwrap(), after);
}
