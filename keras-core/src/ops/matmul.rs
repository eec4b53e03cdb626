//! Matrix products.

use core::ops::Range;

use crate::{
    kernels::matmul::{Product, matmul},
    layers::{
        Backward, Built, Forward, Layer,
        merging::broadcast::{broadcast, place},
    },
    shape::{Dims, ShapeError},
};

/// Matrix product of two tensors, batched over the axes before the last two.
///
/// In a model: `matmul(x1, x2)` or `x1 @ x2`. See [Keras'
/// `ops.matmul`](https://keras.io/api/ops/numpy/#matmul-function).
///
/// # Shapes
/// `(…, m, k)` and `(…, k, n)` give `(…, m, n)`. The leading axes must be equal or broadcastable: of length 1, or
/// missing. The batch is never broadcast: the matrices of each sample are multiplied.
///
/// ```
/// use keras::prelude::*;
///
/// model! {
///     /// Attention scores between four words.
///     struct Attention(x: Input(4, 8)) {
///         let (query, key, value) = (Dense(8)(x), Dense(8)(x), Dense(8)(x));
///         softmax(query @ transpose(key, (0, 2, 1)) / 8.0) @ value
///     }
/// }
/// assert_eq!(Attention::with_seed(1).predict_one(&[0.5; 32]).len(), 32);
///
/// model! { struct Product(a: Input(1, 2), b: Input(2, 2)) { matmul(a, b) } }
/// assert_eq!(Product::new().predict_one(&[1.0, 2.0], &[1.0, 2.0, 3.0, 4.0]), [7.0, 10.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Matmul;

impl Matmul {
    /// Creates the operation.
    ///
    /// ```
    /// use keras::{ops::Matmul, prelude::*};
    ///
    /// let alone = standalone!(Matmul::layer(), [[1, 2], [2, 2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0], &[1.0, 2.0, 3.0, 4.0]])?, [7.0, 10.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer() -> Self {
        Self
    }

    /// Builds the operation for inputs of these shapes.
    ///
    /// # Errors
    /// If an input is not a matrix, the number of columns of the first differs from the number of rows of the second,
    /// or the leading axes cannot be broadcast.
    ///
    /// ```
    /// use keras::{ops::Matmul, shape::Dims};
    ///
    /// let (a, b) = (Dims::new(&[6, 2, 3]), Dims::new(&[3, 4]));
    /// assert_eq!(Matmul::layer().build(&[a, b])?.output(), Dims::new(&[6, 2, 4]));
    /// assert!(Matmul::layer().build(&[b, a]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        if inputs.len() != 2 {
            return Err(ShapeError::new("it takes exactly 2 inputs, but {0} are given").number(inputs.len()));
        }
        let (left, right) = (inputs[0], inputs[1]);
        if left.rank() < 2 || right.rank() < 2 {
            return Err(ShapeError::new(
                "it multiplies matrices, but its inputs are {a} and {b}; for vectors use Dot(1)([x, y]), or add a \
                 second axis with Reshape",
            )
            .dims(left)
            .dims(right));
        }
        let (k, rows) = (left.last(), right.length(right.rank() - 2));
        if k != rows {
            return Err(ShapeError::new(
                "the first matrix must have as many columns as the second has rows, but {a} has {0} columns and {b} has \
                 {1} rows; transpose one of them",
            )
            .number(k)
            .number(rows)
            .dims(left)
            .dims(right));
        }
        let (before_left, before_right) = (left.before(left.rank() - 2), right.before(right.rank() - 2));
        let Ok(before) = broadcast(&[before_left, before_right]) else {
            return Err(ShapeError::new(
                "the axes before the last two of its inputs {a} and {b} cannot be broadcast together; lengths must be \
                 equal or 1",
            )
            .dims(left)
            .dims(right));
        };
        let (m, n) = (left.length(left.rank() - 2), right.last());
        let output = before.append(m).append(n);
        Built::new(output).macs((output.size() as u64).saturating_mul(k as u64)).backward_reads_input().ok()
    }
}

