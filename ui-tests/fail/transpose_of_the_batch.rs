use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        transpose(x, (1, 0, 2))
    }
}

fn main() {}
