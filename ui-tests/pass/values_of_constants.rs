//! What looks like Keras' own functions may be the program's, by a path.
use keras::{prelude::*, regularizers::Regularizer::L2};

const fn l2(factor: f32) -> Regularizer {
    Regularizer::l2(2.0 * factor)
}

sequential! {
    struct Net { Input(1), Dense(1, kernel_regularizer = self::l2(0.25), bias_regularizer = L2(0.5), kernel_initializer = "ones") }
}

fn main() {
    let (x, y) = (Tensor::from([[0.0]]), Tensor::from([[0.0]]));
    let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    assert_eq!(loss, 0.5);
}
