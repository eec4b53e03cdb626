//! Rescaling of data.

use crate::{
    kernels::channels,
    layers::{Backward, Built, Dtypes, Elements, Forward, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Rescales the input: `output = input · scale + offset`.
    ///
    /// See [Keras' `Rescaling`](https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/).
    /// `Rescaling(1.0 / 255.0)` maps pixels to the range from 0 to 1.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Rescaling(1.0 / 128.0, offset = -1) } }
    /// assert_eq!(Net::new().predict_one(&[0.0, 128.0, 192.0]), [-1.0, 0.0, 0.5]);
    ///
    /// sequential! { struct Channels { Input(2, 2), Rescaling((1.0, 10.0), offset = (0.5, 0.0)) } }
    /// assert_eq!(Channels::new().predict_one(&[1.0, 2.0, 3.0, 4.0]), [1.5, 20.0, 3.5, 40.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Rescaling::layer(&[0.5, 3.0]), [2], 7)?;
    /// assert_eq!(alone.call(&[&[2.0, 4.0]])?, [1.0, 12.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Rescaling {
        /// Scale: a number, or one for each element of the last axis
        scale: Floats,
        /// Offset added after scaling: a number, or one for each element of the last axis
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Fahrenheit { Input(1), Rescaling(1.8, offset = 32.0) } }
        /// assert_eq!(Fahrenheit::new().predict_one(&[100.0]), [212.0]);
        ///
        /// const MEANS: [f32; 3] = [-0.5, -0.25, 0.0];
        /// sequential! { struct Centred { Input(3), Rescaling(1, offset = MEANS) } }
        /// assert_eq!(Centred::new().predict_one(&[0.5, 0.5, 0.5]), [0.0, 0.25, 0.5]);
        /// ```
        offset: Floats = 0.0,
    }
    masks: Passed;
}

impl Rescaling {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the number of scales or offsets is neither 1 nor the length of the last axis.
    ///
    /// ```
    /// use keras::{layers::Rescaling, shape::Dims};
    ///
    /// let input = Dims::new(&[8, 8, 3]);
    /// assert_eq!(Rescaling::layer(&[2.0]).build(input)?.output(), input);
    /// assert_eq!(Rescaling::layer(&[2.0, 3.0, 4.0]).build(input)?.output(), input);
    /// assert!(Rescaling::layer(&[2.0, 3.0]).build(input).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let (scales, offsets, last) = (self.scale.len(), self.offset.len(), input.last());
        if (scales != 1 && scales != last) || (offsets != 1 && offsets != last) {
            return Err(ShapeError::new(
                "its scale has length {0} and its offset length {1}, but the last axis of its input {a} has length \
                 {2}; give 1 value or {2}",
            )
            .number(scales)
            .number(offsets)
            .number(last)
            .dims(input));
        }
        Built::new(input).dtypes(Dtypes::Numbers).masks(Masks::Passed).ok()
    }
}

impl Layer for Rescaling {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([output], [dims]) = (pass.outputs.array(), pass.input_dims.array());
        let (last, numbers) = (dims.last(), (self.scale, self.offset));
        match pass.inputs.get(0) {
            Elements::Float32(input) => channels::rescale(last, numbers, input.iter().copied(), output),
            Elements::Int32(input) => channels::rescale(last, numbers, input.iter().map(|&x| x as f32), output),
            Elements::UInt8(input) => channels::rescale(last, numbers, input.iter().map(|&x| f32::from(x)), output),
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        channels::rescale_backward(dims.last(), self.scale, output_gradient, input_gradient);
    }
}
