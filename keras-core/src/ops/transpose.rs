//! Transposition, with the batch axis in the argument.

use crate::{
    layers::{self, Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Permutes the axes.
///
/// In a model: `transpose(x, axes)`, for instance `transpose(x, (0, 2, 1))`. See [Keras'
/// `ops.transpose`](https://keras.io/api/ops/numpy/#transpose-function). The batch, axis 0, must stay first. The layer
/// [`Permute`](crate::layers::Permute) takes axes without the batch.
///
/// # Shapes
/// The lengths of the input in the new order: `(3, 4)` becomes `(4, 3)`.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Net(x: Input(2, 3)) { transpose(x, (0, 2, 1)) } }
/// assert_eq!(Net::new().predict_one(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Transpose {
    batch_is_first: bool,
    sample: layers::Permute,
}

impl Transpose {
    /// Permutes to this order: the batch, 0, then the other axes.
    ///
    /// ```
    /// use keras::{ops::Transpose, shape::Dims};
    ///
    /// assert_eq!(Transpose::layer(&[0, 2, 1]).build(Dims::new(&[4, 6]))?.output(), Dims::new(&[6, 4]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn layer(axes: &[isize]) -> Self {
        match axes {
            [batch, sample @ ..] => Self { batch_is_first: *batch == 0, sample: layers::Permute::layer(sample) },
            [] => Self { batch_is_first: false, sample: layers::Permute::layer(&[]) },
        }
    }

    /// Builds the operation for an input of this shape.
    ///
    /// # Errors
    /// Unless the axes are 0, the batch, followed by all axes of the input, each once.
    ///
    /// ```
    /// use keras::{ops::Transpose, shape::Dims};
    ///
    /// assert_eq!(Transpose::layer(&[0, 3, 1, 2]).build(Dims::new(&[4, 5, 6]))?.output(), Dims::new(&[6, 4, 5]));
    /// assert!(Transpose::layer(&[1, 0]).build(Dims::new(&[4])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        match self.sample.build(input) {
            Ok(built) if self.batch_is_first => Ok(built),
            _ => Err(ShapeError::new(
                "its axes must be 0 (the batch), followed by a permutation of the axes 1 to {0} of its input {a}",
            )
            .number(input.rank())
            .dims(input)),
        }
    }
}

impl Layer for Transpose {
    fn forward(&self, pass: Forward<'_>) {
        self.sample.forward(pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        self.sample.backward(pass);
    }
}
