use keras::prelude::*;

sequential! {
    struct One { Input(4), Dense(3) }
}

model! {
    pub struct Net(a: Input(4), b: Input(4)) {
        One()(a, b)
    }
}

fn main() {}
