//! Losses: what training makes small.
//!
//! A loss looks at a batch position by position. A position is one run of the output's last axis: one sample of a
//! classifier, one pixel of a segmentation. Each position has a loss; a [`Reduction`] turns them into one number.
//!
//! | Keras' string | type | targets |
//! |---|---|---|
//! | `"sparse_categorical_crossentropy"` | [`SparseCategoricalCrossentropy`] | a class label for each position |
//! | `"categorical_crossentropy"` | [`CategoricalCrossentropy`] | a probability for each class |
//! | `"binary_crossentropy"` | [`BinaryCrossentropy`] | 0 or 1 for each value |
//! | `"mean_squared_error"` | [`MeanSquaredError`] | a number for each value |
//! | `"mean_absolute_error"` | [`MeanAbsoluteError`] | a number for each value |

mod batch;
mod binary_crossentropy;
mod categorical_crossentropy;
mod error;
mod math;
mod mean_absolute_error;
mod mean_squared_error;
mod prediction;
mod reduction;
mod sparse_categorical_crossentropy;
#[cfg(test)]
mod testing;

pub use binary_crossentropy::BinaryCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use error::LossError;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_squared_error::MeanSquaredError;
pub use prediction::{ClassLabels, GradientAt, Logits, Prediction, TargetView, Values};
pub(crate) use reduction::Extent;
pub use reduction::Reduction;
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;

use crate::shape::Dims;
use batch::Batch;

/// One position of a batch: what its loss is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The targets of this position: one class label, or a number for each value.
    pub target: TargetView<'a>,
    /// The model's values: one run of the output's last axis.
    pub values: &'a [f32],
    /// What went into the model's last activation, if that is the one that the loss [fuses](Loss::FUSES) with.
    pub logits: Option<&'a [f32]>,
}

/// The gradient of one position, to be written, and what every element is to be multiplied by.
pub type RowGradient<'a> = Option<(&'a mut [f32], f32)>;

/// A loss. One of your own needs [`name`](Self::name) and [`row`](Self::row).
///
/// ```
/// use keras_core::losses::{Loss, LossError, Row, RowGradient, TargetView, Values};
///
/// /// `ln cosh(p - y)`, averaged over the last axis.
/// #[derive(Clone)]
/// struct LogCosh;
///
/// impl Loss for LogCosh {
///     type Target = Values;
///
///     const ELEMENTWISE: bool = true;
///
///     fn name(&self) -> &'static str {
///         "log_cosh"
///     }
///
///     fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
///         row.mean(gradient, |y, p| ((p - y).cosh().ln(), (p - y).tanh()))
///     }
/// }
///
/// let value = LogCosh.value(&[[0.0], [1.0]], &[[0.0], [2.0]])?;
/// assert!((value - 0.216_89).abs() < 1e-5);
/// # Ok::<(), LossError>(())
/// ```
pub trait Loss: Clone + Send + Sync {
    /// What targets the loss takes: [`ClassLabels`] or [`Values`].
    type Target;

    /// The least length of the output's last axis.
    const MINIMUM_LAST: usize = 1;

    /// The activation before which the loss can be computed: exact where a probability would round to 0 or 1.
    const FUSES: Option<Logits> = None;

    /// Whether the loss of a row is a mean over its values, each taken alone. Then short rows are joined, for speed, and
    /// [`row`](Self::row) sees several positions as one.
    const ELEMENTWISE: bool = false;

    /// Whether the loss of a position depends on other positions: that of a loss with an [`evaluate`](Self::evaluate) of
    /// its own. If not, a large batch is taken in slices.
    const WHOLE_BATCH: bool = false;

    /// Keras' name.
    fn name(&self) -> &'static str;

    /// The loss of one position.
    ///
    /// If a gradient is asked for, every element of it is written: with respect to `row.logits` if these are given, to
    /// `row.values` otherwise; multiplied by the factor that comes with it.
    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32;

    /// How the losses of the positions become one number.
    fn reduction(&self) -> Reduction {
        Reduction::SumOverBatchSize
    }

    /// Whether the targets fit the predictions: here, that there is a number for each value.
    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    /// The loss of a batch and, if asked for, its gradient.
    ///
    /// There is one weight for each sample, which counts at all of its positions, or one for each position. The gradient
    /// is as long as `prediction.values`; the answer says whether it is the one at the output or at the logits. Nothing
    /// is allocated, and the result does not depend on the number of threads.
    fn evaluate(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        gradient: Option<&mut [f32]>,
    ) -> Result<(f32, GradientAt), LossError> {
        let batch = Batch::new(self, target, prediction, sample_weight)?;
        Ok((batch.reduce(gradient)?, batch.gradient_at()))
    }

    /// The loss of each position, times its weight: what the reduction would reduce.
    fn values(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        into: &mut [f32],
    ) -> Result<(), LossError> {
        Batch::new(self, target, prediction, sample_weight)?.losses(into)
    }

    /// The loss of arrays, without a model.
    fn value<'a, const LAST: usize>(
        &self,
        target: impl Into<TargetView<'a>>,
        prediction: &[[f32; LAST]],
    ) -> Result<f32, LossError> {
        let values = prediction.as_flattened();
        let prediction = Prediction { values, dims: Dims::new(&[LAST]), count: prediction.len(), logits: None };
        Ok(self.evaluate(target.into(), &prediction, None, None)?.0)
    }
}
