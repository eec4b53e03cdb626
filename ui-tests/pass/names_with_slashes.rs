use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(2, name = "block/1"),
    }
}

fn main() { let _ = Net::new().block_1().kernel(); }
