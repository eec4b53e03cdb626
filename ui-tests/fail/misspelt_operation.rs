use keras::prelude::*;

model! {
    pub struct Net(x: Input(4)) {
        squre(x)
    }
}

fn main() {}
