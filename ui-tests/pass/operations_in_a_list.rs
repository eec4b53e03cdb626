//! Operations of one tensor stand among the layers of `sequential!`, as in `model!`.

use keras::prelude::*;

sequential! {
    struct List {
        Input(3, 2),
        mean(axis = 1),
        square(),
        Dense(2, kernel_initializer = "ones"),
        relu(),
        softmax(axis = -1),
    }
}
model! {
    struct Graph(x: Input(3, 2)) {
        let x = square(mean(x, axis = 1));
        softmax(relu(Dense(2, kernel_initializer = "ones")(x)), axis = -1)
    }
}

fn main() {
    let sample = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert_eq!(List::new().predict_one(&sample), [0.5; 2]);
    assert_eq!(List::new().predict_one(&sample), Graph::new().predict_one(&sample));
    assert!(List::summary().to_string().contains("mean (Mean)"));
}
