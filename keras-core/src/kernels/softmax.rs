//! Softmax along an axis, its logarithm, and their gradients.

use super::elementwise::{load_some, store_some};
use super::math::{exp_v, ln_v};
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Kernel, MAX_LANES, Vector};
use super::subnormals::flushed_v;
use super::sums::Sum;
use super::transposed::Block;
use super::{ensure, length};

/// Softmax along an inner axis of (outer, axis, inner).
///
/// ```
/// use keras_core::kernels::softmax::softmax;
///
/// // Along the first of two axes: two columns of two rows.
/// let mut output = [0.0; 4];
/// softmax(1, 2, 2, &[3.0, 1.0, 3.0, 1.0], &mut output);
/// assert_eq!(output, [0.5; 4]);
/// ```
pub fn softmax(outer: usize, axis: usize, inner: usize, input: &[f32], output: &mut [f32]) {
    ensure!(input.len() == length([outer, axis, inner]) && output.len() == input.len());
    // SAFETY: equal lengths, a whole number of (axis, inner) blocks.
    unsafe { rows(Operation::Softmax, axis, inner, input.len(), [input.as_ptr(); 3], output.as_mut_ptr()) }
}

/// The gradient of [`softmax`]: y·(g - Σ g·y).
///
/// ```
/// use keras_core::kernels::softmax::softmax_backward;
///
/// let mut gradient = [0.0; 2];
/// softmax_backward(1, 2, 1, &[0.5, 0.5], &[1.0, 0.0], &mut gradient);
/// assert_eq!(gradient, [0.25, -0.25]);
/// ```
pub fn softmax_backward(
    outer: usize,
    axis: usize,
    inner: usize,
    output: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let len = length([outer, axis, inner]);
    ensure!(output.len() == len && output_gradient.len() == len && input_gradient.len() == len);
    let (y, g) = (output.as_ptr(), output_gradient.as_ptr());
    // SAFETY: equal lengths, a whole number of (axis, inner) blocks.
    unsafe { rows(Operation::SoftmaxGradient, axis, inner, len, [y, g, y], input_gradient.as_mut_ptr()) }
}

/// What is computed of each row.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Operation {
    Softmax,
    LogSoftmax,
    SoftmaxGradient,
    LogSoftmaxGradient,
}

impl Operation {
    fn is_gradient(self) -> bool {
        matches!(self, Self::SoftmaxGradient | Self::LogSoftmaxGradient)
    }

    /// Whether `rows` rows of this length are transposed, so that each lane has a row: along a short row, lanes are empty.
    fn transposes(self, axis: usize, rows: usize) -> bool {
        if self.is_gradient() {
            return axis <= MAX_LANES / 2;
        }
        // Going forward, a single row is not worth it.
        rows > 1 && axis <= SHORT && (axis < 32 || !axis.is_multiple_of(MAX_LANES))
    }
}

/// A pass over the rows along the middle axis of (…, axis, inner).
///
/// # Safety
/// All point at `len` floats, a multiple of `axis · inner`; the output is one of the inputs or disjoint.
pub(super) unsafe fn rows(
    operation: Operation,
    axis: usize,
    inner: usize,
    len: usize,
    inputs: [*const f32; 3],
    output: *mut f32,
) {
    let block = axis * inner;
    if block == 0 || len == 0 {
        return;
    }
    let isa = Isa::current();
    let (inputs, output) = (inputs.map(ReadPointer), WritePointer(output));
    // An exponential takes as long as four floats of a plain pass.
    let work = Work::Floats { each: block.saturating_mul(4) };
    let transposed = inner == 1 && operation.transposes(axis, len / block);
    // Which rows are taken together does not depend on the number of threads.
    parallel::share(len / block, if transposed { MAX_LANES } else { 1 }, work, &|first, last| {
        // SAFETY: the caller's promise; threads own disjoint blocks.
        unsafe { isa.run_pointers(AlongAxis { operation, axis, inner, transposed, first, last, inputs, output }) };
    });
}

