use keras::prelude::*;

model! {
    struct Net(x: Input(5, 4)) {
        let layer = Dense(4);
        TimeDistributed(layer)(layer(x))
    }
}

fn main() {
    let _ = Net::new();
}
