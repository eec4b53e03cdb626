//! How the losses of a batch become one number.

/// How the losses of a batch's positions become one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// `Σ wᵢ·lᵢ / n`: weights or not, divided by the number of positions. Keras' default.
    #[default]
    SumOverBatchSize,
    /// `Σ wᵢ·lᵢ`.
    Sum,
    /// `Σ wᵢ·lᵢ / Σ wᵢ`, over the positions: the weight of a sample counts at each of its own. (Keras counts a weight that
    /// all positions of an image share once in the divisor, so that its result is larger by the number of positions.)
    MeanWithSampleWeight,
}

impl Reduction {
    /// What the sum is multiplied by. As in Keras, a division by zero gives zero.
    pub(super) fn factor(self, positions: usize, total_weight: impl FnOnce() -> f64) -> f32 {
        let divisor = match self {
            Self::SumOverBatchSize => positions as f64,
            Self::Sum => 1.0,
            Self::MeanWithSampleWeight => total_weight(),
        };
        if divisor == 0.0 { 0.0 } else { (1.0 / divisor) as f32 }
    }
}
