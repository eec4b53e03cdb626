use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(2, use_bias = False) } }

fn main() {}
