//! Repetition of vectors.

use crate::{
    layers::{Backward, Built, Dtypes, Forward, Layer},
    shape::{Dims, ShapeError, Strided},
};

layer! {
    /// Repeats a vector.
    ///
    /// See [Keras' `RepeatVector`](https://keras.io/api/layers/reshaping_layers/repeat_vector/).
    ///
    /// # Shapes
    /// Input `(features,)`, output `(n, features)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), RepeatVector(3) } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 2.0]), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(RepeatVector::layer(3), [2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0]])?, [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct RepeatVector {
        /// Number of repetitions
        n: Integer,
    }
}

impl RepeatVector {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not a vector, or `n` is 0.
    ///
    /// ```
    /// use keras::{layers::RepeatVector, shape::Dims};
    ///
    /// assert_eq!(RepeatVector::layer(3).build(Dims::new(&[8]))?.output(), Dims::new(&[3, 8]));
    /// assert!(RepeatVector::layer(3).build(Dims::new(&[8, 8])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() != 1 {
            return Err(
                ShapeError::new("it repeats vectors, but its input is {a}; put Flatten() before it").dims(input)
            );
        }
        if self.n == 0 {
            return Err(ShapeError::new("it repeats its input at least once; n = 0 was given"));
        }
        Built::new(Dims::new(&[self.n, input.length(0)])).dtypes(Dtypes::Moved).ok()
    }

    fn axes(&self, batch: usize, input: Dims) -> Strided {
        let features = input.size();
        Strided::new([batch, self.n, features], [features, 0, 1])
    }
}

impl Layer for RepeatVector {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let (input, [dims]) = (pass.inputs.get(0).words(), pass.input_dims.array());
        self.axes(pass.batch, dims).gather(input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        if !input_gradient.is_empty() {
            input_gradient.fill(0.0);
            self.axes(pass.batch, dims).scatter_add(output_gradient, input_gradient);
        }
    }
}
