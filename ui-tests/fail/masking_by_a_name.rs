use keras::prelude::*;

sequential! {
    struct Net {
        Input(8, 10),
        Masking("zeros"),
        Dense(1),
    }
}

fn main() {}
