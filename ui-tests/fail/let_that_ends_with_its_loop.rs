use keras::prelude::*;

model! {
    pub struct Net(x: Input(4)) {
        let h = x;
        for _ in 0..2 {
            let h = Dense(4)(h);
        }
        Dense(2)(h)
    }
}

fn main() {}
