//! Training without targets.

use super::Fit;
use crate::{
    Result,
    callbacks::Logs,
    data::{Batch, InputShapes},
    model::{Model, Owned},
    training::{Compiled, LossList, Samples, own_steps::own_step_of_inputs},
};

/// Builder of a training run without targets, returned by [`Compiled::fit_inputs`] and [`Compiled::fit_input_batches`]: give it a
/// [`train_step`](Self::train_step), and it is a [`Fit`], with all options.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Autoencoder { Input(2), Dense(1, name = "code"), Dense(2) } }
///
/// let x = Tensor::from([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [0.5, 1.0]]);
/// let mut autoencoder = Autoencoder::with_seed(1);
/// let history = autoencoder
///     .compile(Adam::new(0.05), MeanSquaredError::default(), ())
///     .fit_inputs(&x)
///     .train_step(|compiled, batch| {
///         let (outcome, gradients) = compiled.loss_and_gradients(&Batch::new(&batch.x, &batch.x))?;
///         compiled.apply(&gradients)?;
///         Ok(outcome.logs())
///     })
///     .epochs(200)
///     .verbose(0)
///     .run()?;
/// assert!(history["loss"][199] < 0.01 * history["loss"][0]);
/// # Ok::<(), keras::Error>(())
/// ```
#[must_use = "call `.train_step(…)`, and `.run()` to train"]
pub struct FitInputs<'a, 'm, M: Model, O, L> {
    fit: Fit<'a, 'm, M, O, L>,
}

impl<'a, 'm, M, O, L> FitInputs<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned, Inputs: InputShapes>,
    L: LossList<M::Outputs>,
{
    pub(in crate::training) fn new(fit: Fit<'a, 'm, M, O, L>) -> Self {
        Self { fit }
    }

    /// Performs each training step by a closure, as [`Fit::train_step`]; the targets of the batch are `()`.
    ///
    /// ```
    /// use keras::{callbacks::Logs, prelude::*};
    ///
    /// sequential! { struct Net { Input(1), Dense(1) } }
    ///
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(SGD::new(0.1), (), ());
    /// let fit = compiled.fit_inputs(Tensor::from([[1.0], [3.0]]));
    /// let history = fit
    ///     .train_step(|compiled, batch| {
    ///         // The loss is the mean of the outputs.
    ///         let share = 1.0 / batch.x.len() as f32;
    ///         let (outputs, gradients) =
    ///             compiled.model().backpropagate(&batch.x, |outputs| Ok(Tensor::full(outputs.len(), share)))?;
    ///         compiled.apply(&gradients)?;
    ///         Ok(Logs::default().with("mean", outputs.values().iter().sum::<f32>() * share))
    ///     })
    ///     .epochs(2)
    ///     .verbose(0)
    ///     .run()?;
    /// assert!(history["mean"][1] < history["mean"][0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn train_step(
        mut self,
        step: impl FnMut(&mut Compiled<'m, M, O, L>, Batch<'static, Samples<M>, ()>) -> Result<Logs> + 'a,
    ) -> Fit<'a, 'm, M, O, L> {
        self.fit.train_step = Some(own_step_of_inputs(step));
        self.fit
    }

    /// Evaluates each batch that [`Fit::validation_split`] holds out by a closure, as [`Fit::test_step`]; the targets of the batch
    /// are `()`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Autoencoder { Input(2), Dense(1, name = "code"), Dense(2) } }
    ///
    /// let x = Tensor::from([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [0.5, 1.0]]);
    /// let mut autoencoder = Autoencoder::with_seed(1);
    /// let mut compiled = autoencoder.compile(Adam::new(0.05), MeanSquaredError::default(), ());
    /// let history = compiled
    ///     .fit_inputs(&x)
    ///     .test_step(|compiled, batch| Ok(compiled.loss(&Batch::new(&batch.x, &batch.x))?.logs()))
    ///     .train_step(|compiled, batch| {
    ///         let (outcome, gradients) = compiled.loss_and_gradients(&Batch::new(&batch.x, &batch.x))?;
    ///         compiled.apply(&gradients)?;
    ///         Ok(outcome.logs())
    ///     })
    ///     .validation_split(0.25)
    ///     .verbose(0)
    ///     .run()?;
    /// assert_eq!(history.names().collect::<Vec<_>>(), ["loss", "val_loss"]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn test_step(
        mut self,
        step: impl FnMut(&mut Compiled<'m, M, O, L>, Batch<'static, Samples<M>, ()>) -> Result<Logs> + 'a,
    ) -> Self {
        self.fit.test_step = Some(own_step_of_inputs(step));
        self
    }
}