/// eˣ, or zero where it is so small that its share of a sum could be a subnormal number. A NaN stays.
#[inline(always)]
fn exp_or_zero<V: Vector>(x: V) -> V {
    let least = V::splat(-80.0);
    V::select(x.lt(least), V::zero(), exp_v(least.max(x)))
}

/// The sum of a row, in every lane, or those of parallel rows. (A function rather than a closure, which would not always be inlined.)
#[inline(always)]
fn total<V: Vector, const ALONG: bool>(sum: Sum<V>) -> V {
    if ALONG { V::splat(sum.total().sum()) } else { sum.total() }
}

/// The longest rows that are transposed on the stack.
const SHORT: usize = 47;

#[derive(Clone, Copy)]
struct AlongAxis {
    operation: Operation,
    axis: usize,
    inner: usize,
    /// Whether rows are transposed first.
    transposed: bool,
    first: usize,
    last: usize,
    inputs: [ReadPointer; 3],
    output: WritePointer,
}

impl Kernel for AlongAxis {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        if self.transposed {
            // SAFETY: the caller's promise.
            return unsafe { self.short_rows::<V>() };
        }
        for block in self.first..self.last {
            let start = block * self.axis * self.inner;
            if self.inner == 1 {
                // Lanes along the axis, folded at the end.
                // SAFETY: the caller's promise.
                unsafe { self.along::<V, true>(start, V::LANES) };
            } else {
                // Lanes across neighbouring rows.
                let mut inner = 0;
                while inner < self.inner {
                    let count = V::LANES.min(self.inner - inner);
                    // SAFETY: the caller's promise.
                    unsafe { V::outlined(ParallelRows { rows: self, start: start + inner, groups: 1, count }) };
                    inner += count;
                }
            }
        }
    }
}

/// As many rows side by side as there are lanes, or fewer; or groups of so many, one after the other.
struct ParallelRows {
    rows: AlongAxis,
    start: usize,
    groups: usize,
    count: usize,
}

impl Kernel for ParallelRows {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        for group in 0..self.groups {
            // SAFETY: the caller's promise.
            unsafe { self.rows.along::<V, false>(self.start + group * self.rows.axis * V::LANES, self.count) }
        }
    }
}

impl AlongAxis {
    /// Short rows, as many as there are lanes at a time.
    ///
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn short_rows<V: Vector>(&self) {
        let (mut first, mut second, mut output) = (Block::new(), Block::new(), Block::new());
        let mut row = self.first;
        while row < self.last {
            let rows = Block::rows::<V>(self.axis).min(self.last - row);
            // SAFETY: the rows `first..last` exist, and are this thread's; the blocks hold as many.
            unsafe {
                first.load::<V>(self.inputs[0].get().add(row * self.axis), self.axis, rows);
                if self.operation.is_gradient() {
                    second.load::<V>(self.inputs[1].get().add(row * self.axis), self.axis, rows);
                }
                let [a, b, to] = [&mut first, &mut second, &mut output].map(|block| block.group::<V>(self.axis, 0));
                let inputs = [a, b, a].map(|input| ReadPointer(input));
                let transposed = Self { inner: V::LANES, inputs, output: WritePointer(to), ..*self };
                let groups = rows.div_ceil(V::LANES);
                V::outlined(ParallelRows { rows: transposed, start: 0, groups, count: V::LANES });
                output.store::<V>(self.output.get().add(row * self.axis), self.axis, rows);
            }
            row += rows;
        }
    }

    /// The sum of the exponentials of transposed rows, each in the order in which it is summed along a row: a single row is not
    /// transposed, and which rows are single depends on the number of threads.
    ///
    /// # Safety
    /// The output holds `axis` vectors from `start` on: the exponentials.
    #[inline(always)]
    unsafe fn sum_as_along_a_row<V: Vector>(&self, start: usize) -> V {
        let mut lanes = [V::zero(); MAX_LANES];
        for at in 0..self.axis {
            // SAFETY: the caller's promise.
            let e = unsafe { V::load(self.output.get().add(start + at * V::LANES)) };
            lanes[at % V::LANES] = lanes[at % V::LANES] + e;
        }
        let mut half = V::LANES / 2;
        while half > 0 {
            for lane in 0..half {
                lanes[lane] = lanes[lane] + lanes[lane + half];
            }
            half /= 2;
        }
        lanes[0]
    }

