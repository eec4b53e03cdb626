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
