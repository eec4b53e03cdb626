//! What a weight's size costs: [Keras' regularizers](https://keras.io/api/layers/regularizers/).
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! {
//!     struct Net {
//!         Input(64),
//!         Dense(32, kernel_regularizer = "l2"),                     // a factor of 0.01
//!         Dense(10, kernel_regularizer = Regularizer::l1(0.0005)),
//!     }
//! }
//!
//! let mut net = Net::with_seed(1);
//! let (x, y) = (Tensor::from([[0.0; 64]]), Tensor::from([[0.0; 10]]));
//! let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
//! assert!(loss > 0.0, "the prediction is right, but the weights cost");
//! # Ok::<(), keras::Error>(())
//! ```

/// A term of the training loss that grows with a weight's values.
///
/// As in Keras, the terms are sums (`l1·Σ|w| + l2·Σw²`, no half, no mean) and count in every reported loss; a frozen
/// layer's weights contribute none.
///
/// ```
/// use keras::prelude::*;
///
/// const DECAY: Regularizer = Regularizer::L2(0.25);
///
/// sequential! { struct Net { Input(1), Dense(1, kernel_initializer = "ones", kernel_regularizer = DECAY) } }
/// let (x, y) = (Tensor::from([[2.0]]), Tensor::from([[2.0]]));
/// let (loss, gradients) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
/// assert_eq!(loss, 0.25);
/// assert_eq!(gradients.values()[0], 2.0 * 0.25);
/// # Ok::<(), keras::Error>(())
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
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Regularizer::L1_DEFAULT, Regularizer::l1(0.01));
    /// ```
    pub const L1_DEFAULT: Self = Self::L1(0.01);
    /// What the string `"l2"` means: a factor of 0.01.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Regularizer::L2_DEFAULT, Regularizer::l2(0.01));
    /// ```
    pub const L2_DEFAULT: Self = Self::L2(0.01);

    /// `l1·Σ|w|`: [Keras' `L1`](https://keras.io/api/layers/regularizers/#l1-class). It leads to weights of 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Regularizer::l1(0.5).value(&[1.0, -2.0]), 1.5);
    /// ```
    pub const fn l1(factor: f32) -> Self {
        Self::L1(factor)
    }

    /// `l2·Σw²`: [Keras' `L2`](https://keras.io/api/layers/regularizers/#l2-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Regularizer::l2(0.5).value(&[1.0, -2.0]), 2.5);
    /// ```
    pub const fn l2(factor: f32) -> Self {
        Self::L2(factor)
    }

    /// The term's value.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Regularizer::l1(0.25).value(&[4.0, -4.0]), 2.0);
    /// assert_eq!(Regularizer::None.value(&[4.0, -4.0]), 0.0);
    /// ```
    pub fn value(self, weight: &[f32]) -> f32 {
        match self {
            Self::None => 0.0,
            Self::L1(factor) => factor * weight.iter().map(|w| w.abs()).sum::<f32>(),
            Self::L2(factor) => factor * weight.iter().map(|w| w * w).sum::<f32>(),
        }
    }

    /// Adds the term's gradient.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut gradient = [0.25, 0.25];
    /// Regularizer::l2(0.5).add_gradient(&[1.0, -2.0], &mut gradient);
    /// assert_eq!(gradient, [1.25, -1.75]);
    /// ```
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
