use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        SpatialDropout2D(0.5),
    }
}

fn main() {}
