use keras::prelude::*;

model! {
    struct Net(x: Input(5, 4)) {
        TimeDistributed(Dense(3)(x))(x)
    }
}

fn main() {
    let _ = Net::new();
}
