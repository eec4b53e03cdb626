use keras::prelude::*;

model! {
    pub struct Net(a: Input(4), b: Input(4)) {
        let encode = Dense(3, activation = "tanh");
        let (x, y) = (encode(a), encode(b));
        (x + y) * x - y
    }
}

fn main() { assert_eq!(Net::PARAMETERS, 15); }
