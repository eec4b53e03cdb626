use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dens(4),
    }
}

fn main() {}
