use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        let x = Dense(3)(a);
        (Dense(2, name = "left")(x), x, Dense(1, name = "right")(x))
    }
}

fn main() { let (left, middle, right) = Net::new().predict_one(&[1.0; 4]); assert_eq!((left.len(), middle.len(), right.len()), (2, 3, 1)); }
