use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(784),
        Dense(128),
    }
}

const _: () = assert!(Net::WORKSPACE_BYTES < 64);

fn main() {}
