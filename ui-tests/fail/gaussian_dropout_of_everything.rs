use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        GaussianDropout(1.0),
    }
}

fn main() {}
