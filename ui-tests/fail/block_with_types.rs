use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        fn hidden(x: Tensor, units: usize) {
            Dense(units)(x)
        }
        hidden(x, 3)
    }
}

fn main() {}
