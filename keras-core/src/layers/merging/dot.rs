//! Dot products of tensors along an axis.

use crate::{
    kernels::{
        matmul::{Product, matmul},
        unit_vectors,
    },
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, MAX_RANK, ShapeError, Strided},
};

layer! {
    /// Dot product of two tensors along an axis of each.
    ///
    /// See [Keras' `Dot`](https://keras.io/api/layers/merging_layers/dot/). Axes are numbered as in Keras, with the
    /// batch as axis 0.
    ///
    /// # Shapes
    /// Inputs `(a, n, b)` and `(c, n, d)` give the output `(a, b, c, d)` with `axes = 2`: all axes except those of the
    /// product; two vectors give `(1,)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Product(a: Input(3), b: Input(3)) { Dot(1)([a, b]) } }
    /// assert_eq!(Product::new().predict_one(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), [4.0 + 10.0 + 18.0]);
    ///
    /// model! { struct Matrices(a: Input(2, 3), b: Input(3, 4)) { Dot((2, 1))([a, b]) } }
    /// assert_eq!(Matrices::new().predict_one(&[1.0; 6], &[2.0; 12]), [6.0; 8]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Dot::layer((1, 1)), [[3], [3]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]])?, [32.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Dot {
        /// Axis along which to compute the product: one for both inputs, or a pair
        axes: AxisPair,
        /// Whether to normalize the vectors first, so that the products are cosine similarities
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// model! { struct Cosine(a: Input(2), b: Input(2)) { Dot(1, normalize = true)([a, b]) } }
        /// let [cosine] = Cosine::new().predict_one(&[3.0, 0.0], &[5.0, 5.0]);
        /// assert!((cosine - 0.5f32.sqrt()).abs() < 1e-6);
        /// ```
        normalize: Bool = false,
    }
    inputs: several;
}

impl Dot {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// Unless there are two inputs; if an axis does not exist or is the batch axis, if the lengths along the axes
    /// differ, or if the output has more than five axes.
    ///
    /// ```
    /// use keras::{layers::Dot, shape::Dims};
    ///
    /// let (a, b) = (Dims::new(&[2, 3]), Dims::new(&[3, 4]));
    /// assert_eq!(Dot::layer((2, 1)).build(&[a, b])?.output(), Dims::new(&[2, 4]));
    /// assert!(Dot::layer((1, 1)).build(&[a, b]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        if inputs.len() != 2 {
            return Err(ShapeError::new("it takes exactly 2 inputs, but {0} are given").number(inputs.len()));
        }
        let (left, right) = (inputs[0], inputs[1]);
        let (Some(left_axis), Some(right_axis)) = (left.resolve_axis(self.axes.0), right.resolve_axis(self.axes.1))
        else {
            return Err(ShapeError::new(
                "an axis does not exist in its inputs {a} and {b}; count axes from 1 (0 is the batch), or back from -1",
            )
            .dims(left)
            .dims(right));
        };
        let length = left.length(left_axis);
        if length != right.length(right_axis) {
            return Err(ShapeError::new(
                "its inputs must have the same length along its axes, but {a} has {0} along axis {1} and {b} has {2}",
            )
            .dims(left)
            .number(length)
            .number(left_axis + 1)
            .dims(right)
            .number(right.length(right_axis)));
        }
        if left.rank() + right.rank() - 2 > MAX_RANK {
            return Err(ShapeError::new("its output for {a} and {b} has more than 5 axes").dims(left).dims(right));
        }
        let mut output = without(Dims::SCALAR, left, left_axis);
        output = without(output, right, right_axis);
        let output = if output.rank() == 0 { Dims::new(&[1]) } else { output };
        // The vectors of both inputs of a sample, and their normalization factors; in the backward pass their
        // gradients, too.
        let vectors = left.size().saturating_add(right.size());
        let Some(factors) = vectors.checked_div(length) else { return Built::new(output).ok() };
        Built::new(output)
            .scratch(0, vectors.saturating_add(factors))
            .backward_scratch(0, vectors.saturating_mul(2).saturating_add(factors))
            .macs((output.size() as u64).saturating_mul(length as u64))
            .backward_reads_input()
            .ok()
    }
}

/// The axes of `dims` except one, appended to those of `output`.
const fn without(mut output: Dims, dims: Dims, axis: usize) -> Dims {
    let mut at = 0;
    while at < dims.rank() {
        if at != axis {
            output = output.append(dims.length(at));
        }
        at += 1;
    }
    output
}

/// One of the two inputs: each sample consists of vectors.
struct Side {
    /// A view of a sample with the axis of the product last.
    axes: Strided,
    count: usize,
    length: usize,
}

