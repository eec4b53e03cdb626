use keras::prelude::*;

layer! {
    struct Linear(units: usize)(x) {
        x @ weights("w", (last(x), units))
    }
}

sequential! { struct Net { Input(3), Linear(2) } }

fn main() {
    Net::new();
}
