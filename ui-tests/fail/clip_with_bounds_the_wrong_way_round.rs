use keras::prelude::*;

model! {
    pub struct Net(x: Input(4)) {
        clip(x, 1.0, 0.0)
    }
}

fn main() {}
