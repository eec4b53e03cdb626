//! Data as models take them: checked once, where they enter, and typed from there on.

mod dataset;
mod inputs;
mod labels;
mod tensor;

pub use dataset::Dataset;
pub use inputs::{Inputs, Source, Target, Targets};
pub use labels::Labels;
pub use tensor::Tensor;
