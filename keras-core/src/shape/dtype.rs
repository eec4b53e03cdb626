//! The types of a tensor's elements.

use core::fmt;

/// The type of a tensor's elements: `dtype = "int32"` of an `Input`. As [Keras' `dtype`](https://keras.io/api/layers/core_layers/input/).
///
/// Layers compute in `float32`. Ids, labels and images may enter a model as what they are.
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
    /// Floating point numbers of 32 bits: what everything computes with.
    #[default]
    Float32,
    /// Whole numbers of 32 bits: ids, labels.
    Int32,
    /// Whole numbers from 0 to 255: images.
    UInt8,
    /// Text.
    String,
}

impl Dtype {
    /// Keras' name: `"float32"`.
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

    /// Whether two are the same, in const evaluation.
    pub(crate) const fn is(self, other: Self) -> bool {
        self as u8 == other as u8
    }

    /// The number of 4-byte words that elements of one sample take in an arena.
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
