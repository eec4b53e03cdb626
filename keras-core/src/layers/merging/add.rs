//! Sums of tensors.

use crate::{
    kernels::elementwise,
    layers::{
        Backward, Built, Forward, Layer,
        merging::broadcast::{self, Spread},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Elementwise sum of two or more tensors.
    ///
    /// In a model also `x + y`. See [Keras' `Add`](https://keras.io/api/layers/merging_layers/add/).
    ///
    /// # Shapes
    /// Inputs that can be broadcast together, as in NumPy: axes of length 1 and missing leading axes are repeated, so
    /// that `(4, 3)` and `(3,)` give `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Sum(a: Input(2), b: Input(2), c: Input(2)) { Add()([a, b, c]) } }
    /// assert_eq!(Sum::new().predict_one(&[1.0, 2.0], &[10.0, 20.0], &[100.0, 200.0]), [111.0, 222.0]);
    ///
    /// model! { struct Skip(x: Input(4)) { x + Dense(4, kernel_initializer = "zeros")(x) } }
    /// assert_eq!(Skip::new().predict_one(&[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0, 4.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Add::layer(), [[2], [2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0], &[10.0, 20.0], &[100.0, 200.0]])?, [111.0, 222.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Add {}
    inputs: several;
    masks: Passed;
}

impl Add {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// If there are fewer than two inputs, or they cannot be broadcast together.
    ///
    /// ```
    /// use keras::{layers::Add, shape::Dims};
    ///
    /// let (image, wide) = (Dims::new(&[8, 8, 3]), Dims::new(&[8, 9, 3]));
    /// assert_eq!(Add::layer().build(&[image, image])?.output(), image);
    /// assert!(Add::layer().build(&[image, wide]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match broadcast::build(inputs) {
            Ok(built) => built.ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Add {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        broadcast::combine(pass, elementwise::add_assign);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        for (input_gradient, dims) in pass.input_gradients.into_iter().zip(pass.input_dims) {
            let Some(input_gradient) = input_gradient else { continue };
            Spread::new(pass.batch, *dims, output_dims).sum(output_gradient, input_gradient);
        }
    }
}
