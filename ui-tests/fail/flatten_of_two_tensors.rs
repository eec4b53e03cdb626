use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 4), b: Input(4, 4)) {
        Flatten()([a, b])
    }
}

fn main() {}
