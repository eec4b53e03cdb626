use keras::prelude::*;

sequential! { struct Net { Input(5, 4), TimeDistributed(Add()) } }

fn main() {
    let _ = Net::new();
}
