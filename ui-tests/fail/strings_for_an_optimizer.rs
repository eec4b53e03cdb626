use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(3) } }

fn main() {
    Net::new().compile("adam", MeanSquaredError::default(), ());
}
