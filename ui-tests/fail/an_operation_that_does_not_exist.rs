use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 3),
        meen(axis = 1),
        Dense(2),
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 24])[0]);
}
