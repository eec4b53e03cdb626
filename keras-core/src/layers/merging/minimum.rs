//! The minimum of tensors, element by element.

use crate::layers::{
    Backward, Built, Forward, Layer,
    merging::{
        broadcast::{self, Spread},
        maximum::to_the_chosen,
    },
};
use crate::{
    kernels::{arithmetic, elementwise},
    shape::{Dims, ShapeError},
};

layer! {
    /// Minimum of two tensors or more, element by element.
    ///
    /// In a listing also `minimum(x, y)`. As [Keras' `Minimum`](https://keras.io/api/layers/merging_layers/minimum/). Where inputs are equal, the gradient goes to the first
    /// of them.
    ///
    /// # Shapes
    /// Inputs of one shape, which the output has too; unlike ones are repeated along the axes of length 1 and those that are
    /// missing in front: `(4, 3)` and `(3,)` make `(4, 3)`. The batch stands apart. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Smallest(a: Input(3), b: Input(3)) { Minimum()([a, b]) } }
    /// assert_eq!(Smallest::new().predict_one(&[1.0, 5.0, -2.0], &[4.0, 2.0, -3.0]), [1.0, 2.0, -3.0]);
    /// ```
    ///
    /// Without a model:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Minimum::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 5.0], &[3.0, 4.0]])?, [1.0, 4.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Minimum {}
    inputs: several;
}

impl Minimum {
    /// The shape rule.
    ///
    /// # Errors
    /// With fewer than two inputs, or of shapes that do not go together.
    ///
    /// ```
    /// use keras::{layers::Minimum, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Minimum::layer().build(&[vector, vector])?.output(), vector);
    /// assert!(Minimum::layer().build(&[vector, Dims::new(&[2])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match broadcast::build(inputs) {
            Ok(built) => built.backward_reads_input().backward_reads_output().ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Minimum {
    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let mut inputs = pass.inputs.iter().zip(pass.input_dims);
        let Some((first, dims)) = inputs.next() else { return };
        let first = Spread::new(pass.batch, *dims, output_dims).repeat(first, pass.scratch.per_sample);
        elementwise::copy(first, output);
        for (input, dims) in inputs {
            let input = Spread::new(pass.batch, *dims, output_dims).repeat(input, pass.scratch.per_sample);
            arithmetic::smaller(output, input);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        to_the_chosen(pass);
    }
}
