use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 6, 3),
        Cropping2D((1, 3)),
    }
}

fn main() {}
