//! Layer normalization: each row by its own mean and variance.

use super::columns::{self, Moments, Rows};
use super::elementwise::{Optional, column_sums, load_some, store_some};
use super::ensure;
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Kernel, Vector};
use super::sums::Sum;
use super::transposed::Block;

/// The longest rows that are transposed, so that each lane has a row. Alone or among others, a row has the same result.
const SHORT: usize = 15;

/// output = γ·(x - mean)/√(variance + ε) + β for each row, with its own mean and its biased variance.
///
/// # Shapes
/// input, output: (rows, length); gamma, beta: (length), or empty; means, inverses, which keep the means and the inverse
/// standard deviations: (rows), or empty.
///
/// ```
/// use keras_core::kernels::layer_normalization;
///
/// let (mut output, mut means, mut inverses) = ([0.0; 4], [0.0; 2], [0.0; 2]);
/// layer_normalization::forward(2, 0.0, &[1.0, 3.0, 10.0, 14.0], &[], &[], &mut output, &mut means, &mut inverses);
/// assert_eq!((output, means, inverses), ([-1.0, 1.0, -1.0, 1.0], [2.0, 12.0], [1.0, 0.5]));
/// ```
#[allow(clippy::too_many_arguments)]
pub fn forward(
    length: usize,
    epsilon: f32,
    input: &[f32],
    gamma: &[f32],
    beta: &[f32],
    output: &mut [f32],
    means: &mut [f32],
    inverses: &mut [f32],
) {
    ensure!(length > 0 && input.len().is_multiple_of(length) && input.len() == output.len());
    let rows = input.len() / length;
    let fits = |values: &[f32]| values.is_empty() || values.len() == length;
    ensure!(fits(gamma) && fits(beta));
    ensure!(means.len() == inverses.len() && (means.is_empty() || means.len() == rows));
    let kept = (!means.is_empty()).then_some((WritePointer::new(means), WritePointer::new(inverses)));
    let (input, output) = (ReadPointer::new(input), WritePointer::new(output));
    let (gamma, beta) = (Optional::new(gamma, 1.0), Optional::new(beta, 0.0));
    let isa = Isa::current();
    parallel::share(rows, 1, Work::Floats { each: length }, &|first, last| {
        // SAFETY: the lengths were checked; threads own disjoint rows.
        unsafe { isa.run_pointers(Forward { length, epsilon, input, gamma, beta, output, kept, first, last }) };
    });
}

struct Forward {
    length: usize,
    epsilon: f32,
    input: ReadPointer,
    gamma: Optional,
    beta: Optional,
    output: WritePointer,
    kept: Option<(WritePointer, WritePointer)>,
    first: usize,
    last: usize,
}

impl Kernel for Forward {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        if self.length <= SHORT {
            // SAFETY: the caller's promise.
            return unsafe { self.short_rows::<V>() };
        }
        let share = 1.0 / self.length as f32;
        for row in self.first..self.last {
            let start = row * self.length;
            // SAFETY: rows `first..last` exist, and are this thread's; the last vector of a row is loaded and stored in part.
            unsafe {
                let mut sum = Sum::<V>::zero();
                for at in (0..self.length).step_by(V::LANES) {
                    sum.add(load_some::<V>(self.input.get().add(start + at), V::LANES.min(self.length - at)));
                }
                let mean = sum.total().sum() * share;
                let mut squares = Sum::<V>::zero();
                for at in (0..self.length).step_by(V::LANES) {
                    let count = V::LANES.min(self.length - at);
                    let mut distance = load_some::<V>(self.input.get().add(start + at), count) - V::splat(mean);
                    if count < V::LANES {
                        distance = only(distance, count);
                    }
                    squares.add_product(distance, distance);
                }
                // A root by `libm` is an instruction without AVX, which among others with it costs hundreds of cycles.
                let inverse = V::splat(1.0) / V::splat(squares.total().sum() * share + self.epsilon).sqrt();
                for at in (0..self.length).step_by(V::LANES) {
                    let count = V::LANES.min(self.length - at);
                    let x = load_some::<V>(self.input.get().add(start + at), count);
                    let (gamma, beta) = (self.gamma.get::<V>(at, count), self.beta.get::<V>(at, count));
                    let y = ((x - V::splat(mean)) * inverse).mul_add(gamma, beta);
                    store_some(y, self.output.get().add(start + at), count);
                }
                if let Some((means, inverses)) = self.kept {
                    *means.get().add(row) = mean;
                    [*inverses.get().add(row), ..] = inverse.lanes();
                }
            }
        }
    }
}

