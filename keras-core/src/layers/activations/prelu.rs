//! Parametric rectified linear unit as a layer.

use crate::{
    kernels::channels,
    layers::{Backward, Built, Forward, Layer, Masks, Weight},
    shape::{Axes, Dims, ShapeError, Strided},
};

layer! {
    /// Parametric rectified linear unit: `x` if positive, `alpha · x` otherwise, with trainable `alpha`.
    ///
    /// See [Keras' `PReLU`](https://keras.io/api/layers/activation_layers/prelu/); [He et al.
    /// 2015](https://arxiv.org/abs/1502.01852).
    ///
    /// # Shapes
    /// Output of the same shape as the input; the weight `alpha` has the shape of the input, with length 1 along the
    /// shared axes.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8, 8, 3), PReLU(shared_axes = (1, 2)) } } // one alpha per channel
    /// assert_eq!(Net::new().p_re_lu().alpha().shape(), [1, 1, 3]);
    ///
    /// sequential! { struct Slopes { Input(2), PReLU(alpha_initializer = Initializer::constant(0.5)) } }
    /// assert_eq!(Slopes::new().predict_one(&[-4.0, 4.0]), [-2.0, 4.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(PReLU::layer(), [2], 7)?;
    /// alone.weights_mut().copy_from_slice(&[0.5, 0.25]);
    /// assert_eq!(alone.call(&[&[-2.0, -2.0]])?, [-1.0, -0.5]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Initializer, regularizer and constraint:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! {
    ///     struct Net {
    ///         Input(2),
    ///         PReLU(
    ///             alpha_initializer = Initializer::constant(0.5),
    ///             alpha_regularizer = Regularizer::l2(0.5),
    ///             alpha_constraint = "non_neg",
    ///         ),
    ///     }
    /// }
    ///
    /// let mut net = Net::new();
    /// let (x, y) = (Tensor::from([[-4.0, 4.0]]), Tensor::from([[-2.0, 4.0]]));
    /// let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.5 * 2.0 * 0.25); // the predictions are exact: the loss is the penalty
    /// net.compile(SGD::new(10.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!(net.p_re_lu().alpha().iter().all(|&alpha| alpha == 0.0)); // the unconstrained step would be negative
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct PReLU {
        /// Initializer of alpha
        alpha_initializer: Initializer = "zeros",
        /// Regularizer of alpha
        alpha_regularizer: Regularizer = None,
        /// Constraint of alpha
        alpha_constraint: Constraint = None,
        /// Axes along which alpha is shared, counted from 1: the batch is axis 0
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(4, 3), PReLU(shared_axes = 1) } }
        /// assert_eq!(Net::PARAMETERS, 3);
        /// ```
        shared_axes: Axes = None,
    }
    masks: Passed;
    weights: alpha: IxDyn;
}

impl PReLU {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If a shared axis does not exist, or is the batch.
    ///
    /// ```
    /// use keras::{layers::PReLU, shape::Dims};
    ///
    /// let built = PReLU::layer().shared_axes(&[1, 2]).build(Dims::new(&[8, 8, 3]))?;
    /// assert_eq!(built.weights.list()[0].dims, Dims::new(&[1, 1, 3]));
    /// assert!(PReLU::layer().shared_axes(&[4]).build(Dims::new(&[8, 8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        // Negative axes are rejected: Keras interprets them with an offset of one.
        let alpha = match self.shared().chosen(input) {
            Some(shared) if !self.shared().any_negative() => shared.reduced(),
            _ => {
                return Err(ShapeError::new(
                    "its shared_axes must exist in its input {a}; use 1 to {0} (0 is the batch), each axis once",
                )
                .dims(input)
                .number(input.rank()));
            }
        };
        let size = input.size();
        let weight = Weight::new("alpha", alpha, self.alpha_initializer)
            .regularizer(self.alpha_regularizer)
            .constraint(self.alpha_constraint);
        // In both passes alpha is broadcast to a sample; its gradient is first computed for the elements of a sample.
        Built::new(input)
            .masks(Masks::Passed)
            .weight(weight)
            .scratch(0, size)
            .backward_scratch(0, size.saturating_mul(2))
            .macs(size as u64)
            .backward_reads_input()
            .ok()
    }

    const fn shared(&self) -> Axes {
        match self.shared_axes {
            Some(axes) => axes,
            None => Axes::new(&[]),
        }
    }

    /// Alpha, broadcast to the elements of a sample.
    fn spread(&self, input: Dims) -> Option<Strided> {
        Some(self.shared().chosen(input)?.others().spread())
    }
}

impl Layer for PReLU {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims], [alpha]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.array());
        let Some(spread) = pass.scratch.fixed.get_mut(..dims.size()) else { return };
        let Some(axes) = self.spread(dims) else { return };
        axes.gather(alpha, spread);
        channels::leak(spread, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([input], [dims], [alpha]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.array());
        let Some((spread, sums)) = pass.scratch.fixed.split_at_mut_checked(dims.size()) else { return };
        let Some(sums) = sums.get_mut(..dims.size()) else { return };
        let Some(axes) = self.spread(dims) else { return };
        axes.gather(alpha, spread);
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            channels::leak_backward(spread, input, output_gradient, input_gradient);
        }
        if let Some([alpha_gradient]) = pass.weight_gradients.map(|gradients| gradients.array()) {
            channels::leak_backward_slopes(input, output_gradient, sums);
            if !pass.accumulate {
                alpha_gradient.fill(0.0);
            }
            axes.scatter_add(sums, alpha_gradient);
        }
    }
}
