//! Padding modes.

use crate::shape::{Dims, ShapeError};

/// Padding mode of a window at the border of its input: the strings `"valid"` and `"same"` in a model.
///
/// ```
/// use keras::prelude::*;
///
/// const BORDER: Padding = Padding::Same; // the same as `padding = "same"`
///
/// sequential! { struct Net { Input(28, 28, 1), Conv2D(4, 3, padding = BORDER), MaxPooling2D(3) } }
/// assert_eq!(Net::new().predict_one(&[0.0; 784]).len(), 9 * 9 * 4);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// No padding.
    #[default]
    Valid,
    /// Padding with zeros, so that with stride 1 the output has the length of the input.
    Same,
}

impl Padding {
    /// The length of the output and the padding before the input, for one axis; `None` if the window is larger than the
    /// input.
    ///
    /// `same`: `⌈n/s⌉`, with the padding split in half, the larger half at the end. `valid`:
    /// `⌊(n − (k−1)·d − 1)/s⌋ + 1`.
    ///
    /// ```
    /// use keras::layers::Padding;
    ///
    /// assert_eq!(Padding::Valid.output(28, 3, 1, 1), Some((26, 0)));
    /// assert_eq!(Padding::Same.output(28, 3, 1, 1), Some((28, 1)));
    /// assert_eq!(Padding::Valid.output(2, 3, 1, 1), None);
    /// ```
    pub const fn output(self, length: usize, window: usize, stride: usize, dilation: usize) -> Option<(usize, usize)> {
        // `build` has rejected a stride of 0; checked here as well, so that no division can panic at run time.
        let stride = if stride == 0 { 1 } else { stride };
        let reach = reach(window, dilation);
        match self {
            Self::Valid => {
                if length < reach {
                    None
                } else {
                    Some((((length - reach) / stride).saturating_add(1), 0))
                }
            }
            Self::Same => {
                let output = length.div_ceil(stride);
                let needed = output.saturating_sub(1).saturating_mul(stride).saturating_add(reach);
                Some((output, needed.saturating_sub(length) / 2))
            }
        }
    }
}

/// The length of a dilated window.
pub(super) const fn reach(window: usize, dilation: usize) -> usize {
    window.saturating_sub(1).saturating_mul(dilation).saturating_add(1)
}

/// Rejects windows, strides and dilations of 0.
pub(super) const fn check_sizes<const N: usize>(sizes: &[(&'static str, [usize; N])]) -> Result<(), ShapeError> {
    let mut at = 0;
    while at < sizes.len() {
        let (template, lengths) = sizes[at];
        let mut axis = 0;
        while axis < N {
            if lengths[axis] == 0 {
                return Err(ShapeError::new(template).dims(Dims::new(&lengths)));
            }
            axis += 1;
        }
        at += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_pads_after_first() {
        assert_eq!(Padding::Same.output(8, 3, 2, 1), Some((4, 0)));
        assert_eq!(Padding::Same.output(7, 3, 2, 1), Some((4, 1)));
        assert_eq!(Padding::Same.output(5, 3, 1, 2), Some((5, 2)));
    }

    #[test]
    fn valid_must_fit() {
        assert_eq!(Padding::Valid.output(3, 5, 1, 1), None);
        assert_eq!(Padding::Valid.output(5, 5, 3, 1), Some((1, 0)));
        assert_eq!(Padding::Valid.output(7, 3, 2, 2), Some((2, 0)));
    }

    #[test]
    fn nothing_wraps_around() {
        const MAX: usize = usize::MAX;
        assert_eq!(Padding::Valid.output(7, 3, 1, MAX / 2 + 1), None);
        assert_eq!(Padding::Valid.output(MAX, 1, 1, 1), Some((MAX, 0)));
        assert_eq!(Padding::Same.output(7, MAX, MAX, MAX), Some((1, (MAX - 7) / 2)));
        assert_eq!(Padding::Same.output(MAX, MAX, 1, 1), Some((MAX, 0)));
    }
}
