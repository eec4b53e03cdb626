use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Flatten(),
        Dense(10, activation = "softmax"),
    }
}

fn main() {
    let mut net = Net::new();
    let _ = net.compile(Adam::default(), SparseCategoricalCrossentropy::default(), Accuracy::default());
}
