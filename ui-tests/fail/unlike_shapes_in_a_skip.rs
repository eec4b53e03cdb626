use keras::prelude::*;

model! {
    pub struct Net(x: Input(8, 8, 3)) {
        let y = Conv2D(4, 3, padding = "same")(x);
        Flatten()(Add()([x, y]))
    }
}

fn main() {}
