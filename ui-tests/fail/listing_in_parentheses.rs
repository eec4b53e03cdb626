use keras::prelude::*;

sequential! { struct Net(Input(4), Dense(2)) }

fn main() {}
