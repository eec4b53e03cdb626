use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        x[0, 1]
    }
}

fn main() {}
