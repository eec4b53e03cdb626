use keras::prelude::*;

model! {
    pub struct Net(image: Input(4)) {
        Dense(3)(imgae)
    }
}

fn main() {}
