use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3), b: Input(5, 2)) {
        Dot((2, 1))([a, b])
    }
}

fn main() {}