impl Forward {
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn short_rows<V: Vector>(&self) {
        let (mut block, length) = (Block::new(), self.length);
        let share = V::splat(1.0 / length as f32);
        let mut first = self.first;
        while first < self.last {
            let rows = Block::rows::<V>(length).min(self.last - first);
            // SAFETY: rows `first..last` exist, and are this thread's; the block holds as many.
            unsafe {
                block.load::<V>(self.input.get().add(first * length), length, rows);
                for row in (0..rows).step_by(V::LANES) {
                    let values = block.group::<V>(length, row / V::LANES);
                    let mut sum = V::zero();
                    for at in 0..length {
                        sum = sum + V::load(values.add(at * V::LANES));
                    }
                    let mean = sum * share;
                    let mut squares = V::zero();
                    for at in 0..length {
                        let distance = V::load(values.add(at * V::LANES)) - mean;
                        squares = distance.mul_add(distance, squares);
                    }
                    let inverse = V::splat(1.0) / (squares * share + V::splat(self.epsilon)).sqrt();
                    for at in 0..length {
                        let value = values.add(at * V::LANES);
                        let normal = (V::load(value) - mean) * inverse;
                        normal.mul_add(self.gamma.splat(at), self.beta.splat(at)).store(value);
                    }
                    if let Some((means, inverses)) = self.kept {
                        let count = V::LANES.min(rows - row);
                        store_some(mean, means.get().add(first + row), count);
                        store_some(inverse, inverses.get().add(first + row), count);
                    }
                }
                block.store::<V>(self.output.get().add(first * length), length, rows);
            }
            first += rows;
        }
    }
}

/// The first `count` lanes; the others 0.
#[inline(always)]
fn only<V: Vector>(value: V, count: usize) -> V {
    let lanes = value.lanes();
    // SAFETY: the array holds as many floats as the longest vector.
    unsafe { V::load_partial(lanes.as_ptr(), count) }
}

/// The gradient of [`forward`] by its input.
///
/// # Shapes
/// As there; gradients as their values.
///
/// ```
/// use keras_core::kernels::layer_normalization;
///
/// let mut gradient = [0.0; 2];
/// layer_normalization::backward_input(2, &[1.0, 3.0], &[], &[2.0], &[1.0], &[0.0, 1.0], &mut gradient);
/// assert_eq!(gradient, [0.0, 0.0]); // of two values, only the order matters
/// ```
pub fn backward_input(
    length: usize,
    input: &[f32],
    gamma: &[f32],
    means: &[f32],
    inverses: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    ensure!(length > 0 && input.len().is_multiple_of(length) && output_gradient.len() == input.len());
    let rows = input.len() / length;
    ensure!(input_gradient.len() == input.len() && means.len() == rows && inverses.len() == rows);
    ensure!(gamma.is_empty() || gamma.len() == length);
    let pass = BackwardInput {
        length,
        input: ReadPointer::new(input),
        gamma: Optional::new(gamma, 1.0),
        means: ReadPointer::new(means),
        inverses: ReadPointer::new(inverses),
        from: ReadPointer::new(output_gradient),
        to: WritePointer::new(input_gradient),
        first: 0,
        last: 0,
    };
    let isa = Isa::current();
    parallel::share(rows, 1, Work::Floats { each: length }, &|first, last| {
        // SAFETY: the lengths were checked; threads own disjoint rows.
        unsafe { isa.run_pointers(BackwardInput { first, last, ..pass }) };
    });
}

#[derive(Clone, Copy)]
struct BackwardInput {
    length: usize,
    input: ReadPointer,
    gamma: Optional,
    means: ReadPointer,
    inverses: ReadPointer,
    from: ReadPointer,
    to: WritePointer,
    first: usize,
    last: usize,
}

