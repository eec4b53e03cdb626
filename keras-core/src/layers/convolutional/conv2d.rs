//! 2D convolution layer.

use crate::layers::{
    Backward, Built, Forward, Layer, Padding, Weight, fused,
    padding::{check_sizes, reach},
};
use crate::{
    activations::Activation,
    constraints::Constraint,
    initializers::Initializer,
    kernels::{
        conv2d::{self, Conv2DGeometry},
        elementwise,
    },
    regularizers::Regularizer,
    shape::{Dims, ShapeError},
    weights,
};

/// A convolution over images: each filter is a window that slides over the image and sums what is under it.
///
/// In a listing, as [Keras' `Conv2D`](https://keras.io/api/layers/convolution_layers/convolution2d/); a size is one number
/// for both ways, or a pair `(height, width)`:
///
/// ```text
/// Conv2D(filters, kernel_size, strides = 1, padding = "valid", dilation_rate = 1, groups = 1, activation = "linear",
///        use_bias = true, kernel_initializer = "glorot_uniform", bias_initializer = "zeros", kernel_regularizer = None,
///        bias_regularizer = None, activity_regularizer = None, kernel_constraint = None, bias_constraint = None)
/// ```
///
/// Windows of 3×3 that move by one go by Winograd's tiles where that is shorter (with `std`): the same sums in another order,
/// but for numbers infinite or near the largest there is, which may come out as NaN. Whether padding is multiplied is left open: it matters only for
/// weights that are infinite or NaN.
///
/// # Shapes
/// Input `(height, width, channels)`, output `(height', width', filters)`; weights `kernel`
/// `(kernel height, kernel width, channels / groups, filters)` and `bias` `(filters,)`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3, activation = "relu"), Conv2D(8, (1, 5), strides = 2) } }
///
/// let net = Net::with_seed(1);
/// assert_eq!(net.conv2d().kernel().shape(), [3, 3, 1, 32]);
/// assert_eq!(net.predict_one(&[0.5; 28 * 28]).len(), 13 * 11 * 8);
/// ```
///
/// Filters of ones, without a bias, sum what is under the window:
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Sums { Input(3, 3, 1), Conv2D(1, 2, use_bias = false, kernel_initializer = "ones") } }
///
/// let image = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
/// assert_eq!(Sums::new().predict_one(&image), [12.0, 16.0, 24.0, 28.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Conv2D {
    filters: usize,
    kernel_size: (usize, usize),
    strides: (usize, usize),
    padding: Padding,
    dilation_rate: (usize, usize),
    groups: usize,
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

