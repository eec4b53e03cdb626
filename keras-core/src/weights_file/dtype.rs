//! The dtypes of weights in a file.

use core::fmt;

/// The dtype of the weights in a file. Models compute with 32-bit floats, regardless of the dtype they were loaded
/// from.
///
/// See [Keras' dtype policies](https://keras.io/api/mixed_precision/policy/).
///
/// ```
/// use keras::{prelude::*, saving::Dtype};
///
/// sequential! { struct Net { Input(300), Dense(100) } }
///
/// let path = std::env::temp_dir().join(format!("dtype-{}.safetensors", std::process::id()));
/// let net = Net::with_seed(1);
/// for (dtype, bytes) in [(Dtype::Float32, 4), (Dtype::Float16, 2), (Dtype::BFloat16, 2)] {
///     net.save_as(&path, dtype)?;
///     let (header, data) = (1024, bytes * Net::PARAMETERS as u64);
///     assert!((data..data + header).contains(&std::fs::metadata(&path).unwrap().len()));
/// }
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dtype {
    /// 4 bytes: the weights, unrounded.
    #[default]
    Float32,
    /// 2 bytes, 11 significant bits, up to 65,504.
    Float16,
    /// 2 bytes, 8 significant bits, the range of 32-bit floats.
    BFloat16,
}

impl Dtype {
    /// The size of a number in bytes.
    ///
    /// ```
    /// assert_eq!(keras::saving::Dtype::BFloat16.size(), 2);
    /// ```
    pub const fn size(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Float16 | Self::BFloat16 => 2,
        }
    }

    /// The name in the `safetensors` format.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Float32 => "F32",
            Self::Float16 => "F16",
            Self::BFloat16 => "BF16",
        }
    }

    /// The dtype by its name in the format; `None` if weights cannot have it.
    pub(crate) const fn of(name: &str) -> Option<Self> {
        match name.as_bytes() {
            b"F32" => Some(Self::Float32),
            b"F16" => Some(Self::Float16),
            b"BF16" => Some(Self::BFloat16),
            _ => None,
        }
    }
}

/// The name in Keras: `float16`.
impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::BFloat16 => "bfloat16",
        })
    }
}
