use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(512, 1024),
        ReLU(),
    }
}

fn main() {
    let image = vec![0.0; 512 * 1024];
    println!("{:?}", Net::with_seed(1).predict_one(image.first_chunk().unwrap()).len());
}
