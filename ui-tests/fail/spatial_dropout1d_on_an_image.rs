use keras::prelude::*;

sequential! {
    struct Net {
        Input(28, 28, 1),
        SpatialDropout1D(0.2),
        Flatten(),
        Dense(1),
    }
}

fn main() {}
