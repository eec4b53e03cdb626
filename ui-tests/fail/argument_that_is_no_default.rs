use keras::prelude::*;

sequential! { struct Net { Input(4), BatchNormalization(renorm = true) } }

fn main() {}
