use keras::prelude::*;

model! {
    struct Ids(x: Input(2, dtype = "int32")) {
        Identity()(x)
    }
}

fn main() {}
