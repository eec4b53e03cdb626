use keras::prelude::*;

sequential! {
    struct Net {
        Input(10),
        Embedding(100, 8, mask_zero = true),
        Flatten(),
        Dense(1),
    }
}

fn main() {}
