//! Densely connected layer.

use crate::{
    kernels::{
        elementwise,
        matmul::{Product, dense, dense_in_panels, matmul},
        panels,
    },
    layers::{Backward, Built, Forward, Layer, Masks, Weight, fused},
    shape::{Dims, ShapeError},
};

layer! {
    /// Densely connected layer: `output = activation(input · kernel + bias)`, along the last axis.
    ///
    /// See [Keras' `Dense`](https://keras.io/api/layers/core_layers/dense/).
    ///
    /// # Shapes
    /// Input `(…, n)` of rank 1 or more, output `(…, units)`; weights `kernel` `(n, units)` and `bias` `(units,)`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(3, kernel_initializer = "ones", name = "sums") } }
    ///
    /// assert_eq!(Net::PARAMETERS, 2 * 3 + 3);
    /// let mut net = Net::new();
    /// assert_eq!(net.predict_one(&[1.0, 2.0]), [3.0, 3.0, 3.0]);
    /// net.sums_mut().bias()[0] = 0.5;
    /// assert_eq!(net.predict_one(&[1.0, 2.0]), [3.5, 3.0, 3.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Dense::layer(1).kernel_initializer(Initializer::ONES), [3], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])?, [6.0, 15.0]); // two samples
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Initializers, regularizers and constraints:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! {
    ///     struct Net {
    ///         Input(2),
    ///         Dense(
    ///             2,
    ///             kernel_initializer = Initializer::constant(0.5),
    ///             bias_initializer = "ones",
    ///             kernel_regularizer = Regularizer::l2(0.1),
    ///             bias_regularizer = Regularizer::l1(0.25),
    ///             activity_regularizer = Regularizer::l1(0.5),
    ///             kernel_constraint = "non_neg",
    ///             bias_constraint = Constraint::max_norm(0.5, &[0]),
    ///         ),
    ///     }
    /// }
    ///
    /// let mut net = Net::new();
    /// let (x, y) = (Tensor::from([[1.0, 1.0]]), Tensor::from([[2.0, 2.0]]));
    /// let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// // The predictions are right: the loss is what the regularizers add.
    /// assert!((loss - (0.1 * 4.0 * 0.25 + 0.25 * 2.0 + 0.5 * 4.0)).abs() < 1e-5);
    /// net.compile(SGD::new(10.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!(net.dense().kernel().iter().all(|&weight| weight == 0.0)); // the unconstrained step would be negative
    /// assert!(net.dense().bias().iter().map(|bias| bias * bias).sum::<f32>().sqrt() < 0.5 + 1e-5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Dense {
        /// Number of units, the length of the last axis of the output
        units: Integer,
        /// Activation function
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), Dense(1, activation = "relu", kernel_initializer = "ones") } }
        /// assert_eq!(Net::new().predict_one(&[1.0, -2.0]), [0.0]);
        /// ```
        activation: Activation = "linear",
        /// Whether to add a bias
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(784), Dense(10, use_bias = false) } }
        /// assert_eq!(Net::PARAMETERS, 7840);
        /// ```
        use_bias: Bool = true,
        /// Initializer of the kernel
        kernel_initializer: Initializer = "glorot_uniform",
        /// Initializer of the bias
        bias_initializer: Initializer = "zeros",
        /// Regularizer of the kernel
        kernel_regularizer: Regularizer = None,
        /// Regularizer of the bias
        bias_regularizer: Regularizer = None,
        /// Regularizer of the output; the penalty is divided by the number of samples
        activity_regularizer: Regularizer = None,
        /// Constraint of the kernel
        kernel_constraint: Constraint = None,
        /// Constraint of the bias
        bias_constraint: Constraint = None,
        unsupported lora_rank = None,
        unsupported lora_alpha = None,
        unsupported quantization_config = None,
    }
    masks: Passed;
    weights: kernel: Ix2, bias: Ix1;
}

impl Dense {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is a scalar, or `units` is 0.
    ///
    /// ```
    /// use keras::{layers::Dense, shape::Dims};
    ///
    /// let built = Dense::layer(10).build(Dims::new(&[784]))?;
    /// assert_eq!(built.output(), Dims::new(&[10]));
    /// assert_eq!(built.weights.trainable_size(), 7850);
    /// assert!(Dense::layer(10).build(Dims::SCALAR).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() == 0 {
            return Err(ShapeError::new(
                "it works on the last axis of its input, but its input is a scalar {a}; put Reshape(1) before it",
            )
            .dims(input));
        }
        if self.units == 0 {
            return Err(ShapeError::new("it needs at least 1 unit; units = 0 was given"));
        }
        let inputs = input.last();
        let kernel = Weight::new("kernel", Dims::new(&[inputs, self.units]), self.kernel_initializer).in_panels();
        let mut built = Built::new(input.with_last(self.units))
            .masks(Masks::Passed)
            .weight(kernel.regularizer(self.kernel_regularizer).constraint(self.kernel_constraint))
            .macs((input.size() as u64).saturating_mul(self.units as u64))
            .backward_reads_input();
        if self.use_bias {
            let bias = Weight::new("bias", Dims::new(&[self.units]), self.bias_initializer);
            built = built.weight(bias.regularizer(self.bias_regularizer).constraint(self.bias_constraint));
        }
        fused::build(built, self.activation)
            .applies_epilogue(self.activation)
            .activity_regularizer(self.activity_regularizer)
            .ok()
    }
}

impl Layer for Dense {
    const FUSES: bool = true;

    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [kernel, bias]) = (pass.inputs.array(), pass.weights.padded());
        let k = kernel.len() / self.units.max(1);
        let m = output.len() / self.units.max(1);
        let product = Product { m, n: self.units, k, transpose_a: false, transpose_b: false, accumulate: false };
        let epilogue = pass.epilogue.with_bias(bias, self.activation);
        fused::forward(epilogue, self.units, output, pass.saved.per_sample, |epilogue, output| {
            match pass.panels.get(..kernel.len()) {
                Some(panels) if m > 1 && panels::pays(k, self.units) => {
                    dense_in_panels((m, self.units, k), input, panels, epilogue, output);
                }
                _ => dense(product, input, kernel, epilogue, output),
            }
        });
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [gradient]) = (pass.outputs.array(), pass.output_gradients.array());
        let ([input], [kernel, _]) = (pass.inputs.array(), pass.weights.padded());
        fused::backward(self.activation, self.units, pass.saved.per_sample, output, gradient, pass.from_logits);
        let k = kernel.len() / self.units.max(1);
        let m = gradient.len() / self.units.max(1);
        if let Some(weight_gradients) = pass.weight_gradients {
            let [kernel_gradient, bias_gradient] = weight_gradients.padded();
            let accumulate = pass.accumulate;
            let product = Product { m: k, n: self.units, k: m, transpose_a: true, transpose_b: false, accumulate };
            matmul(product, input, gradient, kernel_gradient);
            if self.use_bias {
                elementwise::column_sums(gradient, bias_gradient, accumulate);
            }
        }
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            let product = Product { m, n: k, k: self.units, transpose_a: false, transpose_b: true, accumulate: false };
            matmul(product, gradient, kernel, input_gradient);
        }
    }
}
