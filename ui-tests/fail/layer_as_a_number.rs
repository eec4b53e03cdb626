use keras::prelude::*;

model! {
    struct Net(x: Input(5, 4)) {
        Dropout(Dense(3))(x)
    }
}

fn main() {
    let _ = Net::new();
}
