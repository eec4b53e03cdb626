//! What passes through costs.

use crate::{
    layers::{Backward, Built, Forward, Layer, Masks, Reuse},
    regularizers::Regularizer,
    shape::{Dims, ShapeError},
};

layer! {
    /// Identity, with a penalty on its input: `(l1·Σ|x| + l2·Σx²) / samples` is added to the loss.
    ///
    /// As [Keras' `ActivityRegularization`](https://keras.io/api/layers/regularization_layers/activity_regularization/).
    /// `Dense` and `Conv2D` have an argument for it.
    ///
    /// # Shapes
    /// The output has the input's shape. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(2, kernel_initializer = "identity"), ActivityRegularization(l1 = 0.5) } }
    ///
    /// let x = Tensor::from([[1.0, -2.0], [3.0, 0.0]]);
    /// let (loss, gradients) = Net::new().loss_and_gradients(&x, &x, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.5 * (3.0 + 3.0) / 2.0);
    /// assert_eq!(gradients.values()[4..], [0.5, -0.25]); // by the bias: 0.5 · (1 + 1) / 2 and 0.5 · (−1 + 0) / 2
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Without a model:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(ActivityRegularization::layer().l2(0.01), [2], 7)?;
    /// assert_eq!(alone.call(&[&[3.0, -4.0]])?, [3.0, -4.0]); // the output is the input; its cost is a term of a model's loss
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct ActivityRegularization {
        /// Factor of the absolute values
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1), Dense(1, kernel_initializer = "ones"), ActivityRegularization(l1 = 2) } }
        ///
        /// let x = Tensor::from([[-3.0]]);
        /// assert_eq!(Net::new().loss_and_gradients(&x, &x, &MeanSquaredError::default())?.0, 2.0 * 3.0);
        /// # Ok::<(), keras::Error>(())
        /// ```
        l1: Float = 0.0,
        /// Factor of the squares
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1), Dense(1, kernel_initializer = "ones"), ActivityRegularization(l2 = 2) } }
        ///
        /// let x = Tensor::from([[-3.0]]);
        /// assert_eq!(Net::new().loss_and_gradients(&x, &x, &MeanSquaredError::default())?.0, 2.0 * 9.0);
        /// # Ok::<(), keras::Error>(())
        /// ```
        l2: Float = 0.0,
    }
}

impl ActivityRegularization {
    /// The shape rule: any input fits.
    ///
    /// # Errors
    /// For a negative factor.
    ///
    /// ```
    /// use keras::{layers::ActivityRegularization, shape::Dims};
    ///
    /// assert_eq!(ActivityRegularization::layer().l1(0.1).build(Dims::new(&[8, 3]))?.output(), Dims::new(&[8, 3]));
    /// assert!(ActivityRegularization::layer().l1(-0.1).build(Dims::new(&[8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input)
            .masks(Masks::Passed)
            .reuse(Reuse::Always)
            .activity_regularizer(Regularizer::l1_l2(self.l1, self.l2))
            .ok()
    }
}

impl Layer for ActivityRegularization {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        pass.copy();
    }

    fn backward(&self, pass: Backward<'_>) {
        pass.copy();
    }
}
