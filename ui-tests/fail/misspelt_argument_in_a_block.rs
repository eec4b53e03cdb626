use keras::prelude::*;

model! {
    struct Net(left: Input(4), right: Input(4)) {
        fn hidden(x) {
            Dense(3, activtion = "relu")(x)
        }
        hidden(left) + hidden(right)
    }
}

fn main() {}
