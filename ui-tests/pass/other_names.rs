//! Keras' other names of layers.

use keras::prelude::*;

sequential! {
    struct Net {
        Input(8, 8, 1),
        Convolution2D(4, 3),
        MaxPool2D(2),
        AvgPool2D(2, strides = 1),
        GlobalMaxPool2D(),
    }
}

model! {
    struct Means(x: Input(4, 4, 2)) { GlobalAvgPool2D()(x) }
}

fn main() {
    assert_eq!(Net::new().conv2d().kernel().shape(), [3, 3, 1, 4]);
    assert_eq!(Net::new().predict_one(&[0.0; 64]), [0.0; 4]);
    assert_eq!(Means::new().predict_one(&[1.0; 32]), [1.0; 2]);
}
