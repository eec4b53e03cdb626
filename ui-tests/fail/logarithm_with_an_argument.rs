use keras::prelude::*;

model! {
    pub struct Net(x: Input(4)) {
        log(x, base = 2)
    }
}

fn main() {}
