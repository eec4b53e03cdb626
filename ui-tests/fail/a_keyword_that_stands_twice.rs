use keras::prelude::*;

sequential! {
    struct struct Net {
        Input(8),
        Dense(2),
    }
}

fn main() {
    println!("{} {}", Net::PARAMETERS, Net::new().predict_one(&[0.0; 8])[0]);
}
