use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(),
        Activation("softmax"),
    }
}

fn main() {}
