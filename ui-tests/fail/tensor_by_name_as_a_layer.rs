use keras::prelude::*;

model! {
    struct Net(x: Input(5, 4)) {
        let y = Dense(3)(x);
        TimeDistributed(y)(x)
    }
}

fn main() {
    let _ = Net::new();
}
