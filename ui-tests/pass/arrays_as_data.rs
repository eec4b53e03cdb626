use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(1),
    }
}

fn main() {
    let x = ndarray::Array2::<f32>::zeros((6, 4));
    let y = ndarray::Array1::<f32>::zeros(6);
    let mut net = Net::new();
    let mut compiled = net.compile(SGD::default(), MeanSquaredError::default(), ());
    compiled.fit(&x, &Tensor::try_from(y).unwrap()).verbose(0).run().unwrap();
    assert_eq!(net.predict(&x).unwrap().len(), 6);
}