impl Side {
    fn new(axis: isize, dims: Dims) -> Self {
        let axis = dims.resolve_axis(axis).unwrap_or_default();
        let (outer, length, inner) = (dims.before(axis).size(), dims.length(axis), dims.after(axis).size());
        let axes = Strided::new([outer, inner, length], [length * inner, 1, inner]);
        Self { axes, count: outer * inner, length: length.max(1) }
    }

    fn size(&self) -> usize {
        self.count * self.length
    }

    /// Copies the vectors of a sample into contiguous memory, and optionally normalizes them by a factor each.
    fn lay_out(&self, normalize: bool, sample: &[f32], vectors: &mut [f32], factors: &mut [f32]) {
        self.axes.gather(sample, vectors);
        if normalize {
            unit_vectors::normalize(self.length, vectors, factors);
        }
    }

    /// Converts the gradients of the copied vectors to those of the original ones, and accumulates them.
    fn add_gradients(
        &self,
        normalize: bool,
        vectors: &[f32],
        factors: &[f32],
        gradients: &mut [f32],
        sample: &mut [f32],
    ) {
        if normalize {
            unit_vectors::normalize_backward(self.length, vectors, factors, gradients);
        }
        self.axes.scatter_add(gradients, sample);
    }
}

impl Layer for Dot {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([left_input, right_input], [left_dims, right_dims]) = (pass.inputs.array(), pass.input_dims.array());
        let (left, right) = (Side::new(self.axes.0, left_dims), Side::new(self.axes.1, right_dims));
        let Some((a, rest)) = pass.scratch.fixed.split_at_mut_checked(left.size()) else { return };
        let Some((b, factors)) = rest.split_at_mut_checked(right.size()) else { return };
        let (m, n) = (left.count, right.count);
        let product = Product { m, n, k: left.length, transpose_a: false, transpose_b: true, accumulate: false };
        let samples = left_input.chunks_exact(left.size().max(1)).zip(right_input.chunks_exact(right.size().max(1)));
        for ((left_sample, right_sample), output) in samples.zip(output.chunks_exact_mut((m * n).max(1))) {
            left.lay_out(self.normalize, left_sample, a, factors);
            right.lay_out(self.normalize, right_sample, b, factors);
            matmul(product, a, b, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([left_input, right_input], [left_dims, right_dims]) = (pass.inputs.array(), pass.input_dims.array());
        // The slice of a gradient that is not needed is empty.
        let [left_gradient, right_gradient] = pass.input_gradients.array().map(Option::unwrap_or_default);
        let (left, right) = (Side::new(self.axes.0, left_dims), Side::new(self.axes.1, right_dims));
        let (left_size, right_size) = (left.size(), right.size());
        let Some((a, rest)) = pass.scratch.fixed.split_at_mut_checked(left_size) else { return };
        let Some((b, rest)) = rest.split_at_mut_checked(right_size) else { return };
        let Some((a_gradients, rest)) = rest.split_at_mut_checked(left_size) else { return };
        let Some((b_gradients, factors)) = rest.split_at_mut_checked(right_size) else { return };
        let Some((a_factors, b_factors)) = factors.split_at_mut_checked(left.count) else { return };
        let (m, n, length) = (left.count, right.count, left.length);
        let of_left = Product { m, n: length, k: n, transpose_a: false, transpose_b: false, accumulate: false };
        let of_right = Product { m: n, n: length, k: m, transpose_a: true, transpose_b: false, accumulate: false };
        left_gradient.fill(0.0);
        right_gradient.fill(0.0);
        // A gradient that is not needed has no samples.
        let mut left_gradients = left_gradient.chunks_exact_mut(left_size.max(1));
        let mut right_gradients = right_gradient.chunks_exact_mut(right_size.max(1));
        let samples = left_input.chunks_exact(left_size.max(1)).zip(right_input.chunks_exact(right_size.max(1)));
        for ((left_sample, right_sample), gradient) in samples.zip(output_gradient.chunks_exact((m * n).max(1))) {
            left.lay_out(self.normalize, left_sample, a, a_factors);
            right.lay_out(self.normalize, right_sample, b, b_factors);
            if let Some(into) = left_gradients.next() {
                matmul(of_left, gradient, b, a_gradients);
                left.add_gradients(self.normalize, a, a_factors, a_gradients, into);
            }
            if let Some(into) = right_gradients.next() {
                matmul(of_right, gradient, a, b_gradients);
                right.add_gradients(self.normalize, b, b_factors, b_gradients, into);
            }
        }
    }
}
