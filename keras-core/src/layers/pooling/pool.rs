//! Pools along any number of axes: what the layers of one, two and three have in common.

use crate::{
    kernels::{geometry::Geometry, pooling},
    layers::{
        Backward, Built, Forward, Layer, Padding,
        windows::{Of, Windows, output},
    },
    shape::{Dims, ShapeError},
};

/// The windows of a pool; `None` for strides of their size.
pub(super) const fn windows<const N: usize>(
    size: [usize; N],
    strides: Option<[usize; N]>,
    padding: Padding,
) -> Windows<N> {
    let strides = match strides {
        Some(strides) => strides,
        None => size,
    };
    Windows { of: Of::Pool, size, strides, dilation: [1; N], padding }
}

/// The shape rule: of a layer for this output and this geometry.
const fn build<const N: usize>(windows: &Windows<N>, input: Dims) -> Result<(Built, Geometry), ShapeError> {
    match windows.axes(input) {
        Ok(axes) => Ok((Built::new(output(&axes, input.last())), Geometry::pool(&axes, input.last()))),
        Err(error) => Err(error),
    }
}

fn geometry<const N: usize>(windows: &Windows<N>, input: Dims) -> Option<Geometry> {
    Some(Geometry::pool(&windows.axes(input).ok()?, input.last()))
}

/// The largest value of each window.
#[derive(Clone, Copy)]
pub(super) struct MaxPool<const N: usize>(pub Windows<N>);

impl<const N: usize> MaxPool<N> {
    pub(super) const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        match build(&self.0, input) {
            Ok((built, geometry)) => {
                self.0.checked(built.backward_reads_input().backward_reads_output().ok(), &geometry)
            }
            Err(error) => Err(error),
        }
    }
}

impl<const N: usize> Layer for MaxPool<N> {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [dims], [output]) = (pass.inputs.array(), pass.input_dims.array(), pass.outputs.array());
        if let Some(geometry) = geometry(&self.0, dims) {
            pooling::max_forward(&geometry, pass.batch, input, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient]) = (pass.outputs.array(), pass.output_gradients.array());
        let ([input], [dims], [Some(input_gradient)]) =
            (pass.inputs.array(), pass.input_dims.array(), pass.input_gradients.array())
        else {
            return;
        };
        if let Some(geometry) = geometry(&self.0, dims)
            && !input_gradient.is_empty()
        {
            pooling::max_backward(&geometry, pass.batch, input, output, output_gradient, input_gradient);
        }
    }
}

/// The mean of each window.
#[derive(Clone, Copy)]
pub(super) struct AveragePool<const N: usize>(pub Windows<N>);

impl<const N: usize> AveragePool<N> {
    pub(super) const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        match build(&self.0, input) {
            Ok((built, geometry)) => self.0.checked(built.ok(), &geometry),
            Err(error) => Err(error),
        }
    }
}