    /// Calls `visit(offset, lanes)` for every vector of one row (`ALONG`) or of `count` parallel rows.
    #[inline(always)]
    fn each<V: Vector, const ALONG: bool>(&self, start: usize, count: usize, mut visit: impl FnMut(usize, usize)) {
        let mut at = 0;
        while at < self.axis {
            let lanes = if ALONG { V::LANES.min(self.axis - at) } else { count };
            visit(start + at * self.inner, lanes);
            at += if ALONG { V::LANES } else { 1 };
        }
    }

    /// # Safety
    /// As [`Kernel::run`], for the row, or `count` rows, at `start`.
    #[inline(always)]
    unsafe fn along<V: Vector, const ALONG: bool>(&self, start: usize, count: usize) {
        let [a, b, _] = self.inputs.map(ReadPointer::get);
        let out = self.output.get();
        // SAFETY: the offsets lie within the block, of which `lanes` lanes exist.
        let load = |from: *const f32, at: usize, lanes: usize| unsafe { load_some::<V>(from.add(at), lanes) };
        // SAFETY: as above.
        let store = |value: V, at: usize, lanes: usize| unsafe { store_some(value, out.add(at), lanes) };
        // Lanes that do not exist are zero; in a sum they must count for nothing.
        let only = |value: V, lanes: usize| {
            if lanes == V::LANES {
                return value;
            }
            let all = value.lanes();
            // SAFETY: the array has every lane.
            unsafe { V::load_partial(all.as_ptr(), lanes) }
        };
        match self.operation {
            Operation::Softmax | Operation::LogSoftmax => {
                let mut highest = V::splat(f32::NEG_INFINITY);
                self.each::<V, ALONG>(start, count, |at, lanes| {
                    let x = load(a, at, lanes);
                    // A lane that does not exist must not be the maximum: it repeats the row's first element.
                    let x = if ALONG && lanes < V::LANES {
                        let mut all = load(a, at, lanes).lanes();
                        // SAFETY: `start` is the row's first element.
                        let first = unsafe { *a.add(start) };
                        all.iter_mut().skip(lanes).for_each(|lane| *lane = first);
                        // SAFETY: the array has every lane.
                        unsafe { V::load(all.as_ptr()) }
                    } else {
                        x
                    };
                    // A NaN stays, once there or newly met.
                    let higher = x.max(highest);
                    highest = V::select(x.eq(x), higher, x);
                });
                if ALONG {
                    highest = V::splat(highest.fold(|a, b| if b > a || b.is_nan() { b } else { a }));
                }
                let mut sum = Sum::zero();
                let soft = self.operation == Operation::Softmax;
                self.each::<V, ALONG>(start, count, |at, lanes| {
                    let x = load(a, at, lanes) - highest;
                    let e = if soft { exp_or_zero(x) } else { exp_v(x) };
                    sum.add(only(e, lanes));
                    if soft || self.transposed {
                        store(e, at, lanes);
                    }
                });
                let sum = if self.transposed {
                    // SAFETY: they were stored.
                    unsafe { self.sum_as_along_a_row::<V>(start) }
                } else {
                    total::<V, ALONG>(sum)
                };
                if soft {
                    let factor = V::splat(1.0) / sum;
                    self.each::<V, ALONG>(start, count, |at, lanes| {
                        store(load(out, at, lanes) * factor, at, lanes);
                    });
                } else {
                    let log = ln_v(sum);
                    self.each::<V, ALONG>(start, count, |at, lanes| {
                        store(load(a, at, lanes) - highest - log, at, lanes);
                    });
                }
            }
            Operation::SoftmaxGradient => {
                let mut sum = Sum::zero();
                self.each::<V, ALONG>(start, count, |at, lanes| {
                    sum.add_product(load(a, at, lanes), load(b, at, lanes));
                });
                let sum = total::<V, ALONG>(sum);
                self.each::<V, ALONG>(start, count, |at, lanes| {
                    store(flushed_v(load(a, at, lanes) * (load(b, at, lanes) - sum)), at, lanes);
                });
            }
            Operation::LogSoftmaxGradient => {
                let mut sum = Sum::zero();
                self.each::<V, ALONG>(start, count, |at, lanes| sum.add(load(b, at, lanes)));
                let sum = total::<V, ALONG>(sum);
                self.each::<V, ALONG>(start, count, |at, lanes| {
                    store(flushed_v(load(b, at, lanes) - exp_or_zero(load(a, at, lanes)) * sum), at, lanes);
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activations::Activation;
    use crate::kernels::activation::{backward, forward};
    use crate::kernels::matmul::tests::noise;
    use crate::kernels::simd::tests::each_isa;

    #[test]
    fn a_row_alone_gives_the_same_bits() {
        for axis in [1, 2, 3, 4, 5, 7, 10, 15, 16, 17, 31, 32, 33, 47, 48] {
            let input: Vec<f32> = noise(19 * axis, 5).iter().map(|x| x * 20.0).collect();
            let gradient = noise(19 * axis, 6);
            let same = |alone: &[f32], together: &[f32]| {
                assert!(alone.iter().zip(together).all(|(a, b)| a.to_bits() == b.to_bits()), "{axis}");
            };
            each_isa(|| {
                for activation in [Activation::Softmax, Activation::LogSoftmax] {
                    let (mut output, mut alone) = (vec![0.0; 19 * axis], vec![0.0; axis]);
                    forward(activation, axis, &input, &mut output);
                    let mut slopes = vec![0.0; 19 * axis];
                    backward(activation, axis, &[], &output, &gradient, &mut slopes);
                    for (row, together) in input.chunks(axis).zip(output.chunks(axis)) {
                        forward(activation, axis, row, &mut alone);
                        same(&alone, together);
                    }
                    let rows = output.chunks(axis).zip(gradient.chunks(axis));
                    for ((output, gradient), together) in rows.zip(slopes.chunks(axis)) {
                        backward(activation, axis, &[], output, gradient, &mut alone);
                        same(&alone, together);
                    }
                }
            });
        }
    }

    #[test]
    fn rows_of_softmax() {
        for (outer, axis, inner) in
            [(3, 10, 1), (2, 17, 1), (1, 1, 1), (5, 16, 1), (37, 7, 1), (64, 2, 1), (2, 3, 19), (2, 4, 16)]
        {
            let len = length([outer, axis, inner]);
            let input: Vec<f32> = noise(len, 5).iter().map(|x| x * 20.0 - 30.0).collect();
            let gradient = noise(len, 6);
            each_isa(|| {
                let (mut output, mut back) = (vec![0.0; len], vec![0.0; len]);
                softmax(outer, axis, inner, &input, &mut output);
                softmax_backward(outer, axis, inner, &output, &gradient, &mut back);
                let mut logs = vec![0.0; len];
                let mut log_back = vec![0.0; len];
                if inner == 1 {
                    forward(Activation::LogSoftmax, axis, &input, &mut logs);
                    backward(Activation::LogSoftmax, axis, &[], &logs, &gradient, &mut log_back);
                }
                for o in 0..outer {
                    for i in 0..inner {
                        let at = |a: usize| (o * axis + a) * inner + i;
                        let sum: f64 = (0..axis).map(|a| (input[at(a)] as f64).exp()).sum();
                        let y = |a: usize| (input[at(a)] as f64).exp() / sum;
                        let dot: f64 = (0..axis).map(|a| y(a) * gradient[at(a)] as f64).sum();
                        let all: f64 = (0..axis).map(|a| gradient[at(a)] as f64).sum();
                        for a in 0..axis {
                            assert!((output[at(a)] as f64 - y(a)).abs() < 1e-6);
                            assert!((back[at(a)] as f64 - y(a) * (gradient[at(a)] as f64 - dot)).abs() < 1e-6);
                            if inner == 1 {
                                assert!((logs[at(a)] as f64 - y(a).ln()).abs() < 1e-5);
                                let want = gradient[at(a)] as f64 - y(a) * all;
                                assert!((log_back[at(a)] as f64 - want).abs() < 1e-5);
                            }
                        }
                    }
                }
            });
        }
    }
}
