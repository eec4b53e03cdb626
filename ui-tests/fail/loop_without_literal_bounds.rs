use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        let x = a;
        for _ in 0..DEPTH { x = Dense(4)(x); }
        x
    }
}

const DEPTH: usize = 3;

fn main() {}
