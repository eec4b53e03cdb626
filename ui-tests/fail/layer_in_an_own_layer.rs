use keras::prelude::*;

sequential! { struct Net { Input(4), Sequential([Dense(3), ReLU()]) } }

fn main() {
    let _ = Net::new();
}
