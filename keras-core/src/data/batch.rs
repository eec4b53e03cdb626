//! Batches of samples.

use super::{IntoSampleWeight, SampleWeight};

/// A batch: samples `x` with their targets `y` and sample weights.
///
/// [`Fit::train_step`](crate::training::Fit::train_step) receives batches; custom training loops create them.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
///
/// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[0.0], [5.0]]));
/// let mut line = Line::new();
/// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
/// let batch = Batch::new(&x, &y).sample_weight(&[0.0, 1.0]);
/// let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
/// assert_eq!(outcome.loss, (0.0 * 1.0 + 1.0 * 4.0) / 2.0);
/// assert_eq!(gradients.values(), [-6.0, -2.0]);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<'a, X, Y> {
    /// The samples.
    pub x: X,
    /// The targets.
    pub y: Y,
    /// The sample weights.
    pub sample_weight: SampleWeight<'a>,
}

impl<'a, X, Y> Batch<'a, X, Y> {
    /// Samples with their targets, without sample weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let batch = Batch::new(Tensor::from([[1.0], [3.0]]), Labels::try_from([0, 1])?);
    /// assert!(batch.sample_weight.is_none());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(x: X, y: Y) -> Self {
        Self { x, y, sample_weight: SampleWeight::default() }
    }

    /// Sets the sample weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let batch = Batch::new(Tensor::from([[1.0], [3.0]]), Labels::try_from([0, 1])?).sample_weight(&[1.0, 0.5]);
    /// assert_eq!(batch.sample_weight.of(0), Some(&[1.0, 0.5][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn sample_weight(mut self, weight: impl IntoSampleWeight<'a>) -> Self {
        self.sample_weight = weight.into_sample_weight();
        self
    }
}
