use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        Dense(10)(x, activation = "relu")
    }
}

fn main() {
    let _ = Net::new();
}
