//! Densely connected layer.

use crate::layers::{Backward, Built, Forward, Layer, Masks, Weight, fused};
use crate::{
    activations::Activation,
    constraints::Constraint,
    initializers::Initializer,
    kernels::{
        elementwise,
        matmul::{Product, dense, matmul},
    },
    regularizers::Regularizer,
    shape::{Dims, ShapeError},
    weights,
};

/// A densely connected layer: `output = activation(input · kernel + bias)`, on the last axis.
///
/// In a listing, as [Keras' `Dense`](https://keras.io/api/layers/core_layers/dense/):
///
/// ```text
/// Dense(units, activation = "linear", use_bias = true, kernel_initializer = "glorot_uniform",
///       bias_initializer = "zeros", kernel_regularizer = None, bias_regularizer = None,
///       activity_regularizer = None, kernel_constraint = None, bias_constraint = None)
/// ```
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
#[derive(Clone, Copy, Debug)]
pub struct Dense {
    units: usize,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    kernel_regularizer: Regularizer,
    bias_regularizer: Regularizer,
    activity_regularizer: Regularizer,
    kernel_constraint: Constraint,
    bias_constraint: Constraint,
}

impl Dense {
    /// A layer of so many units: linear, with a bias.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Dense::layer(1).kernel_initializer(Initializer::ONES), [3], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])?, [6.0, 15.0]); // two samples
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer(units: usize) -> Self {
        Self {
            units,
            activation: Activation::Linear,
            use_bias: true,
            kernel_initializer: Initializer::GLOROT_UNIFORM,
            bias_initializer: Initializer::Zeros,
            kernel_regularizer: Regularizer::None,
            bias_regularizer: Regularizer::None,
            activity_regularizer: Regularizer::None,
            kernel_constraint: Constraint::NONE,
            bias_constraint: Constraint::NONE,
        }
    }

    /// What is applied to the sums (linear).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1, activation = "relu", kernel_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[1.0, -2.0]), [0.0]);
    /// ```
    pub const fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Whether a bias is added (true).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(784), Dense(10, use_bias = false) } }
    /// assert_eq!(Net::PARAMETERS, 7840);
    /// ```
    pub const fn use_bias(mut self, on: bool) -> Self {
        self.use_bias = on;
        self
    }

    /// The kernel's first values (glorot_uniform).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1, kernel_initializer = Initializer::constant(0.5)) } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 3.0]), [2.0]);
    /// ```
    pub const fn kernel_initializer(mut self, initializer: Initializer) -> Self {
        self.kernel_initializer = initializer;
        self
    }

    /// The bias' first values (zeros).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(3, bias_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[0.0, 0.0]), [1.0, 1.0, 1.0]);
    /// ```
    pub const fn bias_initializer(mut self, initializer: Initializer) -> Self {
        self.bias_initializer = initializer;
        self
    }

    /// What the kernel's size costs (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1, kernel_initializer = "ones", kernel_regularizer = Regularizer::l2(0.1)) } }
    ///
    /// let (x, y) = (Tensor::from([[1.0, 1.0]]), Tensor::from([[2.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.1 * (1.0 + 1.0)); // the prediction is right: only the kernel costs
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn kernel_regularizer(mut self, regularizer: Regularizer) -> Self {
        self.kernel_regularizer = regularizer;
        self
    }

    /// What the bias' size costs (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(2, bias_initializer = "ones", bias_regularizer = Regularizer::l1(0.25)) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0]]), Tensor::from([[1.0, 1.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.25 * (1.0 + 1.0)); // the prediction is right: only the bias costs
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn bias_regularizer(mut self, regularizer: Regularizer) -> Self {
        self.bias_regularizer = regularizer;
        self
    }

    /// What the output's size costs (nothing): a term of the loss, divided by the number of samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(2, kernel_initializer = "ones", activity_regularizer = Regularizer::l1(0.5)) } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[1.0, 1.0], [3.0, 3.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.5 * (1.0 + 1.0 + 3.0 + 3.0) / 2.0); // the prediction is right: only its size costs
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn activity_regularizer(mut self, regularizer: Regularizer) -> Self {
        self.activity_regularizer = regularizer;
        self
    }

    /// What the kernel is turned into after each step of training (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, kernel_initializer = "ones", kernel_constraint = "non_neg") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[-9.0]]));
    /// let mut net = Net::new();
    /// net.compile(SGD::new(1.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert_eq!(net.dense().kernel()[[0, 0]], 0.0); // the step alone would lead to -19
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn kernel_constraint(mut self, constraint: Constraint) -> Self {
        self.kernel_constraint = constraint;
        self
    }

    /// What the bias is turned into after each step of training (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, bias_constraint = Constraint::max_norm(0.5, &[0])) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0]]), Tensor::from([[9.0]]));
    /// let mut net = Net::new();
    /// net.compile(SGD::new(1.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!((net.dense().bias()[0] - 0.5).abs() < 1e-6); // the step alone would lead to 18
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn bias_constraint(mut self, constraint: Constraint) -> Self {
        self.bias_constraint = constraint;
        self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// For a scalar input, and for 0 units.
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
        let kernel = Weight::new("kernel", Dims::new(&[inputs, self.units]), self.kernel_initializer);
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

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [kernel, bias]) = (pass.inputs.array(), pass.weights.padded());
        let k = kernel.len() / self.units.max(1);
        let m = output.len() / self.units.max(1);
        let product = Product { m, n: self.units, k, transpose_a: false, transpose_b: false, accumulate: false };
        let epilogue = pass.epilogue.with_bias(bias, self.activation);
        fused::forward(epilogue, self.units, output, pass.saved.per_sample, |epilogue, output| {
            dense(product, input, kernel, epilogue, output);
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

weights!(Dense { kernel: Ix2, bias: Ix1 });
