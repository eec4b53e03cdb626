use keras::prelude::*;

model! {
    pub struct Net(a: Input(8), b: Input(8)) {
        encode = Dense(8);
        Concatenate()([encode(a), encode(b)])
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 8], &[0.0; 8])[0]);
}
