//! Parametric rectified linear unit as a layer.

use crate::layers::{Backward, Built, Forward, Layer, Masks, Weight};
use crate::{
    constraints::Constraint,
    initializers::Initializer,
    kernels::strided::Strided,
    regularizers::Regularizer,
    shape::{Axes, Dims, MAX_RANK, ShapeError},
    weights,
};

/// Parametric rectified linear unit: `x` where positive, `alpha · x` elsewhere; alpha is learnt.
///
/// In a listing, as [Keras' `PReLU`](https://keras.io/api/layers/activation_layers/prelu/);
/// [He et al. 2015](https://arxiv.org/abs/1502.01852):
///
/// ```text
/// PReLU(alpha_initializer = "zeros", alpha_regularizer = None, alpha_constraint = None, shared_axes = None)
/// ```
///
/// # Shapes
/// The output has the input's shape; the weight `alpha` too, but for the shared axes, which have length 1.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(8, 8, 3), PReLU(shared_axes = (1, 2)) } } // one alpha for each channel
/// assert_eq!(Net::new().p_re_lu().alpha().shape(), [1, 1, 3]);
///
/// sequential! { struct Slopes { Input(2), PReLU(alpha_initializer = Initializer::constant(0.5)) } }
/// assert_eq!(Slopes::new().predict_one(&[-4.0, 4.0]), [-2.0, 4.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PReLU {
    alpha_initializer: Initializer,
    alpha_regularizer: Regularizer,
    alpha_constraint: Constraint,
    shared_axes: Axes,
}

impl PReLU {
    /// An alpha for each element of a sample, at first 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(PReLU::layer(), [2], 7)?;
    /// alone.weights_mut().copy_from_slice(&[0.5, 0.25]);
    /// assert_eq!(alone.call(&[&[-2.0, -2.0]])?, [-1.0, -0.5]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer() -> Self {
        Self {
            alpha_initializer: Initializer::Zeros,
            alpha_regularizer: Regularizer::None,
            alpha_constraint: Constraint::NONE,
            shared_axes: Axes::new(&[]),
        }
    }

    /// Alpha's first values (zeros).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), PReLU(alpha_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[-3.0]), [-3.0]);
    /// ```
    pub const fn alpha_initializer(mut self, initializer: Initializer) -> Self {
        self.alpha_initializer = initializer;
        self
    }

    /// What alpha's size costs (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), PReLU(alpha_initializer = "ones", alpha_regularizer = Regularizer::l2(0.5)) } }
    ///
    /// let x = Tensor::from([[1.0, 2.0]]);
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &x, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.5 * (1.0 + 1.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn alpha_regularizer(mut self, regularizer: Regularizer) -> Self {
        self.alpha_regularizer = regularizer;
        self
    }

    /// What alpha is turned into after each step of training (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), PReLU(alpha_constraint = "non_neg") } }
    ///
    /// let (x, y) = (Tensor::from([[-1.0]]), Tensor::from([[9.0]]));
    /// let mut net = Net::new();
    /// net.compile(SGD::new(1.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert_eq!(net.p_re_lu().alpha()[[0]], 0.0); // the step alone would lead to -18
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn alpha_constraint(mut self, constraint: Constraint) -> Self {
        self.alpha_constraint = constraint;
        self
    }

    /// The axes along which alpha is the same (none), from 1 on: the batch is axis 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4, 3), PReLU(shared_axes = 1) } }
    /// assert_eq!(Net::PARAMETERS, 3);
    /// ```
    pub const fn shared_axes(mut self, axes: &[isize]) -> Self {
        self.shared_axes = Axes::new(axes);
        self
    }

    /// The shape rule.
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
        // A negative axis is refused: Keras takes it for the one before it.
        let alpha = match self.shared_axes.chosen(input) {
            Some(shared) if !self.shared_axes.any_negative() => shared.reduced(),
            _ => {
                return Err(ShapeError::new(
                    "its shared axes must be axes of its input {a}, from 1 to {0} (0 is the batch), each once",
                )
                .dims(input)
                .number(input.rank()));
            }
        };
        let size = input.size();
        let weight = Weight::new("alpha", alpha, self.alpha_initializer)
            .regularizer(self.alpha_regularizer)
            .constraint(self.alpha_constraint);
        // In both passes alpha is spread over a sample; its gradient, too, is at first that of a sample's elements.
        Built::new(input)
            .masks(Masks::Passed)
            .weight(weight)
            .scratch(0, size)
            .backward_scratch(0, size.saturating_mul(2))
            .macs(size as u64)
            .backward_reads_input()
            .ok()
    }

    /// Alpha, seen as one for each element of a sample.
    fn spread(&self, input: Dims) -> Option<Strided<MAX_RANK>> {
        Some(self.shared_axes.chosen(input)?.others().spread())
    }
}

impl Layer for PReLU {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims], [alpha]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.array());
        let (size, spread) = (dims.size().max(1), pass.scratch.fixed);
        let Some(axes) = self.spread(dims) else { return };
        axes.gather(alpha, spread);
        for (output, input) in output.chunks_exact_mut(size).zip(input.chunks_exact(size)) {
            for ((to, &x), &alpha) in output.iter_mut().zip(input).zip(spread.iter()) {
                *to = if x > 0.0 { x } else { alpha * x };
            }
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([input], [dims], [alpha]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.array());
        let size = dims.size().max(1);
        let Some((spread, sums)) = pass.scratch.fixed.split_at_mut_checked(size) else { return };
        let Some(axes) = self.spread(dims) else { return };
        axes.gather(alpha, spread);
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            let samples = input_gradient.chunks_exact_mut(size).zip(output_gradient.chunks_exact(size));
            for ((to, gradient), input) in samples.zip(input.chunks_exact(size)) {
                for (((to, from), &x), alpha) in to.iter_mut().zip(gradient).zip(input).zip(spread.iter()) {
                    // As in Keras, the slope at 0 itself is 0.
                    *to = from
                        * if x > 0.0 {
                            1.0
                        } else if x < 0.0 {
                            *alpha
                        } else {
                            0.0
                        };
                }
            }
        }
        if let Some([alpha_gradient]) = pass.weight_gradients.map(|gradients| gradients.array()) {
            sums.fill(0.0);
            for (gradient, input) in output_gradient.chunks_exact(size).zip(input.chunks_exact(size)) {
                for ((sum, from), &x) in sums.iter_mut().zip(gradient).zip(input) {
                    *sum += if x < 0.0 { from * x } else { 0.0 };
                }
            }
            if !pass.accumulate {
                alpha_gradient.fill(0.0);
            }
            axes.scatter_add(sums, alpha_gradient);
        }
    }
}

weights!(PReLU { alpha: IxDyn });
