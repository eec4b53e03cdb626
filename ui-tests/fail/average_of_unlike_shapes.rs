use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3), b: Input(4)) {
        Average()([a, b])
    }
}

fn main() {}
