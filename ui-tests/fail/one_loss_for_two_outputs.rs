use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        (Dense(2)(a), Dense(1)(a))
    }
}

fn main() {
    let mut net = Net::new();
    let _ = net.compile(Adam::default(), MeanSquaredError::default(), ());
}
