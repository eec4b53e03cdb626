use keras::prelude::*;

model! { struct Net { Dense(2)(x) } }

fn main() {}
