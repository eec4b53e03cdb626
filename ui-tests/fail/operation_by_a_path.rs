use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let y = ops::exp(x);
        Dense(3)(y)
    }
}

fn main() {
    let _ = Net::new();
}
