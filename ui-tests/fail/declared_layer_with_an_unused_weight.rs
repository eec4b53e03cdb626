use keras::prelude::*;

layer! {
    struct Linear(units: usize)(x) {
        let w = weight("w", (last(x), units));
        let b = weight("b", (units,));
        x @ w
    }
}

sequential! { struct Net { Input(3), Linear(2) } }

fn main() {
    Net::new();
}
