use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        ZeroPadding2D((1, 2, 3)),
    }
}

fn main() {}
