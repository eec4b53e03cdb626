use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        ActivityRegularization(l1 = -0.1),
    }
}

fn main() {}
