//! Reduction of the losses of a batch.

use crate::config::text_values;

/// Reduction of the losses of a batch's positions.
///
/// ```
/// use keras::{losses::Reduction, prelude::*};
///
/// let (y, p) = ([[0.0], [0.0]], [[1.0], [3.0]]);
/// assert_eq!(MeanSquaredError::default().value(&y, &p)?, 5.0);
/// assert_eq!(MeanSquaredError::default().reduction(Reduction::Sum).value(&y, &p)?, 10.0);
/// # Ok::<(), keras::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// `Σ wᵢ·lᵢ / n`: weights or not, divided by the number of positions. Keras' default.
    #[default]
    SumOverBatchSize,
    /// `Σ wᵢ·lᵢ`.
    Sum,
    /// `Σ wᵢ·lᵢ / Σ wᵢ`, over the positions: the weight of a sample counts at each of its positions. (Keras counts a weight that
    /// all positions of an image share once in the divisor, so that its result is larger by the number of positions.)
    MeanWithSampleWeight,
}

text_values!(Reduction {
    SumOverBatchSize = "sum_over_batch_size",
    Sum = "sum",
    MeanWithSampleWeight = "mean_with_sample_weight",
});

/// The size of a batch: the number of samples, and the sum of their weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    /// The number of samples.
    pub samples: usize,
    /// The sum of their weights; without weights, their number.
    pub weight: f64,
}

impl Extent {
    /// The extent of samples with these weights, or without any.
    pub(crate) fn new(samples: usize, weights: Option<&[f32]>) -> Self {
        let weight = match weights {
            Some(weights) => weights.iter().map(|&weight| f64::from(weight)).sum(),
            None => samples as f64,
        };
        Self { samples, weight }
    }
}

impl Reduction {
    /// The factor of the loss of a part of a batch, as a term of the loss of the whole.
    pub(crate) fn share(self, part: Extent, whole: Extent) -> f32 {
        let (part, whole) = match self {
            Self::SumOverBatchSize => (part.samples as f64, whole.samples as f64),
            Self::Sum => (1.0, 1.0),
            Self::MeanWithSampleWeight => (part.weight, whole.weight),
        };
        if whole == 0.0 { 0.0 } else { (part / whole) as f32 }
    }

    /// The factor of the sum. As in Keras, a division by zero gives zero.
    pub(super) fn factor(self, positions: impl FnOnce() -> usize, total_weight: impl FnOnce() -> f64) -> f32 {
        let divisor = match self {
            Self::SumOverBatchSize => positions() as f64,
            Self::Sum => 1.0,
            Self::MeanWithSampleWeight => total_weight(),
        };
        if divisor == 0.0 { 0.0 } else { (1.0 / divisor) as f32 }
    }
}
