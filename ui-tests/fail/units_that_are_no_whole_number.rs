use keras::prelude::*;

const UNITS: f32 = 3.0;

model! {
    struct Net(left: Input(4), right: Input(4)) {
        fn hidden(x) {
            Dense(UNITS)(x)
        }
        hidden(left) + hidden(right)
    }
}

fn main() {}
