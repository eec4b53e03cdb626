//! A custom training loop: computes the loss and gradients of each batch, and applies them by an optimizer.

use keras::prelude::*;

const BATCH: usize = 32;

sequential! {
    struct Digits {
        Input(8, 8, 1),
        Flatten(),
        Dense(64, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

fn main() -> keras::Result<()> {
    let (train, test) = keras::datasets::digits()?;
    let mut model = Digits::with_seed(5);
    let mut optimizer = Adam::new(2e-3);
    let loss = SparseCategoricalCrossentropy::default();
    for epoch in 0..15 {
        let mut sum = 0.0;
        let starts: Vec<usize> = (0..train.x.len()).step_by(BATCH).collect();
        for &start in &starts {
            let rows = start..train.x.len().min(start + BATCH);
            let (value, mut gradients) =
                model.loss_and_gradients(train.x.slice(rows.clone())?, train.y.slice(rows)?, &loss)?;
            // The gradients can be modified here, for example clipped.
            gradients.values_mut().iter_mut().for_each(|gradient| *gradient = gradient.clamp(-1.0, 1.0));
            optimizer.apply(&mut model, &gradients)?;
            sum += value;
        }
        println!("epoch {:>2}: loss {:.4}", epoch + 1, sum / starts.len() as f32);
    }
    let scores = model.predict(&test.x)?;
    let right = scores
        .samples()
        .zip(test.y.values())
        .filter(|(scores, label)| (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])) == Some(**label as usize));
    println!("{} of {} right", right.count(), test.y.len());
    Ok(())
}
