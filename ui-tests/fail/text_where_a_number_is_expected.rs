use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dense("ten"),
    }
}

fn main() {}
