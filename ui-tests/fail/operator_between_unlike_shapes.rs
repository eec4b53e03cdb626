use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3), b: Input(4, 2)) {
        Flatten()(a * 0.5 + b)
    }
}

fn main() {}
