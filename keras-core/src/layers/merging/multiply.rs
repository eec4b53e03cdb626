//! Elementwise products of tensors.

use crate::{
    kernels::{arithmetic, elementwise},
    layers::{
        Backward, Built, Forward, Layer,
        merging::broadcast::{self, Spread},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Elementwise product of two or more tensors.
    ///
    /// In a model also `x * y`. See [Keras' `Multiply`](https://keras.io/api/layers/merging_layers/multiply/).
    ///
    /// Masked values are multiplied like others; Keras replaces them with 1.
    ///
    /// # Shapes
    /// Inputs that can be broadcast together, as in NumPy: axes of length 1 and missing leading axes are repeated, so
    /// that `(4, 3)` and `(3,)` give `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Gate(x: Input(3)) { x * Activation("relu6")(x) } }
    /// assert_eq!(Gate::new().predict_one(&[-2.0, 3.0, 10.0]), [0.0, 9.0, 60.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Multiply::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 5.0], &[3.0, 4.0]])?, [3.0, 20.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Multiply {}
    inputs: several;
    masks: Passed;
}

impl Multiply {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// If there are fewer than two inputs, or they cannot be broadcast together.
    ///
    /// ```
    /// use keras::{layers::Multiply, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Multiply::layer().build(&[vector, vector])?.output(), vector);
    /// assert!(Multiply::layer().build(&[vector, Dims::new(&[2])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match broadcast::build(inputs) {
            Ok(built) => {
                let macs = (built.output().size() as u64).saturating_mul(inputs.len() as u64 - 1);
                built.macs(macs).backward_reads_input().ok()
            }
            Err(error) => Err(error),
        }
    }
}

impl Layer for Multiply {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        broadcast::combine(pass, arithmetic::multiply_assign);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        let (memory, repeated) = broadcast::halves(pass.scratch.per_sample);
        for (at, (input_gradient, dims)) in pass.input_gradients.into_iter().zip(pass.input_dims).enumerate() {
            let Some(input_gradient) = input_gradient else { continue };
            Spread::new(pass.batch, *dims, output_dims).sum_of(input_gradient, memory, |gradient| {
                elementwise::copy(output_gradient, gradient);
                let inputs = pass.inputs.iter().zip(pass.input_dims).enumerate();
                for (_, (input, dims)) in inputs.filter(|(other, _)| *other != at) {
                    let factors = Spread::new(pass.batch, *dims, output_dims).repeat(input, repeated);
                    arithmetic::multiply_assign(gradient, factors);
                }
            });
        }
    }
}
