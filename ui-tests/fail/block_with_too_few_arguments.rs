use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        fn block(x, units) { Dense(units)(x) }
        block(a)
    }
}

fn main() {}
