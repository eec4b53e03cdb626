use keras::prelude::*;

sequential! { struct Inner { Input(4) Dense(3) } }
sequential! { struct Outer { Input(4), Inner(), Dense(2) } }

fn main() {
    println!("{:?}", Outer::new().predict_one(&[0.0; 4]));
}
