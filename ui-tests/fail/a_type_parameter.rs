use keras::prelude::*;

sequential! {
    pub struct Net<T> {
        Input(4),
        Dense(3),
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 4])[0]);
}