impl<const N: usize> Layer for AveragePool<N> {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [dims], [output]) = (pass.inputs.array(), pass.input_dims.array(), pass.outputs.array());
        if let Some(geometry) = geometry(&self.0, dims) {
            pooling::average_forward(&geometry, pass.batch, input, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        if let Some(geometry) = geometry(&self.0, dims)
            && !input_gradient.is_empty()
        {
            pooling::average_backward(&geometry, pass.batch, output_gradient, input_gradient);
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use proptest::{
        array::{uniform2, uniform3},
        option,
        prelude::*,
        sample::select,
    };

    use super::*;
    use crate::{
        kernels::{
            matmul::tests::noise,
            properties::{immense_or_small as number, pools},
        },
        layers::Standalone,
    };

    /// Pools along N axes, as layers by themselves beside their definition.
    fn check<const N: usize>(windows: Windows<N>, lengths: [usize; N], channels: usize, batch: usize) {
        let dims = Dims::new(&lengths).append(channels);
        let geometry = geometry(&windows, dims).unwrap();
        let (input, gradient) = (noise(batch * dims.size(), 1), noise(batch * geometry.output_len(), 2));
        let (mut maxima, mut means) = (Vec::new(), Vec::new());
        let (mut to_maxima, mut to_all) = (vec![0.0; input.len()], vec![0.0; input.len()]);
        for (window, gradient) in pools::windows(&geometry, batch).iter().zip(&gradient) {
            let highest = window.iter().copied().max_by(|a, b| input[*a].total_cmp(&input[*b])).unwrap();
            maxima.push(f64::from(input[highest]));
            to_maxima[highest] += f64::from(*gradient);
            let count = window.len() as f64;
            means.push(window.iter().map(|at| f64::from(input[*at])).sum::<f64>() / count);
            window.iter().for_each(|at| to_all[*at] += f64::from(*gradient) / count);
        }
        let (max, average) = (MaxPool(windows), AveragePool(windows));
        let max = Standalone::new(max, max.build(dims).unwrap(), &[dims], 7).unwrap();
        let average = Standalone::new(average, average.build(dims).unwrap(), &[dims], 7).unwrap();
        run(max, [&input, &gradient], &maxima, &to_maxima);
        run(average, [&input, &gradient], &means, &to_all);
    }

    fn run<L: Layer>(mut alone: Standalone<L>, [input, gradient]: [&[f32]; 2], output: &[f64], to_input: &[f64]) {
        let close = |found: &[f32], expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(expected).all(|(found, expected)| (f64::from(*found) - expected).abs() < 1e-5));
        };
        close(&alone.forward(&[input]).unwrap(), output);
        close(&alone.backward(gradient).unwrap().inputs[0], to_input);
    }

    #[test]
    fn along_one_axis_two_and_three() {
        for padding in [Padding::Valid, Padding::Same] {
            check(windows([3], None, padding), [17], 3, 3);
            check(windows([2], Some([3]), padding), [11], 19, 1);
            check(windows([1], None, padding), [1], 2, 1);
            check(windows([3, 2], Some([1, 2]), padding), [7, 9], 5, 2);
            check(windows([2, 3, 2], None, padding), [5, 7, 9], 17, 2);
            check(windows([2, 1, 3], Some([3, 2, 1]), padding), [7, 5, 3], 3, 1);
            check(windows([1, 2, 2], None, padding), [3, 5, 4], 8, 2);
            check(windows([1, 1, 1], Some([2, 3, 4]), padding), [1, 1, 1], 2, 1);
        }
        check(windows([3, 4, 2], Some([5, 4, 3]), Padding::Same), [1, 1, 1], 2, 1);
    }

    #[test]
    fn strides_without_effect_may_be_immense() {
        const IMMENSE: usize = 1 << (usize::BITS - 24);
        for padding in [Padding::Valid, Padding::Same] {
            check(windows([2, 2], Some([IMMENSE, usize::MAX]), padding), [4, 4], 1, 1);
            check(windows([2, 1, 3], Some([IMMENSE, 2, 3]), padding), [5, 4, 6], 17, 2);
        }
    }

    #[test]
    fn what_kernels_cannot_compute_is_refused() {
        let immense = windows([1 << (usize::BITS - 3), 2], None, Padding::Same);
        let input = Dims::new(&[4, 4, 1]);
        let words = "its pool_size (4294967295 or more, 2) or its strides (4294967295 or more, 2) are too large for \
                     its input; make them smaller";
        assert_eq!(MaxPool(immense).build(input).unwrap_err().to_string(), words);
        assert_eq!(AveragePool(immense).build(input).unwrap_err().to_string(), words);
    }

    proptest! {
        #[test]
        fn what_is_built_can_be_computed(
            size in uniform2(number()),
            strides in option::of(uniform2(number())),
            lengths in uniform3(number()),
            padding in select(vec![Padding::Valid, Padding::Same]),
        ) {
            let (windows, input) = (windows(size, strides, padding), Dims::new(&lengths));
            if input.is_valid() && MaxPool(windows).build(input).is_ok() {
                let geometry = geometry(&windows, input).unwrap();
                prop_assert!(pooling::fits(&geometry, 1, input.size(), geometry.output_len()), "{geometry:?}");
            }
            prop_assert_eq!(MaxPool(windows).build(input).is_ok(), AveragePool(windows).build(input).is_ok());
        }
    }
}
