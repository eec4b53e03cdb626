use keras::prelude::*;

sequential! {
    struct Net {
        Input(8),
        Dense(4, activation = 'relu'),
        Dense(2),
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 8])[0]);
}