impl BackwardInput {
    /// γ·dy and x̂ of some elements of a row.
    ///
    /// # Safety
    /// They exist.
    #[inline(always)]
    unsafe fn terms<V: Vector>(&self, row: usize, at: usize, count: usize) -> (V, V) {
        let start = row * self.length + at;
        // SAFETY: the caller's promise.
        unsafe {
            let (mean, inverse) = (*self.means.get().add(row), *self.inverses.get().add(row));
            let gradient = load_some::<V>(self.from.get().add(start), count) * self.gamma.get::<V>(at, count);
            let x = load_some::<V>(self.input.get().add(start), count);
            (gradient, (x - V::splat(mean)) * V::splat(inverse))
        }
    }

    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn short_rows<V: Vector>(&self) {
        let (mut inputs, mut gradients, length) = (Block::new(), Block::new(), self.length);
        let share = V::splat(-1.0 / length as f32);
        let mut first = self.first;
        while first < self.last {
            let rows = Block::rows::<V>(length).min(self.last - first);
            // SAFETY: rows `first..last` exist, and are this thread's; the blocks hold as many.
            unsafe {
                inputs.load::<V>(self.input.get().add(first * length), length, rows);
                gradients.load::<V>(self.from.get().add(first * length), length, rows);
                for row in (0..rows).step_by(V::LANES) {
                    let count = V::LANES.min(rows - row);
                    let mean = load_some::<V>(self.means.get().add(first + row), count);
                    let inverse = load_some::<V>(self.inverses.get().add(first + row), count);
                    let values = inputs.group::<V>(length, row / V::LANES);
                    let slopes = gradients.group::<V>(length, row / V::LANES);
                    let (mut sum, mut along) = (V::zero(), V::zero());
                    for at in 0..length {
                        let (value, slope) = (values.add(at * V::LANES), slopes.add(at * V::LANES));
                        let (normal, gradient) =
                            ((V::load(value) - mean) * inverse, V::load(slope) * self.gamma.splat(at));
                        sum = sum + gradient;
                        along = gradient.mul_add(normal, along);
                        normal.store(value);
                        gradient.store(slope);
                    }
                    let (mean, along) = (sum * share, along * share);
                    for at in 0..length {
                        let slope = slopes.add(at * V::LANES);
                        let normal = V::load(values.add(at * V::LANES));
                        (inverse * normal.mul_add(along, V::load(slope) + mean)).store(slope);
                    }
                }
                gradients.store::<V>(self.to.get().add(first * length), length, rows);
            }
            first += rows;
        }
    }
}

impl Kernel for BackwardInput {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        if self.length <= SHORT {
            // SAFETY: the caller's promise.
            return unsafe { self.short_rows::<V>() };
        }
        let share = -1.0 / self.length as f32;
        for row in self.first..self.last {
            // SAFETY: rows `first..last` exist, and are this thread's. Lanes beyond a row have a gradient of 0.
            unsafe {
                let (mut sum, mut along) = (Sum::<V>::zero(), Sum::<V>::zero());
                for at in (0..self.length).step_by(V::LANES) {
                    let (gradient, normal) = self.terms::<V>(row, at, V::LANES.min(self.length - at));
                    sum.add(gradient);
                    along.add_product(gradient, normal);
                }
                let (mean, slope) = (V::splat(sum.total().sum() * share), V::splat(along.total().sum() * share));
                let inverse = V::splat(*self.inverses.get().add(row));
                for at in (0..self.length).step_by(V::LANES) {
                    let count = V::LANES.min(self.length - at);
                    let (gradient, normal) = self.terms::<V>(row, at, count);
                    let value = inverse * normal.mul_add(slope, gradient + mean);
                    store_some(value, self.to.get().add(row * self.length + at), count);
                }
            }
        }
    }
}

/// The gradients of [`forward`] by gamma and beta, of which either may be empty; or adds them to what is there.
///
/// ```
/// use keras_core::kernels::layer_normalization;
///
/// let (mut gamma_gradient, mut beta_gradient) = ([0.0; 2], [0.0; 2]);
/// layer_normalization::backward_weights(
///     2, &[1.0, 3.0], &[2.0], &[1.0], &[4.0, 5.0], &mut gamma_gradient, &mut beta_gradient, false,
/// );
/// assert_eq!((gamma_gradient, beta_gradient), ([-4.0, 5.0], [4.0, 5.0]));
/// ```
#[allow(clippy::too_many_arguments)]
pub fn backward_weights(
    length: usize,
    input: &[f32],
    means: &[f32],
    inverses: &[f32],
    output_gradient: &[f32],
    gamma_gradient: &mut [f32],
    beta_gradient: &mut [f32],
    accumulate: bool,
) {
    ensure!(length > 0 && input.len().is_multiple_of(length) && output_gradient.len() == input.len());
    let rows = input.len() / length;
    ensure!(means.len() == rows && inverses.len() == rows);
    if gamma_gradient.is_empty() {
        return column_sums(output_gradient, beta_gradient, accumulate);
    }
    ensure!(gamma_gradient.len() == length && (beta_gradient.is_empty() || beta_gradient.len() == length));
    let moments = Reached {
        input: ReadPointer::new(input),
        means: ReadPointer::new(means),
        inverses: ReadPointer::new(inverses),
    };
    let of_beta = (!beta_gradient.is_empty()).then_some(beta_gradient);
    // SAFETY: the lengths were checked.
    unsafe { columns::sums(&moments, output_gradient, (gamma_gradient, of_beta), 16, 1.0, accumulate) }
}

