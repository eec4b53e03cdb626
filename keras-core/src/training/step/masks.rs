//! Masks of outputs, multiplied into the sample weights of losses and metrics, as in Keras.

use crate::losses::Reduction;

/// The weight of a valid position of a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::training) enum Valid {
    /// One: for sums, and for metrics.
    One,
    /// The number of positions divided by the number of valid ones, so that a mean over all positions is the mean over
    /// valid ones.
    Share,
}

impl From<Reduction> for Valid {
    fn from(reduction: Reduction) -> Self {
        match reduction {
            Reduction::SumOverBatchSize => Self::Share,
            Reduction::Sum | Reduction::MeanWithSampleWeight => Self::One,
        }
    }
}

/// Sample weights multiplied by a mask: the weight of a sample applies to each of its positions.
///
/// Weights with more positions than the mask are masked by the position of the mask that contains them.
pub(in crate::training) fn merge(
    mask: &[f32],
    weights: Option<&[f32]>,
    samples: usize,
    valid: Valid,
    into: &mut Vec<f32>,
) {
    let samples = samples.max(1);
    let factor = match valid {
        Valid::One => 1.0,
        Valid::Share => {
            let count = mask.iter().filter(|&&valid| valid != 0.0).count();
            if count == 0 { 0.0 } else { mask.len() as f32 / count as f32 }
        }
    };
    let weights = weights.unwrap_or(&[1.0]);
    let positions = mask.len().max(weights.len());
    // Each list has the length of the longer one, or is broadcast along the last axes.
    let (mask_run, weight_run) = (positions / mask.len().max(1), positions / weights.len().max(1));
    debug_assert!(positions.is_multiple_of(samples));
    into.clear();
    into.extend((0..positions).map(|at| {
        let valid = if mask[at / mask_run] == 0.0 { 0.0 } else { factor };
        valid * weights[at / weight_run]
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_positions_share_the_mean() {
        let mut weights = Vec::new();
        merge(&[1.0, 1.0, 0.0, 1.0, 0.0, 0.0], None, 2, Valid::Share, &mut weights);
        assert_eq!(weights, [2.0, 2.0, 0.0, 2.0, 0.0, 0.0]);
        merge(&[1.0, 1.0, 0.0, 1.0, 0.0, 0.0], Some(&[3.0, 5.0]), 2, Valid::One, &mut weights);
        assert_eq!(weights, [3.0, 3.0, 0.0, 5.0, 0.0, 0.0]);
        merge(&[0.0, 0.0], None, 2, Valid::Share, &mut weights);
        assert_eq!(weights, [0.0, 0.0]);
    }
}
