use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        max(x, axis = 0)
    }
}

fn main() {}
