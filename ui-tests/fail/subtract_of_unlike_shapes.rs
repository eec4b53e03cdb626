use keras::prelude::*;

model! {
    pub struct Net(a: Input(4), b: Input(2)) {
        a - b
    }
}

fn main() {}
