use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, 3)) {
        x[:, 0:2]
    }
}

fn main() {}
