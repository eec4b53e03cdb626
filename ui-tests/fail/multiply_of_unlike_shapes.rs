use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3), b: Input(4)) {
        Multiply()([a, b])
    }
}

fn main() {}
