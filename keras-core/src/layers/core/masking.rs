//! Masking layer.

use crate::{
    kernels::masks,
    layers::{Backward, Built, Forward, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Masks steps of a sequence whose features are all equal to a value: layers that support masking ignore them.
    ///
    /// See [Keras' `Masking`](https://keras.io/api/layers/core_layers/masking/). The features of masked steps are set to
    /// 0.
    ///
    /// # Shapes
    /// Input and output `(…, features)`; the mask has the shape of the output without its last axis. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Means { Input(3, 2), Masking(mask_value = -1.0), GlobalAveragePooling1D() } }
    ///
    /// // The second step is masked: the means are over the other two.
    /// assert_eq!(Means::new().predict_one(&[1.0, 2.0, -1.0, -1.0, 3.0, 6.0]), [2.0, 4.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let masking = standalone!(Masking::layer(), [2, 2], 7)?;
    /// assert_eq!(masking.call(&[&[0.0, 0.0, 0.0, 3.0]])?, [0.0, 0.0, 0.0, 3.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Masking {
        /// Value of all features of a masked step
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let masking = standalone!(Masking::layer().mask_value(9.0), [2, 2], 7)?;
        /// assert_eq!(masking.call(&[&[9.0, 9.0, 9.0, 3.0]])?, [0.0, 0.0, 9.0, 3.0]);
        /// # Ok::<(), keras::Error>(())
        /// ```
        mask_value: Float = 0.0,
    }
    masks: Made;
}

impl Masking {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is a scalar.
    ///
    /// ```
    /// use keras::{layers::{Masking, Masks}, shape::Dims};
    ///
    /// let built = Masking::layer().build(Dims::new(&[20, 8]))?;
    /// assert_eq!(built.masks, Masks::Made(Dims::new(&[20])));
    /// assert!(Masking::layer().build(Dims::SCALAR).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() == 0 {
            return Err(ShapeError::new(
                "it compares the features along the last axis of its input, but its input is a scalar {a}; put Reshape((1, 1)) \
                 before it",
            )
            .dims(input));
        }
        // A standalone layer computes the mask as well, although nothing reads it.
        let mask = input.before(input.rank() - 1);
        Built::new(input).masks(Masks::Made(mask)).scratch(mask.size(), 0).backward_reads_input().ok()
    }
}

impl Layer for Masking {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output], [dims]) = (pass.inputs.array(), pass.outputs.array(), pass.output_dims.array());
        let mask = pass.output_mask.unwrap_or(pass.scratch.per_sample);
        masks::compare(self.mask_value, dims.last(), input, output, mask);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([input], [gradient], [dims]) =
            (pass.inputs.array(), pass.output_gradients.array(), pass.output_dims.array());
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            masks::compare_backward(self.mask_value, dims.last(), input, gradient, input_gradient);
        }
    }
}
