use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(256, 256, 3),
        Conv2D(16, 3, activation = "relu"),
        GlobalAveragePooling2D(),
        Dense(10),
    }
}

fn main() {
    let image = vec![0.0; 256 * 256 * 3];
    println!("{:?}", Net::with_seed(1).predict_one(image.first_chunk().unwrap()));
}
