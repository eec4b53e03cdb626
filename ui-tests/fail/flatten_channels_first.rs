use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 3),
        Flatten(data_format = "channels_first"),
    }
}

fn main() {}
