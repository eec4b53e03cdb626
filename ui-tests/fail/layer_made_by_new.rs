use keras::prelude::*;

sequential! {
    struct Net {
        Input(4),
        Dense::new(3),
    }
}

fn main() {
    let _ = Net::new();
}
