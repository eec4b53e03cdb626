//! A tensor of a model as const evaluation knows it.

use crate::shape::{Dims, Dtype};

/// The activation that ends a layer, where a loss can be computed from what went into it.
///
/// ```
/// use keras::{activations::Activation, layers::{Dense, FinalActivation}, shape::Dims};
///
/// let scores = Dense::layer(10).activation(Activation::Softmax).build(Dims::new(&[64]))?;
/// assert_eq!(scores.outputs()[0].final_activation, FinalActivation::Softmax);
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalActivation {
    /// None that a loss knows.
    Other,
    /// Softmax over the last axis.
    Softmax,
    /// Sigmoid of every element.
    Sigmoid,
}

/// A tensor of a model as const evaluation knows it, as Keras' `KerasTensor`: an input, or an output of a layer.
///
/// ```
/// use keras::{layers::{Built, FinalActivation}, shape::{Dims, Dtype}};
///
/// let built = Built::new(Dims::new(&[10]));
/// let output = built.outputs()[0];
/// assert_eq!((output.dims, output.dtype, output.mask), (Dims::new(&[10]), Dtype::Float32, None));
/// assert_eq!(output.final_activation, FinalActivation::Other);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TensorSpec {
    /// The dimensions of one sample.
    pub dims: Dims,
    /// The type of its elements.
    pub dtype: Dtype,
    /// The dimensions of one sample of its mask, if it has one.
    pub mask: Option<Dims>,
    /// The activation whose output it is.
    pub final_activation: FinalActivation,
    /// Where the input of that activation starts among the floats a sample that `forward` saves.
    pub logits: usize,
}

impl TensorSpec {
    pub(super) const NONE: Self = Self::new(Dims::SCALAR);

    /// A `float32` tensor of these dimensions, without a mask.
    ///
    /// ```
    /// use keras::{layers::TensorSpec, shape::Dims};
    ///
    /// assert_eq!(TensorSpec::new(Dims::new(&[10])).mask, None);
    /// ```
    pub const fn new(dims: Dims) -> Self {
        Self { dims, dtype: Dtype::Float32, mask: None, final_activation: FinalActivation::Other, logits: 0 }
    }

    /// The same with elements of another type.
    ///
    /// ```
    /// use keras::{layers::TensorSpec, shape::{Dims, Dtype}};
    ///
    /// assert_eq!(TensorSpec::new(Dims::new(&[10])).with_dtype(Dtype::Int32).dtype, Dtype::Int32);
    /// ```
    pub const fn with_dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = dtype;
        self
    }

    /// The number of words of one sample in an arena.
    pub(crate) const fn words(&self) -> usize {
        self.dtype.words(self.dims.size())
    }

    /// The number of words of one sample of its gradient: whole numbers have none.
    pub(crate) const fn gradient_words(&self) -> usize {
        match self.dtype {
            Dtype::Float32 => self.dims.size(),
            _ => 0,
        }
    }
}
