use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        Dense(3)(x)?
    }
}

fn main() {
    let _ = Net::new();
}
