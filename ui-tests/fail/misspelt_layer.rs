//! The compiler's own words, since it looks names up before any of ours could be asked; it knows the similar names.

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dens(4),
    }
}

fn main() {}
