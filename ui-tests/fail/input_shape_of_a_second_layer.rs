use keras::prelude::*;

sequential! {
    struct Net {
        Input(4),
        Dense(3, input_shape = (4,)),
    }
}

fn main() {
    let _ = Net::new();
}
