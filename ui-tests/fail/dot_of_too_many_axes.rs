use keras::prelude::*;

model! {
    pub struct Net(a: Input(2, 2, 2, 2), b: Input(2, 2, 2, 2)) {
        Dot(-1)([a, b])
    }
}

fn main() {}
