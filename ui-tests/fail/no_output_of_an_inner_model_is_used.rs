use keras::prelude::*;

model! {
    struct Pair(a: Input(4)) { (Dense(3)(a), Dense(2)(a)) }
}

model! {
    pub struct Net(a: Input(4)) {
        let (_, _) = Pair()(a);
        Dense(5)(a)
    }
}

fn main() {}
