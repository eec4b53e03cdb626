use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(65536, 65536, 65536, 65536),
        Flatten(),
    }
}

fn main() {
    println!("{}", Net::PARAMETERS);
}
