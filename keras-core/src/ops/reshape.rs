//! Reshaping, with the batch axis in the argument.

use crate::{
    layers::{self, Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Changes the shape of a tensor, without a copy: the output shares the memory of the input.
///
/// In a model: `reshape(x, newshape)`, for instance `reshape(x, (-1, 4, 3))`. See [Keras'
/// `ops.reshape`](https://keras.io/api/ops/numpy/#reshape-function). The first length is that of the batch, which is
/// unknown at compile time and must be -1. The layer [`Reshape`](crate::layers::Reshape) takes a shape without the
/// batch.
///
/// # Shapes
/// Input of any shape, output of the lengths after the first.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Net(x: Input(6)) { sum(reshape(x, (-1, 2, 3)), axis = 2) } }
/// assert_eq!(Net::new().predict_one(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [6.0, 15.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reshape {
    batch: isize,
    sample: layers::Reshape,
}

impl Reshape {
    /// Reshapes to these lengths, of which the first is that of the batch, -1.
    ///
    /// ```
    /// use keras::{ops::Reshape, shape::Dims};
    ///
    /// assert_eq!(Reshape::layer(&[-1, 2, 3]).build(Dims::new(&[6]))?.output(), Dims::new(&[2, 3]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn layer(newshape: &[isize]) -> Self {
        match newshape {
            [batch, sample @ ..] => Self { batch: *batch, sample: layers::Reshape::layer(sample) },
            [] => Self { batch: 0, sample: layers::Reshape::layer(&[]) },
        }
    }

    /// Builds the operation for an input of this shape.
    ///
    /// # Errors
    /// If the first length is not -1, another length is negative, or the number of elements differs.
    ///
    /// ```
    /// use keras::{ops::Reshape, shape::Dims};
    ///
    /// assert_eq!(Reshape::layer(&[-1, 4, 3]).build(Dims::new(&[12]))?.output(), Dims::new(&[4, 3]));
    /// assert!(Reshape::layer(&[4, 3]).build(Dims::new(&[12])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if self.batch != -1 {
            return Err(ShapeError::new(
                "the first length of its newshape is the batch size and must be -1; write (-1, …) with lengths that \
                 multiply to the {0} elements of its input {a}",
            )
            .number(input.size())
            .dims(input));
        }
        if self.sample.has_open_length() {
            return Err(ShapeError::new(
                "only the first length of its newshape, the batch size, can be -1; write out the others for its input \
                 {a}, or use Reshape((…))(x), which leaves out the batch",
            )
            .dims(input));
        }
        self.sample.build(input)
    }
}

impl Layer for Reshape {
    fn forward(&self, pass: Forward<'_>) {
        self.sample.forward(pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        self.sample.backward(pass);
    }
}
