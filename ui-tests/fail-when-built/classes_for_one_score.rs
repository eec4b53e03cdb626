use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(1),
    }
}

fn main() {
    let mut net = Net::new();
    let _ = net.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
}
