use keras::prelude::*;

sequential! {
    pub struct Net -> Shape1<3> {
        Input(4),
        Dense(5),
    }
}

fn main() {}
