use keras::prelude::*;

model! {
    struct Net(x: Input(5, 4)) {
        let layer = Dense(4);
        let y = TimeDistributed(layer)(x);
        TimeDistributed(layer)(y)
    }
}

fn main() {
    let _ = Net::new();
}