impl Conv2D {
    /// So many filters of this height and width: stride 1, no padding, linear, with a bias.
    pub const fn layer(filters: usize, kernel_size: (usize, usize)) -> Self {
        Self {
            filters,
            kernel_size,
            strides: (1, 1),
            padding: Padding::Valid,
            dilation_rate: (1, 1),
            groups: 1,
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

    /// How far the window moves, down and right (1, 1).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3, strides = (2, 1)) } }
    /// assert_eq!(Net::new().predict_one(&[0.0; 28 * 28]).len(), 13 * 26 * 32);
    /// ```
    pub const fn strides(mut self, strides: (usize, usize)) -> Self {
        self.strides = strides;
        self
    }

    /// What the window does at the border (valid).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3, padding = "same") } }
    /// assert_eq!(Net::new().predict_one(&[0.0; 28 * 28]).len(), 28 * 28 * 32);
    /// ```
    pub const fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// The distance of the window's elements (1, 1).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3, dilation_rate = 2) } } // a window of 5×5, with holes
    /// assert_eq!(Net::new().predict_one(&[0.0; 28 * 28]).len(), 24 * 24 * 32);
    /// ```
    pub const fn dilation_rate(mut self, rate: (usize, usize)) -> Self {
        self.dilation_rate = rate;
        self
    }

    /// Into how many parts channels and filters fall, each filter seeing its own part only (1).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8, 8, 4), Conv2D(6, 3, groups = 2) } }
    /// assert_eq!(Net::new().conv2d().kernel().shape(), [3, 3, 2, 6]);
    /// ```
    pub const fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// What is applied to the sums (linear).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 2, 1), Conv2D(1, 1, activation = "relu", kernel_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[-1.0, 2.0, -3.0, 4.0]), [0.0, 2.0, 0.0, 4.0]);
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
    /// sequential! { struct Net { Input(8, 8, 1), Conv2D(16, 3, use_bias = false) } }
    /// assert_eq!(Net::PARAMETERS, 3 * 3 * 16);
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
    /// sequential! { struct Net { Input(2, 2, 1), Conv2D(1, 2, kernel_initializer = Initializer::constant(0.25)) } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 2.0, 3.0, 4.0]), [2.5]);
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
    /// sequential! { struct Net { Input(2, 2, 1), Conv2D(1, 2, bias_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[0.0; 4]), [1.0]);
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
    /// sequential! { struct Net { Input(2, 2, 1), Conv2D(1, 2, kernel_initializer = "ones", kernel_regularizer = "l2"), Flatten() } }
    ///
    /// let (x, y) = (Tensor::from([[[[1.0], [1.0]], [[1.0], [1.0]]]]), Tensor::from([[4.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.01 * 4.0); // the prediction is right: only the kernel costs
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
    /// sequential! { struct Net { Input(1, 1, 1), Conv2D(2, 1, bias_initializer = "ones", bias_regularizer = Regularizer::l1(0.25)), Flatten() } }
    ///
    /// let (x, y) = (Tensor::from([[[[0.0]]]]), Tensor::from([[1.0, 1.0]]));
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
    /// sequential! {
    ///     struct Net { Input(1, 2, 1), Conv2D(1, 1, kernel_initializer = "ones", activity_regularizer = Regularizer::l1(0.5)), Flatten() }
    /// }
    ///
    /// let (x, y) = (Tensor::from([[[[1.0], [2.0]]]]), Tensor::from([[1.0, 2.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.5 * (1.0 + 2.0)); // the prediction is right: only its size costs
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
    /// const SHORT: Constraint = Constraint::max_norm(0.5, &[0, 1, 2]); // the weights of each filter
    ///
    /// sequential! { struct Net { Input(3, 3, 1), Conv2D(1, 3, kernel_constraint = SHORT), Flatten() } }
    ///
    /// let (x, y) = (Tensor::from_vec(vec![1.0; 9])?, Tensor::from([[99.0]]));
    /// let mut net = Net::with_seed(1);
    /// net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!((net.conv2d().kernel().mapv(|weight| weight * weight).sum().sqrt() - 0.5).abs() < 1e-5);
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
    /// sequential! { struct Net { Input(1, 1, 1), Conv2D(1, 1, bias_constraint = "non_neg"), Flatten() } }
    ///
    /// let (x, y) = (Tensor::from([[[[0.0]]]]), Tensor::from([[-9.0]]));
    /// let mut net = Net::new();
    /// net.compile(SGD::new(1.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert_eq!(net.conv2d().bias()[0], 0.0); // the step alone would lead to -18
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn bias_constraint(mut self, constraint: Constraint) -> Self {
        self.bias_constraint = constraint;
        self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// If the input is no image, the window does not fit it, or the groups do not divide channels and filters.
    ///
    /// ```
    /// use keras::{layers::Conv2D, shape::Dims};
    ///
    /// let built = Conv2D::layer(32, (3, 3)).build(Dims::new(&[28, 28, 1]))?;
    /// assert_eq!(built.output(), Dims::new(&[26, 26, 32]));
    /// assert!(Conv2D::layer(32, (3, 3)).build(Dims::new(&[784])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if let Err(error) = image(input) {
            return Err(error);
        }
        if self.filters == 0 {
            return Err(ShapeError::new("it needs at least 1 filter; filters = 0 was given"));
        }
        if let Err(error) = check_sizes(&[
            ("its kernel_size ({0}, {1}) must be at least 1 both ways", self.kernel_size),
            ("its strides ({0}, {1}) must be at least 1 both ways", self.strides),
            ("its dilation_rate ({0}, {1}) must be at least 1 both ways", self.dilation_rate),
        ]) {
            return Err(error);
        }
        let channels = input.last();
        if self.groups == 0 || !channels.is_multiple_of(self.groups) || !self.filters.is_multiple_of(self.groups) {
            return Err(ShapeError::new(
                "groups = {0} must divide the {1} channels of its input {a} and its {2} filters",
            )
            .number(self.groups)
            .number(channels)
            .number(self.filters)
            .dims(input));
        }
        let Some(geometry) = self.geometry(input) else {
            return Err(ShapeError::new(
                "a {0}×{1} kernel with padding \"valid\" does not fit its input {a}; \
                 use padding = \"same\" or a smaller kernel",
            )
            .number(reach(self.kernel_size.0, self.dilation_rate.0))
            .number(reach(self.kernel_size.1, self.dilation_rate.1))
            .dims(input));
        };
        let kernel = Dims::new(&[self.kernel_size.0, self.kernel_size.1, channels / self.groups, self.filters]);
        let pixels = Dims::new(&[geometry.output_height, geometry.output_width]).size();
        let macs = (pixels as u64).saturating_mul(kernel.size() as u64);
        let kernel = Weight::new("kernel", kernel, self.kernel_initializer);
        let mut built = Built::new(Dims::new(&[geometry.output_height, geometry.output_width, self.filters]))
            .weight(kernel.regularizer(self.kernel_regularizer).constraint(self.kernel_constraint))
            .macs(macs)
            .backward_scratch(0, conv2d::backward_kernel_scratch(&geometry))
            .backward_reads_input();
        if self.use_bias {
            let bias = Weight::new("bias", Dims::new(&[self.filters]), self.bias_initializer);
            built = built.weight(bias.regularizer(self.bias_regularizer).constraint(self.bias_constraint));
        }
        fused::build(built, self.activation)
            .applies_epilogue(self.activation)
            .activity_regularizer(self.activity_regularizer)
            .ok()
    }

    const fn geometry(&self, input: Dims) -> Option<Conv2DGeometry> {
        let (height, width) = (input.length(0), input.length(1));
        let rows = self.padding.output(height, self.kernel_size.0, self.strides.0, self.dilation_rate.0);
        let columns = self.padding.output(width, self.kernel_size.1, self.strides.1, self.dilation_rate.1);
        let (Some((output_height, pad_top)), Some((output_width, pad_left))) = (rows, columns) else { return None };
        Some(Conv2DGeometry {
            height,
            width,
            channels: input.last(),
            kernel_height: self.kernel_size.0,
            kernel_width: self.kernel_size.1,
            filters: self.filters,
            stride_y: self.strides.0,
            stride_x: self.strides.1,
            dilation_y: self.dilation_rate.0,
            dilation_x: self.dilation_rate.1,
            groups: self.groups,
            pad_top,
            pad_left,
            output_height,
            output_width,
        })
    }
}

/// Refuses what is no image.
pub(in crate::layers) const fn image(input: Dims) -> Result<(), ShapeError> {
    if input.rank() != 3 {
        return Err(ShapeError::new(
            "it takes images (height, width, channels), but its input is {a}; \
             put Reshape((height, width, channels)) before it",
        )
        .dims(input));
    }
    Ok(())
}

impl Layer for Conv2D {
    const FUSES: bool = true;

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims], [kernel, bias]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.padded());
        let Some(geometry) = self.geometry(dims) else { return };
        let epilogue = pass.epilogue.with_bias(bias, self.activation);
        fused::forward(epilogue, self.filters, output, pass.saved.per_sample, |epilogue, output| {
            conv2d::forward(&geometry, pass.batch, input, kernel, epilogue, output);
        });
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [gradient]) = (pass.outputs.array(), pass.output_gradients.array());
        let ([input], [dims], [kernel, _]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.padded());
        let Some(geometry) = self.geometry(dims) else { return };
        fused::backward(self.activation, self.filters, pass.saved.per_sample, output, gradient, pass.from_logits);
        if let Some(weight_gradients) = pass.weight_gradients {
            let [kernel_gradient, bias_gradient] = weight_gradients.padded();
            let scratch = pass.scratch.fixed;
            conv2d::backward_kernel(&geometry, pass.batch, input, gradient, kernel_gradient, pass.accumulate, scratch);
            if self.use_bias {
                elementwise::column_sums(gradient, bias_gradient, pass.accumulate);
            }
        }
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            conv2d::backward_input(&geometry, pass.batch, gradient, kernel, input_gradient);
        }
    }
}

weights!(Conv2D { kernel: Ix4, bias: Ix1 });
