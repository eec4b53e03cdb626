//! A model of several inputs is called with a list, or with its tensors side by side.

use keras::prelude::*;

model! { struct Pair(a: Input(4), b: Input(4)) { (Dense(4)(a + b), Dense(2, kernel_initializer = "ones")(a)) } }

model! {
    struct Net(a: Input(4), b: Input(4)) {
        let pair = Pair(trainable = false);
        let (x, first) = pair([a, b]);
        let (_, second) = pair(x - x, a);
        (first, second)
    }
}

fn main() {
    assert_eq!(Net::new().predict_one(&[1.0; 4], &[0.0; 4]), ([4.0; 2], [0.0; 2]));
}
