use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Flatten(),
        Dense(10, activation = "softmax"),
    }
}

fn main() {
    let net = Net::new();
    let x = ndarray::Array2::<f32>::zeros((3, 64));
    let _ = net.predict(&x);
}
