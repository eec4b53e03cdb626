use keras::prelude::*;

model! {
    pub struct Net(a: Input(4, 3)) {
        Minimum()([a])
    }
}

fn main() {}
