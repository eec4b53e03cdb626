use keras::prelude::*;

sequential! {
    struct Net {
        Input(4),
        # the scores
        Dense(3),
    }
}

fn main() {
    let _ = Net::new();
}
