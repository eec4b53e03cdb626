use keras::prelude::*;

model! {
    struct Net(x: Input(5, 4)) {
        Dense(3)(TimeDistributed(Dense(2)))
    }
}

fn main() {
    let _ = Net::new();
}
