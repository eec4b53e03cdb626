use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3), b: Input(3)) {
        Concatenate()([a, b])
    }
}

fn main() {}
