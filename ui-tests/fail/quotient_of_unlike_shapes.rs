use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3), b: Input(2)) {
        divide(a, b)
    }
}

fn main() {}