/// (dy·x̂, dy).
#[derive(Clone, Copy)]
struct Reached {
    input: ReadPointer,
    means: ReadPointer,
    inverses: ReadPointer,
}

impl Moments for Reached {
    #[inline(always)]
    unsafe fn of_columns<V: Vector>(&self, _: impl Fn(ReadPointer) -> V) -> [V; 4] {
        [V::zero(); 4]
    }
    #[inline(always)]
    unsafe fn terms<V: Vector>(&self, dy: V, _: [V; 4], rows: Rows<'_>, at: usize, count: usize) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let x = load_some::<V>(self.input.get().add(at), count);
            let (mean, inverse) = (rows.load::<V>(self.means), rows.load::<V>(self.inverses));
            [dy * ((x - mean) * inverse), dy]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::matmul::tests::noise;
    use crate::kernels::simd::tests::each_isa;

    /// The definition, in `f64`.
    fn defined(length: usize, row: &[f32], gamma: &[f32], dy: &[f32]) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        let (x, gamma, dy) = (wide(row), wide(gamma), wide(dy));
        let mean = |values: &[f64]| values.iter().sum::<f64>() / length as f64;
        let m = mean(&x);
        let variance = mean(&x.iter().map(|x| (x - m).powi(2)).collect::<Vec<_>>());
        let inverse = 1.0 / (variance + 1e-3).sqrt();
        let normal: Vec<f64> = x.iter().map(|x| (x - m) * inverse).collect();
        let gradient: Vec<f64> = gamma.iter().zip(&dy).map(|(g, d)| g * d).collect();
        let along = mean(&gradient.iter().zip(&normal).map(|(g, n)| g * n).collect::<Vec<_>>());
        let (sum, output) = (mean(&gradient), normal.iter().zip(&gamma).map(|(n, g)| n * g + 0.5).collect());
        let input = gradient.iter().zip(&normal).map(|(g, n)| inverse * (g - sum - n * along)).collect();
        (output, input, normal.iter().zip(&dy).map(|(n, d)| n * d).collect())
    }

    #[test]
    fn follows_the_definition() {
        each_isa(|| {
            for (rows, length) in
                [(1, 1), (3, 5), (50, 3), (1100, 1), (777, 6), (90, 11), (77, 15), (2, 16), (7, 33), (300, 130)]
            {
                let (input, gamma, dy) = (noise(rows * length, 1), noise(length, 2), noise(rows * length, 3));
                let beta = vec![0.5; length];
                let (mut output, mut dx) = (vec![f32::NAN; rows * length], vec![f32::NAN; rows * length]);
                let (mut means, mut inverses) = (vec![f32::NAN; rows], vec![f32::NAN; rows]);
                let (mut dgamma, mut dbeta) = (vec![1.0; length], vec![1.0; length]);
                forward(length, 1e-3, &input, &gamma, &beta, &mut output, &mut means, &mut inverses);
                backward_input(length, &input, &gamma, &means, &inverses, &dy, &mut dx);
                backward_weights(length, &input, &means, &inverses, &dy, &mut dgamma, &mut dbeta, true);
                let mut sums = vec![1.0f64; length];
                for (row, start) in (0..rows).map(|row| (row, row * length)) {
                    let part = start..start + length;
                    let (y, x, g) = defined(length, &input[part.clone()], &gamma, &dy[part.clone()]);
                    let near = |a: &[f32], b: &[f64]| a.iter().zip(b).all(|(a, b)| (f64::from(*a) - b).abs() < 2e-4);
                    assert!(near(&output[part.clone()], &y) && near(&dx[part], &x), "row {row} of {length}");
                    sums.iter_mut().zip(g).for_each(|(sum, g)| *sum += g);
                }
                assert!(dgamma.iter().zip(&sums).all(|(a, b)| (f64::from(*a) - b).abs() < 2e-3));
            }
        });
    }
}
