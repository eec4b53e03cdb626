//! Activation functions, with [Keras' names and defaults](https://keras.io/api/layers/activations/).
//!
//! In a model they are given as strings, as an argument of a layer or of an `Activation` layer.
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Within { Input(2), Dense(2, activation = "tanh", kernel_initializer = "ones") } }
//! sequential! { struct Apart { Input(2), Dense(2, kernel_initializer = "ones"), Activation("tanh") } }
//! assert_eq!(Within::new().predict_one(&[0.25, 0.5]), Apart::new().predict_one(&[0.25, 0.5]));
//! ```
//!
//! Those that take arguments in Keras are functions here, [`relu`], [`leaky_relu`], [`elu`] and [`gelu`]:
//!
//! ```
//! use keras::{activations, prelude::*};
//!
//! sequential! { struct Net { Input(2), Activation(activations::leaky_relu(0.1)) } }
//! assert_eq!(Net::new().predict_one(&[-1.0, 2.0]), [-0.1, 2.0]);
//! ```

/// An activation function.
///
/// In a model they are strings: `activation = "relu"` is [`Activation::Relu`]. `"swish"` is an alias of `"silu"`,
/// `"hard_swish"` of `"hard_silu"`.
///
/// ```
/// use keras::{activations, prelude::*};
///
/// const HIDDEN: activations::Activation = activations::Activation::Relu6;
///
/// sequential! { struct Net { Input(1), Dense(1, activation = HIDDEN, kernel_initializer = "ones") } }
/// assert_eq!(Net::new().predict_one(&[9.0]), [6.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `x`: [Keras' `linear`](https://keras.io/api/layers/activations/#linear-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("linear") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-1.000, 1.000, 2.000]");
    /// ```
    #[default]
    Linear,
    /// `max(x, 0)`: [Keras' `relu`](https://keras.io/api/layers/activations/#relu-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("relu") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[0.000, 1.000, 2.000]");
    /// ```
    Relu,
    /// `min(max(x, 0), 6)`: [Keras' `relu6`](https://keras.io/api/layers/activations/#relu6-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("relu6") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[0.000, 1.000, 2.000]");
    /// ```
    Relu6,
    /// `x` where positive, `0.2·x` elsewhere: [Keras' `leaky_relu`](https://keras.io/api/layers/activations/#leaky_relu-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("leaky_relu") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.200, 1.000, 2.000]");
    /// ```
    LeakyRelu,
    /// `x` where positive, `exp(x) − 1` elsewhere: [Keras' `elu`](https://keras.io/api/layers/activations/#elu-function); [Clevert et al. 2015](https://arxiv.org/abs/1511.07289).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("elu") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.632, 1.000, 2.000]");
    /// ```
    Elu,
    /// `1.0507·x` where positive, `1.7581·(exp(x) − 1)` elsewhere: [Keras' `selu`](https://keras.io/api/layers/activations/#selu-function); [Klambauer et al. 2017](https://arxiv.org/abs/1706.02515).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("selu") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-1.111, 1.051, 2.101]");
    /// ```
    Selu,
    /// `x·Φ(x)`, Φ the normal distribution, by the error function: [Keras' `gelu`](https://keras.io/api/layers/activations/#gelu-function); [Hendrycks and Gimpel 2016](https://arxiv.org/abs/1606.08415).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("gelu") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.159, 0.841, 1.954]");
    /// ```
    Gelu,
    /// `1 / (1 + exp(−x))`: [Keras' `sigmoid`](https://keras.io/api/layers/activations/#sigmoid-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("sigmoid") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[0.269, 0.731, 0.881]");
    /// ```
    Sigmoid,
    /// `relu6(x + 3) / 6`: [Keras' `hard_sigmoid`](https://keras.io/api/layers/activations/#hard_sigmoid-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("hard_sigmoid") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[0.333, 0.667, 0.833]");
    /// ```
    HardSigmoid,
    /// `ln(sigmoid(x))`: [Keras' `log_sigmoid`](https://keras.io/api/layers/activations/#log_sigmoid-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("log_sigmoid") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-1.313, -0.313, -0.127]");
    /// ```
    LogSigmoid,
    /// `x·sigmoid(x)`, also called swish: [Keras' `silu`](https://keras.io/api/layers/activations/#silu-function); [Ramachandran et al. 2017](https://arxiv.org/abs/1710.05941).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("silu") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.269, 0.731, 1.762]");
    /// ```
    Silu,
    /// `x·hard_sigmoid(x)`, also called hard swish: [Keras' `hard_silu`](https://keras.io/api/layers/activations/#hard_silu-function); [Howard et al. 2019](https://arxiv.org/abs/1905.02244).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("hard_silu") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.333, 0.667, 1.667]");
    /// ```
    HardSilu,
    /// The hyperbolic tangent: [Keras' `tanh`](https://keras.io/api/layers/activations/#tanh-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("tanh") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.762, 0.762, 0.964]");
    /// ```
    Tanh,
    /// `exp(x) / Σ exp(x)` over the last axis: [Keras' `softmax`](https://keras.io/api/layers/activations/#softmax-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("softmax") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[0.035, 0.259, 0.705]");
    /// ```
    Softmax,
    /// `ln(softmax(x))` over the last axis: [Keras' `log_softmax`](https://keras.io/api/layers/activations/#log_softmax-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("log_softmax") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-3.349, -1.349, -0.349]");
    /// ```
    LogSoftmax,
    /// `ln(1 + exp(x))`: [Keras' `softplus`](https://keras.io/api/layers/activations/#softplus-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("softplus") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[0.313, 1.313, 2.127]");
    /// ```
    Softplus,
    /// `x / (1 + |x|)`: [Keras' `softsign`](https://keras.io/api/layers/activations/#softsign-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("softsign") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.500, 0.500, 0.667]");
    /// ```
    Softsign,
    /// `exp(x)`: [Keras' `exponential`](https://keras.io/api/layers/activations/#exponential-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("exponential") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[0.368, 2.718, 7.389]");
    /// ```
    Exponential,
    /// `x·tanh(softplus(x))`: [Keras' `mish`](https://keras.io/api/layers/activations/#mish-function); [Misra 2019](https://arxiv.org/abs/1908.08681).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("mish") } }
    /// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0, 2.0])), "[-0.303, 0.865, 1.944]");
    /// ```
    Mish,
    /// `min(x, max_value)` where `x` is above the threshold, `negative_slope·(x − threshold)` elsewhere: [`relu`].
    Rectifier {
        /// The slope below the threshold.
        negative_slope: f32,
        /// The largest output; may be infinite.
        max_value: f32,
        /// The value up to which inputs are negative.
        threshold: f32,
    },
    /// `x` where positive, `alpha·(exp(x) − 1)` elsewhere: [`elu`].
    ExponentialUnit {
        /// The scale of the negative part.
        alpha: f32,
    },
    /// `x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2`: [`gelu`], approximated.
    GeluApproximate,
}

