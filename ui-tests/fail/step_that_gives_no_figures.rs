//! The compiler's own words. A trait in place of `Result<Logs>` could word it, but then a step's type would have to be written
//! out wherever it ends in `Err(…)` alone.

use keras::prelude::*;

sequential! { struct Line { Input(1), Dense(1) } }

fn main() {
    let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [3.0]]));
    let mut line = Line::new();
    let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    let _ = compiled.fit(&x, &y).train_step(|compiled, batch| {
        let (_, gradients) = compiled.loss_and_gradients(&batch)?;
        compiled.apply(&gradients)
    });
}
