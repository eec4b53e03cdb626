use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Conv2D(4, 3, dilation_rate = 4),
    }
}

fn main() {}
