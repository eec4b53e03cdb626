use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(1048576),
        Dense(524288),
        Dense(1048576),
    }
}

fn main() {
    println!("{}", Net::PARAMETERS);
}
