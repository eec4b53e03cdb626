use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(3, kernel_regularizer = keras.regularizers.l2(0.01)),
    }
}

fn main() {}
