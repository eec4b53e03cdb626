use keras::prelude::*;

sequential! {
    struct Net {
        Input(28, 28, 1),
        GlobalAveragePooling1D(),
        Dense(1),
    }
}

fn main() {}
