use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let y: Tensor<Shape1<8>> = Dense(8)(x);
        Dense(2)(y)
    }
}

fn main() {}
