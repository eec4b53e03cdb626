use keras::prelude::*;

sequential! {
    pub struct Net {
    }
}

fn main() {}
