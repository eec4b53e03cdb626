use keras::prelude::*;

model! {
    pub struct Net(a: Input(4), b: Input(4), c: Input(4)) {
        Dot(1)([a, b, c])
    }
}

fn main() {}
