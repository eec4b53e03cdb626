use keras::prelude::*;

model! {
    struct Net(left: Input(4), right: Input(4)) {
        fn hidden(x) {
            let hidden = Dense(3)(x);
            ReLU()(hiden)
        }
        hidden(left) + hidden(right)
    }
}

fn main() {}
