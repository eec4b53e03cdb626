use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        ZeroPadding2D(1),
    }
}

fn main() {}
