use keras::prelude::*;

sequential! {
    struct Net {
        Input(8, 8, 1),
        Conv2D(4, [3, 3]),
    }
}

fn main() {}
