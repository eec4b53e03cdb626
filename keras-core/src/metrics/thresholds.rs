//! Thresholds of predictions: one, or a list.

use crate::config::{ConfigError, ConfigValue, FromConfig};

/// A threshold, or a list of them with a result for each: what [`Precision::thresholds`](super::Precision::thresholds)
/// takes, a number, an array or a vector.
///
/// ```
/// use keras::metrics::Thresholds;
///
/// assert_eq!(Thresholds::from(0.5), Thresholds::One(0.5));
/// assert_eq!(Thresholds::from([0.25, 0.75]), Thresholds::Each(vec![0.25, 0.75]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Thresholds {
    /// One threshold.
    One(f32),
    /// A list.
    Each(Vec<f32>),
}

impl Thresholds {
    pub(super) fn values(&self) -> &[f32] {
        match self {
            Self::One(threshold) => std::slice::from_ref(threshold),
            Self::Each(thresholds) => thresholds,
        }
    }
}

impl From<f32> for Thresholds {
    fn from(threshold: f32) -> Self {
        Self::One(threshold)
    }
}

impl<const COUNT: usize> From<[f32; COUNT]> for Thresholds {
    fn from(thresholds: [f32; COUNT]) -> Self {
        Self::Each(thresholds.to_vec())
    }
}

impl From<Vec<f32>> for Thresholds {
    fn from(thresholds: Vec<f32>) -> Self {
        Self::Each(thresholds)
    }
}

impl From<Thresholds> for ConfigValue {
    fn from(thresholds: Thresholds) -> Self {
        match thresholds {
            Thresholds::One(threshold) => threshold.into(),
            Thresholds::Each(thresholds) => thresholds.into(),
        }
    }
}

impl FromConfig for Thresholds {
    const EXPECTED: &'static str = "a number, or a list of them";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        Ok(match f32::from_config(value)? {
            Some(threshold) => Some(Self::One(threshold)),
            None => Vec::from_config(value)?.map(Self::Each),
        })
    }
}
