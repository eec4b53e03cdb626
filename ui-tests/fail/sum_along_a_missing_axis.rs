use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        sum(x, axis = 3)
    }
}

fn main() {}
