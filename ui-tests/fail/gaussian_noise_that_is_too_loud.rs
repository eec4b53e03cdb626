use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        GaussianNoise(1.5),
    }
}

fn main() {}
