//! Results of a step.

use crate::{
    callbacks::Logs,
    model::{MAX_OUTPUTS, OutputDescription},
};

/// The result of a training step.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones", kernel_regularizer = Regularizer::l2(0.5)) } }
///
/// let mut same = Same::new();
/// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
/// let result = compiled.train_on_batch(&Tensor::from([[1.0]]), &Tensor::from([[2.0]]))?;
/// assert_eq!((result.loss, result.losses()), (1.5, &[1.0][..]));
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepResult {
    /// The loss of the batch, including regularization.
    pub loss: f32,
    pub(super) losses: [f32; MAX_OUTPUTS],
    pub(super) outputs: usize,
}

impl Default for StepResult {
    fn default() -> Self {
        Self { loss: 0.0, losses: [0.0; MAX_OUTPUTS], outputs: 0 }
    }
}

impl StepResult {
    /// The loss of each output, unweighted and without regularization.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Two(x: Input(1)) { (Dense(1, name = "a")(x), Dense(1, name = "b")(x)) } }
    ///
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[2.0]]));
    /// let mut two = Two::with_seed(1);
    /// let mut compiled = two.compile(SGD::default(), (MeanSquaredError::default(), MeanSquaredError::default()), ());
    /// let result = compiled.train_on_batch(&x, (&y, &y))?;
    /// assert_eq!(result.losses().iter().sum::<f32>(), result.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn losses(&self) -> &[f32] {
        &self.losses[..self.outputs]
    }
}

/// The result of the forward pass of a batch: its losses and predictions.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
///
/// let mut same = Same::new();
/// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
/// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
/// let (outcome, _) = compiled.loss_and_gradients(&Batch::new(&x, &y))?;
/// assert_eq!((outcome.loss, outcome.predictions.values()), (2.5, &[1.0, 2.0][..]));
/// assert_eq!(outcome.logs().get("loss"), Some(2.5));
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Outcome<P> {
    /// The loss of the batch, including regularization.
    pub loss: f32,
    /// The outputs: a tensor, or a tuple of them.
    pub predictions: P,
    pub(super) result: StepResult,
    pub(super) outputs: &'static [OutputDescription],
}

impl<P> Outcome<P> {
    /// The loss of each output, unweighted and without regularization.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Two(x: Input(1)) { (Dense(1, name = "a")(x), Dense(1, name = "b")(x)) } }
    ///
    /// let mut two = Two::with_seed(1);
    /// let mut compiled = two.compile(SGD::default(), (MeanSquaredError::default(), MeanAbsoluteError::default()), ());
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[2.0]]));
    /// let (outcome, _) = compiled.loss_and_gradients(&Batch::new(&x, (&y, &y)))?;
    /// assert_eq!(outcome.loss, outcome.losses()[0] + outcome.losses()[1]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn losses(&self) -> &[f32] {
        self.result.losses()
    }

    /// The logs: `loss`, and with multiple outputs the loss of each, `class_loss`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Two(x: Input(1)) { (Dense(1, name = "a")(x), Dense(1, name = "b")(x)) } }
    ///
    /// let mut two = Two::with_seed(1);
    /// let mut compiled = two.compile(SGD::default(), (MeanSquaredError::default(), MeanAbsoluteError::default()), ());
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[2.0]]));
    /// let (outcome, _) = compiled.loss_and_gradients(&Batch::new(&x, (&y, &y)))?;
    /// assert_eq!(outcome.logs().iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a_loss", "b_loss", "loss"]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn logs(&self) -> Logs {
        let mut logs = Logs::default();
        logs.set("loss", f64::from(self.loss));
        if self.outputs.len() > 1 {
            for (output, &loss) in self.outputs.iter().zip(self.losses()) {
                logs.set(&format!("{}_loss", output.name), f64::from(loss));
            }
        }
        logs
    }
}
