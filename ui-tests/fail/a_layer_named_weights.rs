use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Dense(3, name = "weights"),
        Dense(2),
    }
}

fn main() {
    println!("{:?}", Net::new().weights());
}
