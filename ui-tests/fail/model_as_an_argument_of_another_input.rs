use keras::prelude::*;

sequential! { struct Encoder { Input(3), Dense(1) } }
sequential! { struct Net { Input(5, 4), TimeDistributed(Encoder()) } }

fn main() {
    let _ = Net::new();
}
