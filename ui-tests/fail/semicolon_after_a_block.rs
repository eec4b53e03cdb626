use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        fn hidden(x) {
            Dense(4)(x)
        };
        hidden(x)
    }
}

fn main() {}
