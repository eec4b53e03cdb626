use keras::prelude::*;

struct Scale;

sequential! {
    struct Net {
        Input(4),
        Scale(0.5, offset = 2.0),
    }
}

fn main() {}
