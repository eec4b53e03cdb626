//! What a loss says of data that do not fit.

/// Targets, weights or buffers that do not fit the predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// Too few or too many targets.
    #[error("{loss} needs {expected} targets for this batch, but there are {found}")]
    Targets {
        /// The loss.
        loss: &'static str,
        /// How many the predictions call for.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A number of weights that is neither the number of samples nor that of positions.
    #[error("{found} sample weights do not fit a batch of {samples} samples ({positions} positions)")]
    SampleWeights {
        /// The number of samples.
        samples: usize,
        /// The number of runs of the last axis.
        positions: usize,
        /// How many weights were given.
        found: usize,
    },
    /// A prediction or a buffer of the wrong length.
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
    /// The same error of the data that the batch's samples are these rows of.
    pub(crate) fn of_rows(mut self, rows: &[usize]) -> Self {
        if let Self::Label { sample, .. } = &mut self
            && let Some(&row) = rows.get(*sample)
        {
            *sample = row;
        }
        self
    }

    /// Checks the number of targets.
    pub fn expect_targets(loss: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Targets { loss, expected, found }) }
    }

    /// Checks the length of a buffer.
    pub(super) fn expect_length(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Length { what, expected, found }) }
    }
}
