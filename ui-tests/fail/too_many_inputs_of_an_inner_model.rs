use keras::prelude::*;

model! {
    struct Pair(a: Input(4), b: Input(4)) { Dense(3)(a + b) }
}

model! {
    pub struct Net(a: Input(4), b: Input(4)) {
        Pair()([a, b, a])
    }
}

fn main() {}
