use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        mean(x)
    }
}

fn main() {}
