use keras::prelude::*;

model! {
    struct Net(left: Input(8, 8, 1), right: Input(8, 8, 3)) {
        fn features(image) {
            let x = Conv2D(4, 9)(image);
            Flatten()(x)
        }
        Concatenate()([features(left), features(right)])
    }
}

fn main() {}
