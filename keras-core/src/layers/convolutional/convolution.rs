//! Convolutions along any number of axes: what the layers of one, two and three have in common.

use crate::{
    activations::Activation,
    constraints::Constraint,
    initializers::Initializer,
    kernels::{convolution, elementwise, geometry::Geometry},
    layers::{
        Backward, Built, Forward, Layer, Weight, fused,
        windows::{Windows, output},
    },
    regularizers::Regularizer,
    shape::{Dims, ShapeError},
};

/// A convolution along N axes.
#[derive(Clone, Copy)]
pub(super) struct Convolution<const N: usize> {
    pub windows: Windows<N>,
    pub filters: usize,
    pub groups: usize,
    pub activation: Activation,
    pub kernel: Parameters,
    /// `None` without a bias.
    pub bias: Option<Parameters>,
    pub activity_regularizer: Regularizer,
}

/// What is said of a weight besides its dimensions.
#[derive(Clone, Copy)]
pub(super) struct Parameters {
    pub initializer: Initializer,
    pub regularizer: Regularizer,
    pub constraint: Constraint,
}

impl Parameters {
    const fn weight(self, name: &'static str, dims: Dims) -> Weight {
        Weight::new(name, dims, self.initializer).regularizer(self.regularizer).constraint(self.constraint)
    }
}

impl<const N: usize> Convolution<N> {
    /// The shape rule.
    ///
    /// # Errors
    /// If the input has other axes, a window does not fit it, or the groups do not divide channels and filters.
    pub(super) const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let axes = match self.windows.axes(input) {
            Ok(axes) => axes,
            Err(error) => return Err(error),
        };
        if self.filters == 0 {
            return Err(ShapeError::new("it needs at least 1 filter; filters = 0 was given"));
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
        let geometry = Geometry::convolution(&axes, channels, self.filters, self.groups);
        let kernel = Dims::new(&self.windows.size).append(channels / self.groups).append(self.filters);
        let macs = (output(&axes, 1).size() as u64).saturating_mul(kernel.size() as u64);
        let mut built = Built::new(output(&axes, self.filters))
            .weight(self.kernel.weight("kernel", kernel))
            .macs(macs)
            .backward_scratch(0, convolution::backward_kernel_scratch(&geometry))
            .backward_reads_input();
        if let Some(bias) = self.bias {
            built = built.weight(bias.weight("bias", Dims::new(&[self.filters])));
        }
        let built = fused::build(built, self.activation)
            .applies_epilogue(self.activation)
            .activity_regularizer(self.activity_regularizer)
            .ok();
        self.windows.checked(built, &geometry)
    }

    /// What `build` has checked.
    fn geometry(&self, input: Dims) -> Option<Geometry> {
        let axes = self.windows.axes(input).ok()?;
        Some(Geometry::convolution(&axes, input.last(), self.filters, self.groups))
    }
}

