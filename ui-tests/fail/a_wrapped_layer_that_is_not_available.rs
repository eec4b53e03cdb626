use keras::prelude::*;

model! {
    pub struct Net(x: Input(8, 3)) {
        let y = SpectralNormalization(RandomCrop(2, 2), power_iterations = 2)(x);
        Dense(2)(y)
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 24])[0]);
}
