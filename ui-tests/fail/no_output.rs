use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        let x = Dense(3)(a);
    }
}

fn main() {}
