use keras::prelude::*;

model! {
    struct Net(image: Input(8, 8, 1)) {
        fn convolved(x, filters = 16) {
            Conv2D(filters, 3, activation = "relu")(x)
        }
        Flatten()(convolved(image))
    }
}

fn main() {}
