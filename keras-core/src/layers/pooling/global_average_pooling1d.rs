//! Global average pooling for sequences.

use crate::{
    kernels::masks,
    layers::{Backward, Built, Forward, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Global average pooling for sequences: the mean of each feature over the steps, excluding masked steps.
    ///
    /// See [Keras' `GlobalAveragePooling1D`](https://keras.io/api/layers/pooling_layers/global_average_pooling1d/). As
    /// in Keras, the mean of a sequence with all steps masked is NaN.
    ///
    /// # Shapes
    /// Input `(steps, features)`, output `(features,)`, or `(1, features)` with `keepdims`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Means { Input(2, 3), GlobalAveragePooling1D() } }
    /// assert_eq!(Means::new().predict_one(&[1.0, 2.0, 3.0, 3.0, 4.0, 5.0]), [2.0, 3.0, 4.0]);
    ///
    /// // Sequences of different lengths, filled up with id 0, which is masked:
    /// sequential! {
    ///     struct Bag { Input(4, dtype = "int32"), Embedding(10, 1, mask_zero = true, embeddings_initializer = "ones"), GlobalAveragePooling1D() }
    /// }
    /// assert_eq!(Bag::new().predict_one(&[3, 5, 0, 0]), [1.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let pooling = standalone!(GlobalAveragePooling1D::layer(), [2, 1], 7)?;
    /// assert_eq!(pooling.call(&[&[1.0, 3.0]])?, [2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct GlobalAveragePooling1D {
        unsupported data_format = None | "channels_last",
        /// Whether to keep the axis of steps, with length 1
        ///
        /// ```
        /// use keras::{layers::GlobalAveragePooling1D, shape::Dims};
        ///
        /// let built = GlobalAveragePooling1D::layer().keepdims(true).build(Dims::new(&[20, 8]))?;
        /// assert_eq!(built.output(), Dims::new(&[1, 8]));
        /// # Ok::<(), keras::shape::ShapeError>(())
        /// ```
        keepdims: Bool = false,
    }
    aliases: GlobalAvgPool1D;
    masks: Consumed;
}

impl GlobalAveragePooling1D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not a sequence (rank 2).
    ///
    /// ```
    /// use keras::{layers::GlobalAveragePooling1D, shape::Dims};
    ///
    /// assert_eq!(GlobalAveragePooling1D::layer().build(Dims::new(&[20, 8]))?.output(), Dims::new(&[8]));
    /// assert!(GlobalAveragePooling1D::layer().build(Dims::new(&[8])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() != 2 {
            return Err(ShapeError::new(
                "it averages sequences of shape (steps, features), but its input is {a}; put Reshape((…)) before it",
            )
            .dims(input));
        }
        let features = input.last();
        let output = if self.keepdims { Dims::new(&[1, features]) } else { Dims::new(&[features]) };
        Built::new(output).masks(Masks::Consumed).ok()
    }
}

impl Layer for GlobalAveragePooling1D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output], [dims]) = (pass.inputs.array(), pass.outputs.array(), pass.input_dims.array());
        let [mask] = pass.masks.array();
        masks::mean(dims.length(0), dims.last(), input, mask, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([dims], [gradient], [mask]) = (pass.input_dims.array(), pass.output_gradients.array(), pass.masks.array());
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            masks::mean_backward(dims.length(0), dims.last(), mask, gradient, input_gradient);
        }
    }
}
