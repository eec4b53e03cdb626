use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        let x = Dense(3)(a);
        Dense(2)(a)
    }
}

fn main() {}
