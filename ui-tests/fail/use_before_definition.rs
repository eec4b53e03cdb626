use keras::prelude::*;

model! {
    pub struct Net(image: Input(4)) {
        let y = Dense(3)(x);
        let x = Dense(2)(image);
        x + y
    }
}

fn main() {}
