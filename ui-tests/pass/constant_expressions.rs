use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(SIDE * SIDE),
        Dense({ 2 * SIDE }),
        Dense(std::mem::size_of::<u64>()),
    }
}

const SIDE: usize = 28;

fn main() { assert_eq!(Net::PARAMETERS, 784 * 56 + 56 + 56 * 8 + 8); }
