//! The compile error for `fit` before `compile`.

/// Implemented by no type: `fit`, `evaluate` and `train_on_batch` of a model that is not compiled are a compile error
/// with this hint.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Line { Input(1), Dense(1) } }
///
/// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[2.0]]));
/// let mut line = Line::with_seed(1);
/// line.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).verbose(0).run()?;
/// # Ok::<(), keras::Error>(())
/// ```
///
/// Without `compile`:
///
/// ```compile_fail,E0277
/// use keras::prelude::*;
///
/// sequential! { struct Line { Input(1), Dense(1) } }
///
/// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[2.0]]));
/// Line::with_seed(1).fit(&x, &y).verbose(0).run()?; // `Line` is not compiled
/// # Ok::<(), keras::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not compiled: it has no optimizer, no loss and no metrics yet",
    label = "compile the model first",
    note = "choose them with `compile`: `model.compile(Adam::default(), MeanSquaredError::default(), ()).fit(&x, \
            &y).run()?`"
)]
pub trait IsCompiled {
    /// The return type of the method.
    type Answer;
    /// The method.
    fn answer(&mut self) -> Self::Answer;
}
