//! A program with embedded weights: they are checked against the model at compile time, are part of the binary, and are used
//! in place, without a heap.
//!
//! `cargo run --release --example embedded` classifies; with `-- --train` it trains the model first and saves the weights.

use keras::prelude::*;

sequential! {
    /// Small enough for a microcontroller.
    pub struct Digits {
        Input(8, 8, 1),
        Conv2D(8, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(32, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

static DIGITS: Digits<Embedded> = embed!(Digits, "weights/digits.safetensors");

// Budgets are checked at compile time.
const _: () = assert!(Digits::WORKSPACE_BYTES < 8 * 1024);
const _: () = assert!(Digits::PARAMETERS * 4 < 16 * 1024);

fn main() -> keras::Result<()> {
    let (train, test) = keras::datasets::digits()?;
    if std::env::args().any(|argument| argument == "--train") {
        let mut model = Digits::with_seed(1);
        model
            .compile(Adam::new(2e-3), SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
            .fit(&train.x, &train.y)
            .epochs(60)
            .validation_split(0.1)
            .callbacks((EarlyStopping::new("val_loss").patience(15).restore_best_weights(true),))
            .verbose(2)
            .run()?;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/weights/digits.safetensors");
        model.save(path)?;
        println!("wrote {path}; build again to embed these weights");
        return Ok(());
    }
    let mut workspace = [0.0; Digits::WORKSPACE];
    let mut right = 0;
    for (image, &label) in test.x.samples().zip(test.y.values()) {
        let image: &[f32; 64] = image.try_into().expect("an image has 64 pixels");
        let scores = DIGITS.predict_one_in(image, &mut workspace);
        let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        right += usize::from(best == Some(label as usize));
    }
    println!("{right} of {} right: {:.2}%", test.y.len(), 100.0 * right as f64 / test.y.len() as f64);
    println!(
        "{} weights, {} bytes of workspace, {} multiplications an image",
        Digits::PARAMETERS,
        Digits::WORKSPACE_BYTES,
        Digits::MACS
    );
    Ok(())
}
