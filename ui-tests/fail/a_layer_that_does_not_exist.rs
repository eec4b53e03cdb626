//! The compiler's own words, since it looks names up before any of ours could be asked: a macro does not know what types
//! there are, and a layer may be anybody's.

use keras::prelude::*;

sequential! {
    struct Net {
        Input(10, 8),
        Telepathy(32, return_sequences = true),
        Flatten(),
        Dense(3),
    }
}

fn main() {
    let net = Net::new();
    println!("{:?}", net.telepathy().trainable());
}
