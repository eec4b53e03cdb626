//! 2D convolution layer.

use super::convolution::{Convolution, Parameters};
use crate::{
    layers::{
        Backward, Built, Forward, Layer,
        windows::{Of, Windows},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// 2D convolution layer, for images: each filter computes a weighted sum of a sliding window.
    ///
    /// See [Keras' `Conv2D`](https://keras.io/api/layers/convolution_layers/convolution2d/). Sizes are an integer for
    /// both height and width, or a pair.
    ///
    /// 3×3 kernels with strides of 1 are computed by Winograd's algorithm where it is faster (with `std`): the sums are
    /// computed in a different order, and inputs that are infinite or near the largest float may give NaN. Whether
    /// padding is multiplied by the kernel is unspecified: it only matters for weights that are infinite or NaN.
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
    /// With a kernel of ones and no bias, each output is the sum of its window:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sums { Input(3, 3, 1), Conv2D(1, 2, use_bias = false, kernel_initializer = "ones") } }
    ///
    /// let image = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
    /// assert_eq!(Sums::new().predict_one(&image), [12.0, 16.0, 24.0, 28.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Conv2D::layer(1, (1, 2)).kernel_initializer(Initializer::ONES), [1, 3, 1], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 4.0]])?, [3.0, 6.0]);
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
    ///         Input(1, 1, 2),
    ///         Conv2D(
    ///             2,
    ///             1,
    ///             kernel_initializer = Initializer::constant(0.5),
    ///             bias_initializer = "ones",
    ///             kernel_regularizer = Regularizer::l2(0.1),
    ///             bias_regularizer = Regularizer::l1(0.25),
    ///             activity_regularizer = Regularizer::l1(0.5),
    ///             kernel_constraint = "non_neg",
    ///             bias_constraint = Constraint::max_norm(0.5, &[0]),
    ///         ),
    ///         Flatten(),
    ///     }
    /// }
    ///
    /// let mut net = Net::new();
    /// let (x, y) = (Tensor::from([[[[1.0, 1.0]]]]), Tensor::from([[2.0, 2.0]]));
    /// let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// // The predictions are right: the loss is what the regularizers add.
    /// assert!((loss - (0.1 * 4.0 * 0.25 + 0.25 * 2.0 + 0.5 * 4.0)).abs() < 1e-5);
    /// net.compile(SGD::new(10.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!(net.conv2d().kernel().iter().all(|&weight| weight == 0.0)); // the unconstrained step would be negative
    /// assert!(net.conv2d().bias().iter().map(|bias| bias * bias).sum::<f32>().sqrt() < 0.5 + 1e-5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Conv2D {
        /// Number of filters, the length of the last axis of the output
        filters: Integer,
        /// Height and width of the window
        kernel_size: Size,
        /// Strides, vertical and horizontal
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3, strides = (2, 1)) } }
        /// assert_eq!(Net::new().predict_one(&[0.0; 28 * 28]).len(), 13 * 26 * 32);
        /// ```
        strides: Size = (1, 1),
        /// Padding mode: `"valid"` for no padding, or `"same"`, which preserves the size for strides of 1
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3, padding = "same") } }
        /// assert_eq!(Net::new().predict_one(&[0.0; 28 * 28]).len(), 28 * 28 * 32);
        /// ```
        padding: Padding = "valid",
        unsupported data_format = None | "channels_last",
        /// Dilation rate, vertical and horizontal
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3, dilation_rate = 2) } } // a receptive field of 5×5
        /// assert_eq!(Net::new().predict_one(&[0.0; 28 * 28]).len(), 24 * 24 * 32);
        /// ```
        dilation_rate: Size = (1, 1),
        /// Number of groups that channels and filters are split into; each filter is applied to the channels of its
        /// group
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(8, 8, 4), Conv2D(6, 3, groups = 2) } }
        /// assert_eq!(Net::new().conv2d().kernel().shape(), [3, 3, 2, 6]);
        /// ```
        groups: Integer = 1,
        /// Activation function
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2, 2, 1), Conv2D(1, 1, activation = "relu", kernel_initializer = "ones") } }
        /// assert_eq!(Net::new().predict_one(&[-1.0, 2.0, -3.0, 4.0]), [0.0, 2.0, 0.0, 4.0]);
        /// ```
        activation: Activation = "linear",
        /// Whether to add a bias
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(8, 8, 1), Conv2D(16, 3, use_bias = false) } }
        /// assert_eq!(Net::PARAMETERS, 3 * 3 * 16);
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
    }
    aliases: Convolution2D;
    weights: kernel: Ix4, bias: Ix1;
}

impl Conv2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3), the kernel is larger than the input, or `groups` does not divide channels
    /// and filters.
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
        self.convolution().build(input)
    }

    const fn convolution(&self) -> Convolution<2> {
        let bias = Parameters {
            initializer: self.bias_initializer,
            regularizer: self.bias_regularizer,
            constraint: self.bias_constraint,
        };
        Convolution {
            windows: Windows {
                of: Of::Kernel,
                size: [self.kernel_size.0, self.kernel_size.1],
                strides: [self.strides.0, self.strides.1],
                dilation: [self.dilation_rate.0, self.dilation_rate.1],
                padding: self.padding,
            },
            filters: self.filters,
            groups: self.groups,
            activation: self.activation,
            kernel: Parameters {
                initializer: self.kernel_initializer,
                regularizer: self.kernel_regularizer,
                constraint: self.kernel_constraint,
            },
            bias: if self.use_bias { Some(bias) } else { None },
            activity_regularizer: self.activity_regularizer,
        }
    }
}

impl Layer for Conv2D {
    const FUSES: bool = true;

    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        self.convolution().forward(pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        self.convolution().backward(pass);
    }
}
