//! Other axes, the batch among them.

use crate::{
    layers::{self, Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Gives a tensor other axes with as many elements. Costs nothing: the output is the input's memory.
///
/// In a listing, `reshape(x, newshape)`: `reshape(x, (-1, 4, 3))`, as
/// [Keras' `ops.reshape`](https://keras.io/api/ops/numpy/#reshape-function). The first length is the batch's, which is not
/// known when the program is compiled: it is written -1. The layer [`Reshape`](crate::layers::Reshape) leaves it out.
///
/// # Shapes
/// Input any, output the lengths after the first.
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
    /// Into these lengths, of which the first is the batch's: -1.
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

    /// The shape rule.
    ///
    /// # Errors
    /// If the first length is not -1, another one is negative, or the number of elements changes.
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
                "the first length of its newshape is the batch's, and is -1; write (-1, …) and after it the lengths that \
                 make the {0} elements of its input {a}",
            )
            .number(input.size())
            .dims(input));
        }
        if self.sample.has_open_length() {
            return Err(ShapeError::new(
                "only the first length of its newshape, the batch's, can be -1; write the others out, or use \
                 Reshape((…))(x), which leaves the batch out; its input is {a}",
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
