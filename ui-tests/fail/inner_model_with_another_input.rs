use keras::prelude::*;

sequential! { struct Encoder { Input(8), Dense(3) } }

sequential! {
    pub struct Net {
        Input(4),
        Encoder(),
    }
}

fn main() {}
