use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        ELU(alpha = "1"),
    }
}

fn main() {}
