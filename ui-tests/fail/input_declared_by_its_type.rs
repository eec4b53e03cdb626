use keras::prelude::*;

model! {
    struct Net(x: Shape1<4>) {
        Dense(3)(x)
    }
}

fn main() {
    let _ = Net::new();
}
