use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Flatten(),
        Dense(10, activation = "softmax"),
    }
}

fn main() {}

fn train(net: &mut Net, x: &Tensor<Shape3<28, 28, 1>>, y: &Labels) {
    let _ = net.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ()).fit(x, y);
}
