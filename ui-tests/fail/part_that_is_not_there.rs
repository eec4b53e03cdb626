use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        x[.., 2..5]
    }
}

fn main() {}
