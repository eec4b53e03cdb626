use keras::prelude::*;

struct Twice;

sequential! {
    struct Net {
        Input(4),
        Twice(),
    }
}

fn main() {}
