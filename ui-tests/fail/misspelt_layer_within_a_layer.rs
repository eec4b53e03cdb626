use keras::prelude::*;

sequential! { struct Net { Input(10, 4), TimeDistributed(Dens(8)) } }

fn main() {
    let _ = Net::new();
}
