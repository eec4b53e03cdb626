use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        reshape(x, (3, 4))
    }
}

fn main() {}
