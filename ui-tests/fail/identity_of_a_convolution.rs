use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 3),
        Conv2D(4, 3, kernel_initializer = Initializer::identity(2.0)),
    }
}

fn main() {}
