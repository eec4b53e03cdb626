//! The dtypes of tensors.

use core::fmt;

/// The dtype of a tensor: `dtype = "int32"` of an `Input`. See [Keras'
/// `dtype`](https://keras.io/api/layers/core_layers/input/).
///
/// Layers compute in `float32`. Ids, labels and images can enter a model as integers.
///
/// ```
/// use keras::{prelude::*, shape::Dtype};
///
/// sequential! { struct Net { Input(20, dtype = "int32"), Embedding(1000, 8), Flatten(), Dense(1) } }
///
/// assert_eq!(Net::DESCRIPTION.inputs[0].dtype, Dtype::Int32);
/// assert_eq!(Dtype::Int32.to_string(), "int32");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// 32-bit floats, the dtype of all computations.
    #[default]
    Float32,
    /// 32-bit integers: ids, labels.
    Int32,
    /// Integers from 0 to 255: images.
    UInt8,
    /// Strings.
    String,
}

impl Dtype {
    /// The name in Keras: `"float32"`.
    ///
    /// ```
    /// use keras::shape::Dtype;
    ///
    /// assert_eq!(Dtype::UInt8.name(), "uint8");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Int32 => "int32",
            Self::UInt8 => "uint8",
            Self::String => "string",
        }
    }

    /// Whether two dtypes are equal, in const evaluation.
    pub(crate) const fn is(self, other: Self) -> bool {
        self as u8 == other as u8
    }

    /// The number of 4-byte words that a sample of this dtype takes in an arena.
    pub(crate) const fn words(self, elements: usize) -> usize {
        match self {
            Self::Float32 | Self::Int32 => elements,
            Self::UInt8 => elements.div_ceil(4),
            Self::String => 0,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
