use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        x + "bias"
    }
}

fn main() {
    let _ = Net::new();
}
