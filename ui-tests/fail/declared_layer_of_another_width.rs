use keras::prelude::*;

layer! {
    struct Linear(units: usize)(x) {
        let w = weight("w", (4, units), "random_normal");
        x @ w + weight("b", (units,), "zeros")
    }
}

sequential! { struct Net { Input(3), Linear(2), Dense(1) } }

fn main() {
    Net::new();
}
