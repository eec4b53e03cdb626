use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let scores = Dense(3)(x);
        fn add_scores(y) { y + scores }
        add_scores(Dense(3)(x))
    }
}

fn main() {
    let _ = Net::new();
}
