//! Data for models: checked once, on creation, and typed by shape.
//!
//! Samples are a [`Tensor`] of the model's input shape, or an `ndarray` array with the batch as an additional first
//! axis; class labels are [`Labels`]. A model with multiple inputs or outputs takes tuples of them, or structs of named inputs
//! and outputs.
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Net { Input(2), Dense(3, activation = "softmax") } }
//!
//! let x = Tensor::from([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! let y = Labels::try_from([2, 0, 1])?;
//! let mut net = Net::with_seed(1);
//! net.compile(SGD::new(0.1), SparseCategoricalCrossentropy::default(), ()).fit(&x, &y).verbose(0).run()?;
//!
//! let array = ndarray::array![[0.0f32, 1.0], [1.0, 0.0], [1.0, 1.0]];
//! assert_eq!(net.predict(&array)?, net.predict(&x)?);
//! # Ok::<(), keras::Error>(())
//! ```

mod batch;
mod creation;
mod dataset;
mod fields;
mod inputs;
mod into_batch;
mod labels;
mod sample_weight;
mod samples;
mod tensor;
mod tensors;

pub use batch::Batch;
pub use dataset::Dataset;
#[doc(hidden)]
pub use fields::{InputFields, TargetFields};
pub use inputs::{Inputs, Source, Target, Targets};
pub use into_batch::IntoBatch;
pub use labels::Labels;
#[doc(hidden)]
pub use sample_weight::IntoOutputWeight;
pub use sample_weight::{IntoSampleWeight, SampleWeight};
pub use tensor::{Tensor, TensorElement};
pub use tensors::{InputShapes, Kinds, Shapes};
