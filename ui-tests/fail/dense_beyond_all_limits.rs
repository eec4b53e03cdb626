use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(3),
        Dense(1 << 32),
    }
}

fn main() {
    println!("{}", Net::PARAMETERS);
}
