use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Flatten(),
        Dense(10, activation = "softmax"),
    }
}

fn main() {}

fn train(net: &mut Net, x: &Tensor<Shape3<8, 8, 1>>, y: &Labels) {
    let _ = net.compile(Adam::default(), MeanSquaredError::default(), ()).fit(x, y);
}
