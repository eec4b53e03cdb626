use keras::prelude::*;

model! {
    pub struct Net(image: Input(4)) {
        let class = Dense(3)(image);
        let score = Dense(1)(image);
        (clas, score)
    }
}

fn main() {}
