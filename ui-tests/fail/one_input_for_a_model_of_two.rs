use keras::prelude::*;

model! {
    struct Pair(a: Input(4), b: Input(4)) { Dense(3)(a + b) }
}

sequential! {
    pub struct Net {
        Input(4),
        Pair(),
    }
}

fn main() {}
