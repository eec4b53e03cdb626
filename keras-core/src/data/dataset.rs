//! Samples with their targets.

/// Samples `x` with their targets `y`.
///
/// ```
/// use keras::prelude::*;
///
/// let xor = Dataset {
///     x: Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
///     y: Labels::try_from([0, 1, 1, 0])?,
/// };
/// assert_eq!((xor.x.len(), xor.y.len()), (4, 4));
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset<X, Y> {
    /// The samples.
    pub x: X,
    /// The targets.
    pub y: Y,
}
