use keras::prelude::*;

sequential! { struct Net { Input(10, 4), TimeDistributed(Dense(8, activity_regularizer = "l2")) } }

fn main() {
    let _ = Net::new();
}