/// The rectifier with arguments: `min(x, max_value)` where `x` is above the threshold, `negative_slope·(x − threshold)`
/// elsewhere. [Keras' `relu`](https://keras.io/api/layers/activations/#relu-function).
///
/// ```
/// use keras::{activations, prelude::*};
///
/// sequential! { struct Net { Input(3), Activation(activations::relu(0.5, Some(1.5), 0.0)) } }
/// assert_eq!(Net::new().predict_one(&[-1.0, 1.0, 2.0]), [-0.5, 1.0, 1.5]);
/// ```
pub const fn relu(negative_slope: f32, max_value: Option<f32>, threshold: f32) -> Activation {
    match max_value {
        Some(max_value) => Activation::Rectifier { negative_slope, max_value, threshold },
        None => Activation::Rectifier { negative_slope, max_value: f32::INFINITY, threshold },
    }
}

/// The leaky rectifier: `x` where positive, `negative_slope·x` elsewhere.
/// [Keras' `leaky_relu`](https://keras.io/api/layers/activations/#leaky_relu-function), whose default slope, that of the
/// string `"leaky_relu"`, is 0.2.
///
/// ```
/// use keras::{activations, prelude::*};
///
/// sequential! { struct Net { Input(2), Dense(1, activation = activations::leaky_relu(0.25), kernel_initializer = "ones") } }
/// assert_eq!(Net::new().predict_one(&[-1.0, -2.0]), [-0.75]);
/// ```
pub const fn leaky_relu(negative_slope: f32) -> Activation {
    relu(negative_slope, None, 0.0)
}

/// The exponential linear unit: `x` where positive, `alpha·(exp(x) − 1)` elsewhere.
/// [Keras' `elu`](https://keras.io/api/layers/activations/#elu-function).
///
/// ```
/// use keras::{activations, prelude::*};
///
/// sequential! { struct Net { Input(2), Activation(activations::elu(0.5)) } }
/// assert_eq!(format!("{:.3?}", Net::new().predict_one(&[-1.0, 1.0])), "[-0.316, 1.000]");
/// ```
pub const fn elu(alpha: f32) -> Activation {
    Activation::ExponentialUnit { alpha }
}

/// The Gaussian error linear unit, exact or approximated by the hyperbolic tangent.
/// [Keras' `gelu`](https://keras.io/api/layers/activations/#gelu-function), of which the string `"gelu"` is the exact one.
///
/// ```
/// use keras::{activations, prelude::*};
///
/// sequential! { struct Net { Input(2), Activation(activations::gelu(true)) } }
/// assert_eq!(format!("{:.4?}", Net::new().predict_one(&[-1.0, 2.0])), "[-0.1588, 1.9546]");
/// ```
pub const fn gelu(approximate: bool) -> Activation {
    if approximate { Activation::GeluApproximate } else { Activation::Gelu }
}

impl Activation {
    /// Whether each output depends on all inputs along the last axis.
    pub(crate) const fn along_last_axis(self) -> bool {
        matches!(self, Self::Softmax | Self::LogSoftmax)
    }

    /// Whether the gradient is computed from the input rather than from the output.
    ///
    /// ```
    /// use keras::activations::Activation;
    ///
    /// assert!(Activation::Gelu.gradient_needs_input());
    /// assert!(!Activation::Tanh.gradient_needs_input()); // 1 - tanh²(x), computed from the output
    /// ```
    pub const fn gradient_needs_input(self) -> bool {
        matches!(
            self,
            Self::Gelu
                | Self::HardSigmoid
                | Self::LogSigmoid
                | Self::Silu
                | Self::HardSilu
                | Self::Softplus
                | Self::Softsign
                | Self::Mish
                | Self::Rectifier { .. }
                | Self::ExponentialUnit { .. }
                | Self::GeluApproximate
        )
    }
}
