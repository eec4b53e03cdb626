//! Samples with their targets.

/// Samples `x` with their targets `y`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset<X, Y> {
    /// The samples.
    pub x: X,
    /// The targets.
    pub y: Y,
}
