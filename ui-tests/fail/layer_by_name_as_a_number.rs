use keras::prelude::*;

model! {
    struct Net(x: Input(5, 4)) {
        let layer = Dense(3);
        Dense(layer)(x)
    }
}

fn main() {
    let _ = Net::new();
}
