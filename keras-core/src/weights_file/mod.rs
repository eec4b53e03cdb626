//! The header of a `safetensors` file, as the [format](https://github.com/huggingface/safetensors#format) has it.
//!
//! There is one parser, so that `load`, when a program runs, and `embed!`, in const evaluation, accept the same files. They are
//! those that the crate `safetensors` reads, which cannot run in const evaluation: every byte of the data belongs to one
//! tensor. Besides, a name that is listed twice is refused, of which that crate takes the last.

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
