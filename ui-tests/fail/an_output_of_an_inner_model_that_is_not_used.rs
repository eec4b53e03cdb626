use keras::prelude::*;

model! {
    struct Pair(a: Input(4)) { (Dense(3)(a), Dense(2)(a)) }
}

model! {
    pub struct Net(a: Input(4)) {
        let (x, y) = Pair()(a);
        Dense(5)(x)
    }
}

fn main() {}
