use keras::prelude::*;

sequential! { struct Net { Input(4, name = ""), Dense(2) } }

fn main() {}
