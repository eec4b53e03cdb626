use keras::prelude::*;

sequential! {
    struct Net {
        Input(None, 4),
        Dense(3),
    }
}

fn main() {
    let _ = Net::new();
}
