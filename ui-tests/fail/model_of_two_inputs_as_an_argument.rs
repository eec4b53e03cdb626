use keras::prelude::*;

model! { struct Join(a: Input(4), b: Input(4)) { Concatenate()([a, b]) } }
sequential! { struct Net { Input(5, 4), TimeDistributed(Join(name = "join")) } }

fn main() {
    let _ = Net::new();
}
