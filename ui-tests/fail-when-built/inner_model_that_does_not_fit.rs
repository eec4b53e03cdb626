use keras::prelude::*;

sequential! {
    pub struct Inner<const GROUPS: usize> -> Shape3<6, 6, 4> {
        Input(8, 8, 4),
        Conv2D(4, 3, groups = GROUPS),
    }
}

sequential! {
    pub struct Net {
        Input(8, 8, 4),
        Inner<3>(),
        Flatten(),
    }
}

fn main() {}
