//! The maximum of tensors, element by element.

use crate::layers::{
    Backward, Built, Forward, Layer,
    merging::broadcast::{self, Spread},
};
use crate::{
    kernels::{arithmetic, elementwise},
    shape::{Dims, ShapeError},
};

layer! {
    /// Maximum of two tensors or more, element by element.
    ///
    /// In a listing also `maximum(x, y)`. As [Keras' `Maximum`](https://keras.io/api/layers/merging_layers/maximum/). Where inputs are equal, the gradient goes to the first
    /// of them.
    ///
    /// # Shapes
    /// Inputs of one shape, which the output has too; unlike ones are repeated along the axes of length 1 and those that are
    /// missing in front: `(4, 3)` and `(3,)` make `(4, 3)`. The batch stands apart. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Largest(a: Input(3), b: Input(3)) { Maximum()([a, b]) } }
    /// assert_eq!(Largest::new().predict_one(&[1.0, 5.0, -2.0], &[4.0, 2.0, -3.0]), [4.0, 5.0, -2.0]);
    /// ```
    ///
    /// Without a model:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Maximum::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 5.0], &[3.0, 4.0]])?, [3.0, 5.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Maximum {}
    inputs: several;
}

impl Maximum {
    /// The shape rule.
    ///
    /// # Errors
    /// With fewer than two inputs, or of shapes that do not go together.
    ///
    /// ```
    /// use keras::{layers::Maximum, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Maximum::layer().build(&[vector, vector])?.output(), vector);
    /// assert!(Maximum::layer().build(&[vector, Dims::new(&[2])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match broadcast::build(inputs) {
            Ok(built) => built.backward_reads_input().backward_reads_output().ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Maximum {
    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let mut inputs = pass.inputs.iter().zip(pass.input_dims);
        let Some((first, dims)) = inputs.next() else { return };
        let first = Spread::new(pass.batch, *dims, output_dims).repeat(first, pass.scratch.per_sample);
        elementwise::copy(first, output);
        for (input, dims) in inputs {
            let input = Spread::new(pass.batch, *dims, output_dims).repeat(input, pass.scratch.per_sample);
            arithmetic::larger(output, input);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        to_the_chosen(pass);
    }
}

/// The gradient of an output that is one of the inputs' values: it goes to the first input that has this value.
pub(in crate::layers) fn to_the_chosen(pass: Backward<'_>) {
    let (memory, repeated) = broadcast::halves(pass.scratch.per_sample);
    let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
    let [output_gradient] = pass.output_gradients.array();
    let inputs = pass.inputs.iter().zip(pass.input_dims);
    for ((input, dims), input_gradient) in inputs.zip(pass.input_gradients) {
        let spread = Spread::new(pass.batch, *dims, output_dims);
        let input = spread.repeat(input, repeated);
        // The part of an input whose gradient is not wanted is taken all the same: it is not another input's.
        spread.sum_of(input_gradient.as_deref_mut().unwrap_or_default(), memory, |input_gradient| {
            arithmetic::take_chosen(input, output, output_gradient, input_gradient);
        });
    }
}
