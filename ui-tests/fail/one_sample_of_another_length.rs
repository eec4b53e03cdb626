use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(1) } }

fn main() {
    println!("{:?}", Net::new().predict_one(&[0.0, 1.0, 2.0]));
}
