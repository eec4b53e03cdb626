use keras::prelude::*;

sequential! { struct Net<const N: usize> -> { Input(4), Dense(N) } }

fn main() {}
