//! A convolutional network for handwritten digits, trained on a data set bundled with the crate.
//!
//! `cargo run --release --example digits` trains it, shows misclassified digits, saves and loads the weights, and checks that
//! the predictions are the same.

use keras::prelude::*;

sequential! {
    /// Classifies 8×8 handwritten digits.
    pub struct Digits {
        Input(8, 8, 1),
        Conv2D(32, 3, padding = "same", activation = "relu"),
        Conv2D(64, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.5),
        Dense(64, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax", name = "scores"),
    }
}

const EPOCHS: usize = 40;
const BATCH_SIZE: usize = 32;

fn main() -> keras::Result<()> {
    let (train, test) = keras::datasets::digits()?;
    println!("{}", Digits::summary());

    let mut model = Digits::with_seed(42);
    let steps = EPOCHS * train.x.len() / BATCH_SIZE;
    let rate = CosineDecay::new(1e-3, steps as u64);
    let history = model
        .compile(Adam::new(rate), SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
        .fit(&train.x, &train.y)
        .epochs(EPOCHS)
        .batch_size(BATCH_SIZE)
        .validation_split(0.1)
        .callbacks((EarlyStopping::new("val_loss").patience(12).restore_best_weights(true),))
        .run()?;
    println!("trained for {} epochs", history.epochs());

    let scores = model.predict(&test.x)?;
    print_confusion(&scores, &test.y);

    let path = std::env::temp_dir().join("digits.safetensors");
    model.save(&path)?;
    let mut reloaded = Digits::new();
    reloaded.load(&path)?;
    assert_eq!(reloaded.predict(&test.x)?, scores, "a reloaded model must say the same");
    println!("saved to {}, reloaded, and verified", path.display());
    Ok(())
}

/// How often each digit is taken for which.
fn print_confusion(scores: &Tensor<Shape1<10>>, labels: &Labels) {
    let mut counts = [[0; 10]; 10];
    for (scores, &label) in scores.samples().zip(labels.values()) {
        let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
        counts[label as usize][best] += 1;
    }
    println!("rows: the digit written; columns: the digit read");
    println!("   {}", (0..10).map(|digit| format!("{digit:>4}")).collect::<String>());
    for (digit, row) in counts.iter().enumerate() {
        println!(
            "{digit:>3}{}",
            row.map(|count| if count == 0 { "   .".into() } else { format!("{count:>4}") }).concat()
        );
    }
    let right: u32 = (0..10).map(|digit| counts[digit][digit]).sum();
    println!("{right} of {} right: {:.2}%", labels.len(), 100.0 * f64::from(right) / labels.len() as f64);
}
