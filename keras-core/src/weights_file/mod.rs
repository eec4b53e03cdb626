//! The header of a `safetensors` file, see the [format](https://github.com/huggingface/safetensors#format).
//!
//! There is one parser, so that `load` at run time and `embed!` in const evaluation accept the same files. They are
//! those that the crate `safetensors` accepts, which cannot run in const evaluation: every byte of the data belongs to
//! one tensor. In addition, duplicate names are rejected, of which that crate uses the last.

/// `?` for const evaluation.
macro_rules! attempt {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}
pub(crate) use attempt;

mod damage;
mod dtype;
mod header;
mod json;
#[cfg(all(test, feature = "std"))]
mod tests;

pub use damage::Damage;
pub use dtype::Dtype;
pub(crate) use header::{Header, Tensor, check_length, data_length, header_length};
pub(crate) use json::Text;

/// The header starts after its length.
pub(crate) const START: usize = 8;
