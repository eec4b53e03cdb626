use keras::prelude::*;

sequential! { struct Net { Input(4), TimeDistributed(Dense(3)) } }

fn main() {
    let _ = Net::new();
}
