use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        #[cfg(test)]
        Dense(2),
    }
}

fn main() {}
