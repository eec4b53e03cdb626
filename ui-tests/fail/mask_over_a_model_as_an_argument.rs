use keras::prelude::*;

sequential! { struct Encoder { Input(3), Dense(1) } }
sequential! { struct Net { Input(5, 3), Masking(), TimeDistributed(Encoder()) } }

fn main() {
    let _ = Net::new();
}
