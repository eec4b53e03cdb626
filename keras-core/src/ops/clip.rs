//! Elements between two bounds.

use crate::{
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Brings every element between two bounds. The gradient is 0 where an element lies beyond one.
///
/// In a listing, `clip(x, x_min, x_max)`, as [Keras' `ops.clip`](https://keras.io/api/ops/numpy/#clip-function), and
/// `maximum(x, 0.1)`, `minimum(x, 0.9)`.
///
/// # Shapes
/// The output has the input's shape.
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
}

impl Clip {
    /// Between these bounds.
    ///
    /// ```
    /// use keras::{ops::Clip, prelude::*};
    ///
    /// let alone = standalone!(Clip::layer(0.0, 1.0), [3], 7)?;
    /// assert_eq!(alone.call(&[&[-3.0, 0.5, 7.0]])?, [0.0, 0.5, 1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer(x_min: f32, x_max: f32) -> Self {
        Self { min: x_min, max: x_max }
    }

    /// The shape rule: any input fits.
    ///
    /// # Errors
    /// If the lower bound is above the upper one.
    ///
    /// ```
    /// use keras::{ops::Clip, shape::Dims};
    ///
    /// assert_eq!(Clip::layer(0.0, 1.0).build(Dims::new(&[10]))?.output, Dims::new(&[10]));
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
        let [input] = pass.inputs else { return };
        for (to, &x) in pass.output.iter_mut().zip(*input) {
            // What is not a number stays so.
            *to = if x < self.min {
                self.min
            } else if x > self.max {
                self.max
            } else {
                x
            };
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([input], [input_gradient]) = (pass.inputs, pass.input_gradients) else { return };
        for ((to, &x), &gradient) in input_gradient.iter_mut().zip(*input).zip(pass.output_gradient.iter()) {
            *to = if x < self.min || x > self.max { 0.0 } else { gradient };
        }
    }
}
