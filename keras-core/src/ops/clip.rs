//! Clipping to a range.

use crate::{
    kernels::arithmetic,
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Clips every element to a range. The gradient is 0 for elements that are clipped.
///
/// In a model: `clip(x, x_min, x_max)`, see [Keras' `ops.clip`](https://keras.io/api/ops/numpy/#clip-function), and
/// `maximum(x, 0.1)`, `minimum(x, 0.9)`; if the number comes first, the gradient at the bound
/// [differs](Self::number_first).
///
/// # Shapes
/// Output of the same shape as the input.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Net(x: Input(3)) { clip(x, -1, 1) } }
/// assert_eq!(Net::new().predict_one(&[-3.0, 0.5, 7.0]), [-1.0, 0.5, 1.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clip {
    min: f32,
    max: f32,
    number_first: bool,
}

impl Clip {
    /// Clips to the range between these bounds.
    ///
    /// ```
    /// use keras::{ops::Clip, prelude::*};
    ///
    /// let alone = standalone!(Clip::layer(0.0, 1.0), [3], 7)?;
    /// assert_eq!(alone.call(&[&[-3.0, 0.5, 7.0]])?, [0.0, 0.5, 1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer(x_min: f32, x_max: f32) -> Self {
        Self { min: x_min, max: x_max, number_first: false }
    }

    /// Sets the gradient at the bound to 0, as for `maximum(0.0, x)`: of two equal arguments the first gets the
    /// gradient, which is the number here.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    /// model! { struct First(x: Input(1)) { maximum(0.0, Line()(x)) } }
    /// model! { struct Last(x: Input(1)) { maximum(Line()(x), 0.0) } }
    ///
    /// let (x, y, loss) = (Tensor::from([[0.0]]), Tensor::from([[1.0]]), MeanSquaredError::default());
    /// assert_eq!(First::new().loss_and_gradients(&x, &y, &loss)?.1.values(), [0.0, 0.0]);
    /// assert_eq!(Last::new().loss_and_gradients(&x, &y, &loss)?.1.values(), [0.0, -2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn number_first(mut self) -> Self {
        self.number_first = true;
        self
    }

    /// Builds the operation for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If the lower bound is greater than the upper bound.
    ///
    /// ```
    /// use keras::{ops::Clip, shape::Dims};
    ///
    /// assert_eq!(Clip::layer(0.0, 1.0).build(Dims::new(&[10]))?.output(), Dims::new(&[10]));
    /// assert!(Clip::layer(1.0, 0.0).build(Dims::new(&[10])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if self.min > self.max {
            return Err(ShapeError::new("its x_min is above its x_max; give the lower bound first"));
        }
        Built::new(input).backward_reads_input().ok()
    }
}

impl Layer for Clip {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let [input] = pass.inputs.array();
        arithmetic::clip(self.min, self.max, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([input], [Some(input_gradient)]) = (pass.inputs.array(), pass.input_gradients.array()) else { return };
        let bounds = (self.min, self.max);
        arithmetic::clip_backward(bounds, !self.number_first, input, output_gradient, input_gradient);
    }
}
