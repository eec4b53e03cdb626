use keras::prelude::*;

model! { struct Fork(x: Input(4)) { (Dense(1)(x), Dense(2)(x)) } }
sequential! { struct Net { Input(5, 4), TimeDistributed(Fork()) } }

fn main() {
    let _ = Net::new();
}
