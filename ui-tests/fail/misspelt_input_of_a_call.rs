use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        Dense(10)(input = x)
    }
}

fn main() {
    let _ = Net::new();
}
