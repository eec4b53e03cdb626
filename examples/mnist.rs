//! Keras' MNIST convnet, on a directory of IDX files: `cargo run --release --example mnist -- FOLDER`.
//!
//! The directory contains `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and the same with `t10k`, plain or `.gz`.

use keras::prelude::*;

sequential! {
    /// Classifies 28×28 images.
    pub struct Convnet {
        Input(28, 28, 1),
        Conv2D(32, 3, activation = "relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    }
}

const EPOCHS: usize = 6;
const BATCH_SIZE: usize = 128;

fn main() -> keras::Result<()> {
    let Some(folder) = std::env::args().nth(1) else {
        println!("give the folder of MNIST's IDX files: cargo run --release --example mnist -- FOLDER");
        return Ok(());
    };
    let (train, test) = keras::datasets::mnist(folder)?;
    println!("{}", Convnet::summary());
    let mut model = Convnet::with_seed(1);
    let steps = EPOCHS * train.x.len().div_ceil(BATCH_SIZE);
    let rate = CosineDecay::new(2e-3, steps as u64);
    let history = model
        .compile(Adam::new(rate), SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
        .fit(&train.x, &train.y)
        .epochs(EPOCHS)
        .batch_size(BATCH_SIZE)
        .validation_data(&test.x, &test.y)
        .run()?;
    println!("test accuracy: {:.2}%", 100.0 * history["val_accuracy"].last().copied().unwrap_or_default());
    Ok(())
}
