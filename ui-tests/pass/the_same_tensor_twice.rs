use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        let x = Dense(3)(a);
        Add()([x, x])
    }
}

fn main() { let _ = Net::new().predict_one(&[1.0; 4]); }
