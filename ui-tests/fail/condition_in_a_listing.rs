use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        let x = Dense(3)(a);
        if true { x = Dense(3)(x); }
        x
    }
}

fn main() {}
