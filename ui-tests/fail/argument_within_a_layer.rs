use keras::prelude::*;

sequential! { struct Net { Input(10, 4), TimeDistributed(Dense(8, activation = "rleu")) } }

fn main() {
    let _ = Net::new();
}
