use keras::prelude::*;

layer! {
    struct Linear(units: usize, activation: Activation = "relu")(x) {
        Dense(units, activation = activation)(x)
    }
}

sequential! { struct Net { Input(3), Linear(2, activation = "rellu") } }

fn main() {
    Net::new();
}