/// The sizes of a product, and the number of products per sample.
struct Sizes {
    m: usize,
    k: usize,
    n: usize,
    before_left: Dims,
    before_right: Dims,
    before: Dims,
}

impl Sizes {
    fn new(left: Dims, right: Dims, output: Dims) -> Self {
        let rank = |dims: Dims| dims.rank().saturating_sub(2);
        Self {
            m: left.length(rank(left)),
            k: left.last(),
            n: right.last(),
            before_left: left.before(rank(left)),
            before_right: right.before(rank(right)),
            before: output.before(rank(output)),
        }
    }

    /// The offsets of the two matrices of a product in their samples.
    fn places(&self, product: usize) -> (Range<usize>, Range<usize>) {
        let left = place(product, self.before_left, self.before) * self.m * self.k;
        let right = place(product, self.before_right, self.before) * self.k * self.n;
        (left..left + self.m * self.k, right..right + self.k * self.n)
    }
}

impl Layer for Matmul {
    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let ([left, right], [left_dims, right_dims]) = (pass.inputs.array(), pass.input_dims.array());
        let sizes = Sizes::new(left_dims, right_dims, output_dims);
        let Sizes { m, k, n, .. } = sizes;
        let product = Product { m, n, k, transpose_a: false, transpose_b: false, accumulate: false };
        let samples = left.chunks_exact(left_dims.size().max(1)).zip(right.chunks_exact(right_dims.size().max(1)));
        let outputs = output.chunks_exact_mut(output_dims.size().max(1));
        for ((left, right), output) in samples.zip(outputs) {
            for (at, output) in output.chunks_exact_mut((m * n).max(1)).enumerate() {
                let (a, b) = sizes.places(at);
                if let (Some(a), Some(b)) = (left.get(a), right.get(b)) {
                    matmul(product, a, b, output);
                }
            }
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        let ([left, right], [left_dims, right_dims]) = (pass.inputs.array(), pass.input_dims.array());
        // The slice of a gradient that is not needed is empty.
        let [left_gradient, right_gradient] = pass.input_gradients.array().map(Option::unwrap_or_default);
        let sizes = Sizes::new(left_dims, right_dims, output_dims);
        let Sizes { m, k, n, .. } = sizes;
        // A broadcast matrix is part of multiple products: its gradients are accumulated.
        let of_left = Product { m, n: k, k: n, transpose_a: false, transpose_b: true, accumulate: true };
        let of_right = Product { m: k, n, k: m, transpose_a: true, transpose_b: false, accumulate: true };
        left_gradient.fill(0.0);
        right_gradient.fill(0.0);
        let (left_size, right_size) = (left_dims.size().max(1), right_dims.size().max(1));
        // A gradient that is not needed has no samples.
        let mut left_gradients = left_gradient.chunks_exact_mut(left_size);
        let mut right_gradients = right_gradient.chunks_exact_mut(right_size);
        let samples = left.chunks_exact(left_size).zip(right.chunks_exact(right_size));
        let gradients = output_gradient.chunks_exact(output_dims.size().max(1));
        for ((left, right), gradient) in samples.zip(gradients) {
            let (mut into_left, mut into_right) = (left_gradients.next(), right_gradients.next());
            for (at, gradient) in gradient.chunks_exact((m * n).max(1)).enumerate() {
                let (a, b) = sizes.places(at);
                if let (Some(into), Some(b)) =
                    (into_left.as_mut().and_then(|into| into.get_mut(a.clone())), right.get(b.clone()))
                {
                    matmul(of_left, gradient, b, into);
                }
                if let (Some(into), Some(a)) = (into_right.as_mut().and_then(|into| into.get_mut(b)), left.get(a)) {
                    matmul(of_right, a, gradient, into);
                }
            }
        }
    }
}
