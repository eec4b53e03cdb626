use keras::prelude::*;

model! {
    pub struct Net(a: Input(4), b: Input(5)) {
        let encode = Dense(3);
        encode(a) + encode(b)
    }
}

fn main() {}
