//! Concatenation of tensors.

use crate::{
    kernels::{elementwise, masks},
    layers::{Backward, Built, Dtypes, Forward, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Concatenates two or more tensors along an axis.
    ///
    /// See [Keras' `Concatenate`](https://keras.io/api/layers/merging_layers/concatenate/). Axes are numbered as in
    /// Keras, with the batch as axis 0.
    ///
    /// # Shapes
    /// Inputs of the same shape except along the axis; the length of the output along the axis is the sum of theirs. No
    /// weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Join(a: Input(2), b: Input(3)) { Concatenate()([a, b]) } }
    /// assert_eq!(Join::new().predict_one(&[1.0, 2.0], &[3.0, 4.0, 5.0]), [1.0, 2.0, 3.0, 4.0, 5.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Concatenate::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0], &[3.0, 4.0]])?, [1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Concatenate {
        /// Axis along which to concatenate
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// model! { struct Rows(a: Input(1, 2), b: Input(2, 2)) { Concatenate(axis = 1)([a, b]) } }
        /// assert_eq!(Rows::new().predict_one(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        /// ```
        axis: Axis = -1,
    }
    inputs: several;
    masks: Combined;
}

impl Concatenate {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// If there are fewer than two inputs, their shapes differ along another axis, or the axis does not exist.
    ///
    /// ```
    /// use keras::{layers::Concatenate, shape::Dims};
    ///
    /// let (rgb, depth) = (Dims::new(&[8, 8, 3]), Dims::new(&[8, 8, 1]));
    /// assert_eq!(Concatenate::layer().build(&[rgb, depth])?.output(), Dims::new(&[8, 8, 4]));
    /// assert!(Concatenate::layer().axis(1).build(&[rgb, depth]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        if inputs.len() < 2 {
            return Err(ShapeError::new("it needs at least 2 inputs, but {0} is given").number(inputs.len()));
        }
        let Some(axis) = inputs[0].resolve_axis(self.axis) else {
            return Err(ShapeError::new(
                "its axis does not exist in its input {a}; use 1 to {0} (0 is the batch), or count back from -1",
            )
            .dims(inputs[0])
            .number(inputs[0].rank()));
        };
        let mut output = inputs[0];
        let mut at = 1;
        while at < inputs.len() {
            if inputs[at].rank() != output.rank()
                || !inputs[at].with_length(axis, 0).equals(inputs[0].with_length(axis, 0))
            {
                return Err(ShapeError::new(
                    "its inputs must have the same shape except along axis {0}, but input 1 is {a} and input {1} is \
                     {b}",
                )
                .number(axis + 1)
                .number(at + 1)
                .dims(inputs[0])
                .dims(inputs[at]));
            }
            output = output.with_length(axis, output.length(axis).saturating_add(inputs[at].length(axis)));
            at += 1;
        }
        Built::new(output).dtypes(Dtypes::Moved).masks(Masks::Combined).ok()
    }

    /// The mask of the output: along the last axis, a position is valid if it is valid in any of the inputs; along
    /// other axes, the masks are concatenated. An input without a mask is valid everywhere.
    fn join_masks(&self, masks: &[Option<&[f32]>], input_dims: &[Dims], output_dims: Dims, joined: &mut [f32]) {
        let axis = output_dims.resolve_axis(self.axis).unwrap_or_default();
        if axis + 1 == output_dims.rank() {
            if masks.iter().any(Option::is_none) {
                joined.fill(1.0);
            } else {
                masks::join(masks.iter().flatten().copied(), joined);
            }
            return;
        }
        let positions = |dims: Dims| dims.length(axis) * (dims.after(axis).size() / dims.last().max(1));
        let row = positions(output_dims).max(1);
        let mut offset = 0;
        for (mask, dims) in masks.iter().zip(input_dims) {
            let run = positions(*dims);
            let mut runs = mask.map(|mask| mask.chunks_exact(run.max(1)));
            for to in joined.chunks_exact_mut(row) {
                let Some(to) = to.get_mut(offset..offset + run) else { continue };
                match runs.as_mut().and_then(Iterator::next) {
                    Some(from) => elementwise::copy(from, to),
                    None => to.fill(1.0),
                }
            }
            offset += run;
        }
    }

    /// The number of consecutive floats of an input, or the output, from the axis on.
    fn run(&self, dims: Dims) -> usize {
        let axis = dims.resolve_axis(self.axis).unwrap_or_default();
        dims.length(axis) * dims.after(axis).size()
    }
}

impl Layer for Concatenate {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        if let Some(mask) = pass.output_mask {
            self.join_masks(&pass.masks, &pass.input_dims, output_dims, mask);
        }
        let row = self.run(output_dims).max(1);
        let mut offset = 0;
        for (input, dims) in pass.inputs.words().zip(pass.input_dims) {
            let run = self.run(*dims);
            if let Some(to) = output.get_mut(offset..) {
                elementwise::copy_blocks(input.len() / run.max(1), run, input, run, to, row, false);
            }
            offset += run;
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        let row = self.run(output_dims).max(1);
        let mut offset = 0;
        for (input_gradient, dims) in pass.input_gradients.into_iter().zip(pass.input_dims) {
            let run = self.run(*dims);
            // A gradient that is not needed has no elements to fill.
            let input_gradient = input_gradient.as_deref_mut().unwrap_or_default();
            let count = input_gradient.len() / run.max(1);
            if let Some(from) = output_gradient.get(offset..) {
                elementwise::copy_blocks(count, run, from, row, input_gradient, run, false);
            }
            offset += run;
        }
    }
}
