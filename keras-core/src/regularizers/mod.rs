//! What a weight's size costs.

/// A term of the training loss that grows with a weight's values.
///
/// As in Keras, the terms are sums (`l1·Σ|w| + l2·Σw²`, no half, no mean) and count in every reported loss; a frozen
/// layer's weights contribute none.
///
/// ```
/// use keras_core::regularizers::Regularizer;
///
/// assert!((Regularizer::l2(0.01).value(&[1.0, -2.0]) - 0.05).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularizer {
    /// Costs nothing.
    None,
    /// `l1·Σ|w|`.
    L1(f32),
    /// `l2·Σw²`.
    L2(f32),
}

impl Regularizer {
    /// What the string `"l1"` means: a factor of 0.01.
    pub const L1_DEFAULT: Self = Self::L1(0.01);
    /// What the string `"l2"` means: a factor of 0.01.
    pub const L2_DEFAULT: Self = Self::L2(0.01);

    /// `l1·Σ|w|`.
    pub const fn l1(factor: f32) -> Self {
        Self::L1(factor)
    }

    /// `l2·Σw²`.
    pub const fn l2(factor: f32) -> Self {
        Self::L2(factor)
    }

    /// The term's value.
    pub fn value(self, weight: &[f32]) -> f32 {
        match self {
            Self::None => 0.0,
            Self::L1(factor) => factor * weight.iter().map(|w| w.abs()).sum::<f32>(),
            Self::L2(factor) => factor * weight.iter().map(|w| w * w).sum::<f32>(),
        }
    }

    /// Adds the term's gradient.
    pub fn add_gradient(self, weight: &[f32], gradient: &mut [f32]) {
        match self {
            Self::None => {}
            Self::L1(factor) => {
                for (g, &w) in gradient.iter_mut().zip(weight) {
                    *g += if w > 0.0 {
                        factor
                    } else if w < 0.0 {
                        -factor
                    } else {
                        0.0
                    };
                }
            }
            Self::L2(factor) => {
                for (g, &w) in gradient.iter_mut().zip(weight) {
                    *g += 2.0 * factor * w;
                }
            }
        }
    }
}