impl<const N: usize> Layer for Convolution<N> {
    const FUSES: bool = true;

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims], [kernel, bias]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.padded());
        let Some(geometry) = self.geometry(dims) else { return };
        let epilogue = pass.epilogue.with_bias(bias, self.activation);
        fused::forward(epilogue, self.filters, output, pass.saved.per_sample, |epilogue, output| {
            convolution::forward(&geometry, pass.batch, input, kernel, epilogue, output);
        });
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [gradient]) = (pass.outputs.array(), pass.output_gradients.array());
        let ([input], [dims], [kernel, _]) = (pass.inputs.array(), pass.input_dims.array(), pass.weights.padded());
        let Some(geometry) = self.geometry(dims) else { return };
        fused::backward(self.activation, self.filters, pass.saved.per_sample, output, gradient, pass.from_logits);
        if let Some(weight_gradients) = pass.weight_gradients {
            let [to_kernel, to_bias] = weight_gradients.padded();
            let (batch, scratch) = (pass.batch, pass.scratch.fixed);
            convolution::backward_kernel(&geometry, batch, input, gradient, to_kernel, pass.accumulate, scratch);
            if self.bias.is_some() {
                elementwise::column_sums(gradient, to_bias, pass.accumulate);
            }
        }
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            convolution::backward_input(&geometry, pass.batch, gradient, kernel, input_gradient);
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use proptest::{
        array::{uniform2, uniform3},
        prelude::*,
    };

    use super::*;
    use crate::{
        kernels::{
            matmul::tests::noise,
            properties::{convolutions::products, immense_or_small as number},
        },
        layers::{Padding, windows::Of},
    };

    const PLAIN: Parameters = Parameters {
        initializer: Initializer::GLOROT_UNIFORM,
        regularizer: Regularizer::None,
        constraint: Constraint::NONE,
    };

    fn layer<const N: usize>(windows: Windows<N>, filters: usize, groups: usize) -> Convolution<N> {
        Convolution {
            windows,
            filters,
            groups,
            activation: Activation::Linear,
            kernel: PLAIN,
            bias: Some(PLAIN),
            activity_regularizer: Regularizer::None,
        }
    }

    /// A convolution along N axes, of `(channels, filters, groups)`, as a layer by itself beside its definition.
    fn check<const N: usize>(
        windows: Windows<N>,
        lengths: [usize; N],
        (channels, filters, groups): (usize, usize, usize),
        batch: usize,
    ) {
        let layer = layer(windows, filters, groups);
        let dims = Dims::new(&lengths).append(channels);
        let built = layer.build(dims).unwrap();
        let geometry = layer.geometry(dims).unwrap();
        assert_eq!(built.output().size(), geometry.output_len());
        let mut alone = crate::layers::Standalone::new(layer, built, &[dims], 7).unwrap();
        let (input, gradient) = (noise(batch * dims.size(), 1), noise(batch * geometry.output_len(), 2));
        let (kernel, bias) = (alone.weight("kernel").unwrap().to_vec(), noise(filters, 3));
        let weights = kernel.len();
        alone.weights_mut()[weights..].copy_from_slice(&bias);
        let mut output: Vec<f64> = (0..gradient.len()).map(|at| f64::from(bias[at % filters])).collect();
        let (mut to_input, mut to_weights) = (vec![0.0; input.len()], vec![0.0; weights + filters]);
        for (x, w, y) in products(&geometry, batch) {
            output[y] += f64::from(input[x]) * f64::from(kernel[w]);
            to_input[x] += f64::from(gradient[y]) * f64::from(kernel[w]);
            to_weights[w] += f64::from(gradient[y]) * f64::from(input[x]);
        }
        gradient.iter().enumerate().for_each(|(at, value)| to_weights[weights + at % filters] += f64::from(*value));
        let close = |found: &[f32], expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert!((f64::from(*found) - expected).abs() < 5e-5 * (1.0 + expected.abs()), "{geometry:?}");
            }
        };
        close(&alone.forward(&[&input]).unwrap(), &output);
        let gradients = alone.backward(&gradient).unwrap();
        close(&gradients.inputs[0], &to_input);
        close(&gradients.weights, &to_weights);
    }

    fn kernel<const N: usize>(size: [usize; N], strides: [usize; N], dilation: [usize; N], same: bool) -> Windows<N> {
        let padding = if same { Padding::Same } else { Padding::Valid };
        Windows { of: Of::Kernel, size, strides, dilation, padding }
    }

    #[test]
    fn along_one_axis() {
        for same in [false, true] {
            check(kernel([3], [1], [1], same), [17], (3, 5, 1), 3);
            check(kernel([2], [3], [1], same), [11], (4, 6, 2), 1);
            check(kernel([3], [1], [2], same), [9], (1, 7, 1), 2);
            check(kernel([3], [2], [1], same), [13], (5, 5, 5), 2);
            check(kernel([1], [4], [1], same), [1], (2, 3, 1), 1);
        }
        check(kernel([4], [5], [1], true), [1], (2, 3, 1), 1);
    }

    #[test]
    fn along_two_axes() {
        for same in [false, true] {
            check(kernel([3, 3], [1, 1], [1, 1], same), [13, 11], (16, 17, 1), 2);
            check(kernel([2, 3], [3, 1], [1, 2], same), [7, 9], (4, 6, 2), 1);
        }
    }

    #[test]
    fn along_three_axes() {
        for same in [false, true] {
            check(kernel([3, 3, 3], [1, 1, 1], [1, 1, 1], same), [5, 7, 9], (3, 5, 1), 2);
            check(kernel([2, 3, 1], [3, 2, 4], [1, 1, 1], same), [7, 5, 9], (4, 6, 2), 1);
            check(kernel([2, 1, 3], [1, 1, 1], [3, 2, 2], same), [5, 3, 7], (1, 7, 1), 2);
            check(kernel([3, 2, 2], [2, 1, 1], [1, 1, 2], same), [5, 3, 5], (5, 5, 5), 2);
            check(kernel([1, 3, 3], [1, 1, 1], [1, 1, 1], same), [3, 5, 5], (2, 3, 1), 1);
            check(kernel([1, 1, 1], [2, 3, 4], [1, 1, 1], same), [1, 1, 1], (2, 3, 1), 1);
        }
        check(kernel([3, 4, 2], [5, 4, 3], [1, 1, 1], true), [1, 1, 1], (2, 3, 1), 1);
    }

    #[test]
    fn strides_and_dilations_without_effect_may_be_immense() {
        const IMMENSE: usize = 1 << (usize::BITS - 24);
        for same in [false, true] {
            check(kernel([1, 1], [IMMENSE, IMMENSE], [1, 1], same), [4, 4], (1, 1, 1), 1);
            check(kernel([1, 1], [1, 1], [IMMENSE, usize::MAX], same), [4, 3], (2, 3, 1), 2);
            check(kernel([3, 1], [usize::MAX, 2], [1, IMMENSE], same), [4, 5], (4, 6, 2), 2);
            check(kernel([2, 1, 3], [IMMENSE; 3], [1, IMMENSE, 1], same), [2, 5, 4], (5, 5, 5), 1);
        }
    }

    #[test]
    fn what_kernels_cannot_compute_is_refused() {
        let refused =
            |convolution: Convolution<2>, input: &[usize]| convolution.build(Dims::new(input)).unwrap_err().to_string();
        assert_eq!(
            refused(layer(kernel([3, 3], [1, 1], [1 << (usize::BITS - 3), 1], true), 2, 1), &[4, 4, 1]),
            "its kernel_size (3, 3), its dilation_rate (4294967295 or more, 1) or its 2 filters are too large for its \
             input; make them smaller"
        );
        // What it needs besides is not more than there may be: one float of output to a channel, a kernel of one to a group.
        let channels = 1 << (usize::BITS / 2 - 1);
        let grouped = layer(kernel([1, 1], [1, 1], [1, 1], false), channels, channels);
        assert!(refused(grouped, &[1, 1, channels]).contains("too large"));
    }

    proptest! {
        #[test]
        fn what_is_built_can_be_computed(
            size in uniform2(number()),
            strides in uniform2(number()),
            dilation in uniform2(number()),
            lengths in uniform3(number()),
            (filters, groups) in (number(), number()),
            same: bool,
        ) {
            let (windows, input) = (kernel(size, strides, dilation, same), Dims::new(&lengths));
            let convolution = layer(windows, filters, groups);
            if input.is_valid() && convolution.build(input).is_ok() {
                let geometry = convolution.geometry(input).unwrap();
                prop_assert!(geometry.fits(1, input.size(), geometry.output_len()), "{geometry:?}");
                prop_assert!(geometry.fits_kernel(geometry.kernel_len()), "{geometry:?}");
            }
        }
    }
}
