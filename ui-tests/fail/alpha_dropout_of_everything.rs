use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        AlphaDropout(rate = 1),
    }
}

fn main() {}
