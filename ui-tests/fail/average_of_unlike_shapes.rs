use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3), b: Input(3)) {
        Average()([a, b])
    }
}

fn main() {}
