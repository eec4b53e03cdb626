use keras::prelude::*;

sequential! {
    struct One { Input(4), Dense(3) }
}

model! {
    pub struct Net(a: Input(4)) {
        let (x, y) = One()(a);
        Add()([x, y])
    }
}

fn main() {}
