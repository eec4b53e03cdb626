use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dense(WIDTH - 4),
    }
}

const WIDTH: usize = 3;

fn main() {}
