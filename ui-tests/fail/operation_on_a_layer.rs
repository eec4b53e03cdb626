use keras::prelude::*;

model! {
    pub struct Net(x: Input(4)) {
        exp(Dense(4))
    }
}

fn main() {}
