use keras::prelude::*;

model! {
    struct Pair(a: Input(4)) { (Dense(3)(a), Dense(3)(a)) }
}

model! {
    pub struct Net(a: Input(4)) {
        let (x, y, z, rest) = Pair()(a);
        Add()([x, y, z, rest])
    }
}

fn main() {}
