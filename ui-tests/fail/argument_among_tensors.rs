use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        Dropout(0.5)(x, training = true)
    }
}

fn main() {
    let _ = Net::new();
}
