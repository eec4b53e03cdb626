//! Activation functions, by Keras' names and defaults.

/// An activation function.
///
/// In a listing they are strings: `activation = "relu"` is [`Activation::Relu`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// `x`.
    #[default]
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x` where positive, `0.2·x` elsewhere.
    LeakyRelu,
    /// `x` where positive, `exp(x) − 1` elsewhere.
    Elu,
    /// `1.0507·x` where positive, `1.7581·(exp(x) − 1)` elsewhere: [Klambauer et al. 2017](https://arxiv.org/abs/1706.02515).
    Selu,
    /// `x·Φ(x)`, Φ the normal distribution, by the error function: [Hendrycks and Gimpel 2016](https://arxiv.org/abs/1606.08415).
    Gelu,
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// `relu6(x + 3) / 6`.
    HardSigmoid,
    /// `ln(sigmoid(x))`.
    LogSigmoid,
    /// `x·sigmoid(x)`, also called swish.
    Silu,
    /// `x·hard_sigmoid(x)`, also called hard swish.
    HardSilu,
    /// The hyperbolic tangent.
    Tanh,
    /// `exp(x) / Σ exp(x)` over the last axis.
    Softmax,
    /// `ln(softmax(x))` over the last axis.
    LogSoftmax,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `exp(x)`.
    Exponential,
    /// `x·tanh(softplus(x))`: [Misra 2019](https://arxiv.org/abs/1908.08681).
    Mish,
}

impl Activation {
    /// Whether each output depends on a whole row of inputs.
    pub(crate) const fn along_last_axis(self) -> bool {
        matches!(self, Self::Softmax | Self::LogSoftmax)
    }

    /// Whether the gradient is computed from what went in, rather than from what came out.
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
        )
    }
}
