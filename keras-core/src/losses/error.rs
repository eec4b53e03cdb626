//! Errors of losses.

use super::{Prediction, TargetView};

/// Targets, weights or buffers that do not fit the predictions.
///
/// ```
/// use keras::{losses::LossError, prelude::*};
///
/// let error = SparseCategoricalCrossentropy::default().value(&[1, 3], &[[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]).unwrap_err();
/// assert_eq!(error, LossError::Label { sample: 1, label: 3, classes: 3 });
/// assert_eq!(error.to_string(), "sample 1 has label 3, but there are 3 classes (0 to 2)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// A label that is not the number of a class.
    #[error("sample {sample} has label {label}, but there are {classes} classes (0 to {})", classes - 1)]
    Label {
        /// The sample: of the batch, or of the data if they are at hand.
        sample: usize,
        /// Its label.
        label: u32,
        /// The length of the output's last axis.
        classes: usize,
    },
    /// Numbers where class labels are expected.
    #[error("{loss} takes class labels, not numbers; for one-hot targets use categorical_crossentropy")]
    NotLabels {
        /// The loss.
        loss: &'static str,
    },
    /// Targets of which a 0 may mean 0 or -1.
    #[error("{loss} takes targets of -1 or 1, or of 0 or 1, but these include both 0 and {other}")]
    Sides {
        /// The loss.
        loss: &'static str,
        /// A target that is neither 0 nor 1.
        other: f32,
    },
    /// Too few or too many targets.
    #[error("{loss} needs {expected} targets for this batch, but there are {found}")]
    Targets {
        /// The loss.
        loss: &'static str,
        /// The number required by the predictions.
        expected: usize,
        /// The number given.
        found: usize,
    },
    /// An output with too few values at each position.
    #[error("{loss} needs at least {minimum} classes, but the output's last axis is {found} long")]
    Classes {
        /// The loss.
        loss: &'static str,
        /// The least number of classes.
        minimum: usize,
        /// The length of the output's last axis.
        found: usize,
    },
    /// An argument that is out of its range.
    #[error("{loss}'s `{argument}` is {found}, but must be {expected}")]
    Argument {
        /// The loss.
        loss: &'static str,
        /// The argument.
        argument: &'static str,
        /// The value that was given.
        found: f32,
        /// The values that are possible.
        expected: &'static str,
    },
    /// An axis that a batch does not have.
    #[error("{loss} sums over axis {axis}, but a batch has {axes} axes, including the batch axis")]
    Axis {
        /// The loss.
        loss: &'static str,
        /// The axis.
        axis: i32,
        /// The number of axes of a batch.
        axes: usize,
    },
    /// A number of weights that is neither the number of samples nor that of positions.
    #[error("{found} sample weights do not fit a batch of {samples} samples ({positions} positions)")]
    SampleWeights {
        /// The number of samples.
        samples: usize,
        /// The number of runs of the last axis.
        positions: usize,
        /// The number of weights given.
        found: usize,
    },
    /// A prediction, a buffer, or an argument of the wrong length.
    #[error("the {what} must hold {expected} numbers, but it holds {found}")]
    Length {
        /// Which.
        what: &'static str,
        /// The length that fits.
        expected: usize,
        /// The length that was given.
        found: usize,
    },
}

impl LossError {
    /// The same error, with the index of the sample in the data.
    pub(crate) fn of_rows(mut self, rows: &[usize]) -> Self {
        if let Self::Label { sample, .. } = &mut self
            && let Some(&row) = rows.get(*sample)
        {
            *sample = row;
        }
        self
    }

    /// Checks an argument of a loss, for its [`check`](super::Loss::check): the error if it is not `right`.
    ///
    /// ```
    /// use keras::losses::LossError;
    ///
    /// let delta = -1.0;
    /// let error = LossError::expect(delta > 0.0, "huber_loss", "delta", delta, "more than 0").unwrap_err();
    /// assert_eq!(error.to_string(), "huber_loss's `delta` is -1, but must be more than 0");
    /// ```
    pub fn expect(
        right: bool,
        loss: &'static str,
        argument: &'static str,
        found: f32,
        expected: &'static str,
    ) -> Result<(), Self> {
        if right { Ok(()) } else { Err(Self::Argument { loss, argument, found, expected }) }
    }

    /// Checks how far targets are moved towards each other.
    pub(super) fn expect_smoothing(loss: &'static str, smoothing: f32) -> Result<(), Self> {
        Self::expect((0.0..=1.0).contains(&smoothing), loss, "label_smoothing", smoothing, "from 0 to 1")
    }

