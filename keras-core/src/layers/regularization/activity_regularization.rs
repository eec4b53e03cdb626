//! Activity regularization.

use crate::{
    layers::{Backward, Built, Forward, Layer, Masks, Reuse},
    regularizers::Regularizer,
    shape::{Dims, ShapeError},
};

layer! {
    /// Adds a penalty on its input to the loss, `(l1·Σ|x| + l2·Σx²) / samples`; returns the input.
    ///
    /// See [Keras'
    /// `ActivityRegularization`](https://keras.io/api/layers/regularization_layers/activity_regularization/). `Dense`
    /// and `Conv2D` have the argument `activity_regularizer` for it.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(2, kernel_initializer = "identity"), ActivityRegularization(l1 = 0.5) } }
    ///
    /// let x = Tensor::from([[1.0, -2.0], [3.0, 0.0]]);
    /// let (loss, gradients) = Net::new().loss_and_gradients(&x, &x, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.5 * (3.0 + 3.0) / 2.0);
    /// assert_eq!(gradients.values()[4..], [0.5, -0.25]); // of the bias: 0.5 · (1 + 1) / 2 and 0.5 · (−1 + 0) / 2
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(ActivityRegularization::layer().l2(0.01), [2], 7)?;
    /// assert_eq!(alone.call(&[&[3.0, -4.0]])?, [3.0, -4.0]); // the output is the input; the penalty is added to the loss of a model
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct ActivityRegularization {
        /// L1 regularization factor
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
        /// L2 regularization factor
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
    masks: Passed;
}

impl ActivityRegularization {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If a factor is negative.
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
