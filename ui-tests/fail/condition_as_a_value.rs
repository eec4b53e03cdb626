use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let y = if true { Dense(4)(x) } else { x };
        Dense(3)(y)
    }
}

fn main() {
    let _ = Net::new();
}