    /// Checks the number of targets.
    ///
    /// ```
    /// use keras::losses::LossError;
    ///
    /// assert!(LossError::expect_targets("hinge", 4, 4).is_ok());
    /// let error = LossError::expect_targets("hinge", 4, 3).unwrap_err();
    /// assert_eq!(error.to_string(), "hinge needs 4 targets for this batch, but there are 3");
    /// ```
    pub fn expect_targets(loss: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Targets { loss, expected, found }) }
    }

    /// Checks that there is a class label for each position, of as many classes as the last axis is long: for the
    /// [`check`](super::Loss::check) of a custom loss.
    ///
    /// ```
    /// use keras::{losses::{LossError, Prediction}, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[0.1, 0.9], dims: Dims::new(&[2]), count: 1, logits: None };
    /// assert!(LossError::expect_classes("mine", (&[1]).into(), &prediction).is_ok());
    /// let error = LossError::expect_classes("mine", (&[2]).into(), &prediction).unwrap_err();
    /// assert_eq!(error, LossError::Label { sample: 0, label: 2, classes: 2 });
    /// ```
    pub fn expect_classes(loss: &'static str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), Self> {
        Self::expect_classes_or(loss, None, target, prediction)
    }

    /// As [`expect_classes`](Self::expect_classes), with one more label that need not be a class.
    pub(super) fn expect_classes_or(
        loss: &'static str,
        ignored: Option<u32>,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
    ) -> Result<(), Self> {
        let TargetView::Labels(labels) = target else { return Err(Self::NotLabels { loss }) };
        let (classes, positions) = (prediction.dims.last(), prediction.positions());
        Self::expect_targets(loss, prediction.count * positions, labels.len())?;
        match labels.iter().position(|&label| label as usize >= classes && Some(label) != ignored) {
            None => Ok(()),
            Some(at) => Err(Self::Label { sample: at / positions, label: labels[at], classes }),
        }
    }

    /// Checks the length of a buffer.
    pub(super) fn expect_length(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Length { what, expected, found }) }
    }
}

#[cfg(test)]
mod tests {
    use super::LossError;
    use crate::losses::{
        BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
        CategoricalGeneralizedCrossEntropy, Huber, Loss, Tversky,
    };

    #[test]
    fn arguments_out_of_their_range_are_errors() {
        fn refused(loss: impl Loss) -> (&'static str, f32) {
            let (y, p) = ([[0.0, 1.0]], [[0.25, 0.75]]);
            match loss.value(&y, &p).or_else(|_| loss.value(&[1], &p)) {
                Err(LossError::Argument { argument, found, .. }) => (argument, found),
                other => panic!("{} gave {other:?}", loss.name()),
            }
        }
        assert_eq!(refused(Huber::default().delta(-1.0)), ("delta", -1.0));
        assert_eq!(refused(CategoricalCrossentropy::default().label_smoothing(7.0)), ("label_smoothing", 7.0));
        assert_eq!(refused(BinaryCrossentropy::default().label_smoothing(-0.5)), ("label_smoothing", -0.5));
        assert_eq!(refused(BinaryFocalCrossentropy::default().label_smoothing(1.5)), ("label_smoothing", 1.5));
        assert_eq!(refused(BinaryFocalCrossentropy::default().gamma(-1.0)), ("gamma", -1.0));
        assert_eq!(refused(BinaryFocalCrossentropy::default().alpha(3.0)), ("alpha", 3.0));
        assert_eq!(refused(CategoricalFocalCrossentropy::default().label_smoothing(1.5)), ("label_smoothing", 1.5));
        assert_eq!(refused(CategoricalFocalCrossentropy::default().gamma(-1.0)), ("gamma", -1.0));
        assert_eq!(refused(CategoricalFocalCrossentropy::default().alpha(-3.0)), ("alpha", -3.0));
        assert_eq!(refused(CategoricalFocalCrossentropy::default().alpha([0.5, -1.0])), ("alpha", -1.0));
        assert_eq!(refused(CategoricalGeneralizedCrossEntropy::default().q(1.0)), ("q", 1.0));
        assert_eq!(refused(Tversky::default().alpha(-1.0)), ("alpha", -1.0));
        assert_eq!(refused(Tversky::default().beta(-2.0)), ("beta", -2.0));
    }
}
