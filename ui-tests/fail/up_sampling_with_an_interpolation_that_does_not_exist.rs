use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 3),
        UpSampling2D(2, interpolation = "bilinaer"),
    }
}

fn main() {}
