use keras::prelude::*;

sequential! {
    struct Net {
        Input(8, 8, 3),
        Rescaling(1.0 / 255.0, offset = [0.5, 0.5]),
        Flatten(),
        Dense(1),
    }
}

fn main() {}
