//! Element-wise passes, column sums and copies of strided blocks.

use super::columns::{self, Plain};
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Kernel, MAX_LANES, Vector};
use super::{ensure, length};

/// # Safety
/// `count` floats, at most a vector's, are readable.
#[inline(always)]
pub(crate) unsafe fn load_some<V: Vector>(from: *const f32, count: usize) -> V {
    // SAFETY: the caller's promise.
    unsafe { if count == V::LANES { V::load(from) } else { V::load_partial(from, count) } }
}

/// # Safety
/// `count` floats, at most a vector's, are writable.
#[inline(always)]
pub(crate) unsafe fn store_some<V: Vector>(value: V, to: *mut f32, count: usize) {
    // SAFETY: the caller's promise.
    unsafe { if count == V::LANES { value.store(to) } else { value.store_partial(to, count) } }
}

/// A vector that may be absent, and is then one number everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Optional(ReadPointer, f32);

impl Optional {
    /// `values`, or `default` everywhere if empty.
    pub(crate) fn new(values: &[f32], default: f32) -> Self {
        Self(ReadPointer::or_null(values), default)
    }
    /// # Safety
    /// Elements `at..at + count` exist, unless the vector is absent.
    #[inline(always)]
    pub(crate) unsafe fn get<V: Vector>(&self, at: usize, count: usize) -> V {
        let from = self.0.get();
        if from.is_null() {
            return V::splat(self.1);
        }
        // SAFETY: the caller's promise.
        unsafe { load_some(from.add(at), count) }
    }
    /// An element, in every lane.
    ///
    /// # Safety
    /// It exists, unless the vector is absent.
    #[inline(always)]
    pub(crate) unsafe fn splat<V: Vector>(&self, at: usize) -> V {
        let from = self.0.get();
        // SAFETY: the caller's promise.
        V::splat(if from.is_null() { self.1 } else { unsafe { *from.add(at) } })
    }
}

/// A function of I vectors, lane by lane.
pub(crate) trait Lanes<const I: usize>: Sync {
    /// One vector's worth.
    fn apply<V: Vector>(&self, inputs: [V; I]) -> V;
}

/// Applies `function` to the first `len` elements of every input; the output may be an input too.
///
/// # Safety
/// Inputs are readable, the output is writable and exclusively ours, for `len` floats. Distinct pointers do not overlap.
pub(crate) unsafe fn map<const I: usize, F: Lanes<I>>(
    function: &F,
    len: usize,
    inputs: [*const f32; I],
    output: *mut f32,
) {
    let isa = Isa::current();
    let inputs = inputs.map(ReadPointer);
    let output = WritePointer(output);
    parallel::share(len, 1, Work::Floats { each: 1 }, &|start, end| {
        // SAFETY: the caller's promise; threads own disjoint elements.
        unsafe { isa.run_pointers(Map { function, start, end, inputs, output }) };
    });
}

struct Map<'a, const I: usize, F> {
    function: &'a F,
    start: usize,
    end: usize,
    inputs: [ReadPointer; I],
    output: WritePointer,
}

impl<const I: usize, F: Lanes<I>> Kernel for Map<'_, I, F> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let rest = (self.end - self.start) % V::LANES;
        let (mut at, mut end) = (self.start, self.end - rest);
        let (mut inputs, mut output) = (self.inputs, self.output);
        let (mut ends, mut end_of_output) = ([[0.0; MAX_LANES]; I], [0.0; MAX_LANES]);
        let mut is_rest = false;
        // SAFETY: the caller promised `end` floats. What does not fill a vector is computed where there is room for one.
        unsafe {
            loop {
                while at < end {
                    self.function.apply(load_all::<V, I>(&inputs, at)).store(output.get().add(at));
                    at += V::LANES;
                }
                if is_rest || rest == 0 {
                    break;
                }
                // The function is compiled once, for vectors.
                inputs = move_rest::<V, I>(&inputs, (at, rest), &mut ends);
                output = WritePointer(end_of_output.as_mut_ptr());
                (at, end, is_rest) = (0, V::LANES, true);
            }
            if is_rest {
                V::load(end_of_output.as_ptr()).store_partial(self.output.get().add(self.end - rest), rest);
            }
        }
    }
}

/// A vector of each input.
///
/// # Safety
/// They are readable.
#[inline(always)]
unsafe fn load_all<V: Vector, const I: usize>(inputs: &[ReadPointer; I], at: usize) -> [V; I] {
    let mut values = [V::zero(); I];
    for (value, input) in values.iter_mut().zip(inputs) {
        // SAFETY: the caller's promise.
        *value = unsafe { V::load(input.get().add(at)) };
    }
    values
}

/// Copies a part of a vector of each input, and returns where it is.
///
/// # Safety
/// `count` floats are readable.
#[inline(always)]
unsafe fn move_rest<V: Vector, const I: usize>(
    inputs: &[ReadPointer; I],
    (at, count): (usize, usize),
    to: &mut [[f32; MAX_LANES]; I],
) -> [ReadPointer; I] {
    let mut moved = [ReadPointer::NULL; I];
    for ((to, input), moved) in to.iter_mut().zip(inputs).zip(&mut moved) {
        // SAFETY: the caller's promise; the array holds MAX_LANES floats.
        unsafe { V::load_partial(input.get().add(at), count).store(to.as_mut_ptr()) };
        *moved = ReadPointer(to.as_ptr());
    }
    moved
}

/// `Lanes` from an expression over the vectors' names.
macro_rules! lanes {
    ($(#[$attribute:meta])* $name:ident { $($field:ident),* } |$self:ident, $($input:ident),*| $body:expr) => {
        $(#[$attribute])*
        struct $name { $($field: f32),* }
        impl $crate::kernels::elementwise::Lanes<{ [$(stringify!($input)),*].len() }> for $name {
            #[inline(always)]
            fn apply<V: $crate::kernels::simd::Vector>(&self, [$($input),*]: [V; [$(stringify!($input)),*].len()]) -> V {
                let $self = self;
                $(let _ = $input;)*
                $body
            }
        }
    };
}
pub(crate) use lanes;

lanes!(Sum {} | _f, a, b | a + b);
lanes!(Product {} | _f, a, b | a * b);
lanes!(Difference {} | _f, a, b | a - b);
lanes!(Scale { factor } | f, a | a * V::splat(f.factor));
lanes!(Axpy { factor } | f, x, y | V::splat(f.factor).mul_add(x, y));

/// to += from.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut sum = [1.0, 2.0];
/// elementwise::add_assign(&mut sum, &[10.0, 20.0]);
/// assert_eq!(sum, [11.0, 22.0]);
/// ```
pub fn add_assign(to: &mut [f32], from: &[f32]) {
    ensure!(to.len() == from.len());
    let (len, out) = (to.len(), to.as_mut_ptr());
    // SAFETY: equal lengths.
    unsafe { map(&Sum {}, len, [out.cast_const(), from.as_ptr()], out) }
}

/// output = a + b.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut output = [0.0; 2];
/// elementwise::add(&[1.0, 2.0], &[10.0, 20.0], &mut output);
/// assert_eq!(output, [11.0, 22.0]);
/// ```
pub fn add(a: &[f32], b: &[f32], output: &mut [f32]) {
    ensure!(a.len() == output.len() && b.len() == output.len());
    // SAFETY: equal lengths.
    unsafe { map(&Sum {}, output.len(), [a.as_ptr(), b.as_ptr()], output.as_mut_ptr()) }
}

/// output = a - b.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut output = [0.0; 2];
/// elementwise::subtract(&[1.0, 2.0], &[10.0, 20.0], &mut output);
/// assert_eq!(output, [-9.0, -18.0]);
/// ```
pub fn subtract(a: &[f32], b: &[f32], output: &mut [f32]) {
    ensure!(a.len() == output.len() && b.len() == output.len());
    // SAFETY: equal lengths.
    unsafe { map(&Difference {}, output.len(), [a.as_ptr(), b.as_ptr()], output.as_mut_ptr()) }
}

/// output = a·b, element by element.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut output = [0.0; 2];
/// elementwise::multiply(&[1.0, 2.0], &[10.0, 20.0], &mut output);
/// assert_eq!(output, [10.0, 40.0]);
/// ```
pub fn multiply(a: &[f32], b: &[f32], output: &mut [f32]) {
    ensure!(a.len() == output.len() && b.len() == output.len());
    // SAFETY: equal lengths.
    unsafe { map(&Product {}, output.len(), [a.as_ptr(), b.as_ptr()], output.as_mut_ptr()) }
}

/// output = Σ inputs, added in their order.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut output = [0.0; 2];
/// elementwise::add_all(&[&[1.0, 2.0], &[10.0, 20.0], &[100.0, 200.0]], &mut output);
/// assert_eq!(output, [111.0, 222.0]);
/// ```
pub fn add_all(inputs: &[&[f32]], output: &mut [f32]) {
    match inputs {
        [] => output.fill(0.0),
        [only] => copy(only, output),
        [first, second, rest @ ..] => {
            add(first, second, output);
            for input in rest {
                add_assign(output, input);
            }
        }
    }
}

/// values *= factor.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut values = [1.0, 2.0];
/// elementwise::scale(0.5, &mut values);
/// assert_eq!(values, [0.5, 1.0]);
/// ```
pub fn scale(factor: f32, values: &mut [f32]) {
    let (len, out) = (values.len(), values.as_mut_ptr());
    // SAFETY: one slice.
    unsafe { map(&Scale { factor }, len, [out.cast_const()], out) }
}

/// output = input.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut output = [0.0; 2];
/// elementwise::copy(&[1.0, 2.0], &mut output);
/// assert_eq!(output, [1.0, 2.0]);
/// ```
pub fn copy(input: &[f32], output: &mut [f32]) {
    ensure!(input.len() == output.len());
    // SAFETY: equal lengths, and a mutable borrow overlaps nothing.
    unsafe { core::ptr::copy_nonoverlapping(input.as_ptr(), output.as_mut_ptr(), input.len()) }
}

/// y += factor·x.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut y = [1.0, 2.0];
/// elementwise::axpy(0.5, &[10.0, 20.0], &mut y);
/// assert_eq!(y, [6.0, 12.0]);
/// ```
pub fn axpy(factor: f32, x: &[f32], y: &mut [f32]) {
    ensure!(x.len() == y.len());
    let (len, out) = (y.len(), y.as_mut_ptr());
    // SAFETY: equal lengths.
    unsafe { map(&Axpy { factor }, len, [x.as_ptr(), out.cast_const()], out) }
}

/// sums = Σ over rows of values, or sums += it: the gradient of a bias.
///
/// # Shapes
/// values: (rows, columns) with `columns = sums.len()`.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// let mut sums = [0.0; 2];
/// elementwise::column_sums(&[1.0, 2.0, 10.0, 20.0], &mut sums, false);
/// assert_eq!(sums, [11.0, 22.0]);
/// ```
pub fn column_sums(values: &[f32], sums: &mut [f32], accumulate: bool) {
    let columns = sums.len();
    ensure!(columns == 0 || values.len().is_multiple_of(columns));
    // SAFETY: a whole number of rows, of which plain sums read nothing else.
    unsafe { columns::sums(&Plain, values, (sums, None), 64, 1.0, accumulate) }
}

/// Σ values²: fixed blocks of 4096, each summed in sixteen lanes whatever the instruction set, folded by halves, and
/// added in order in `f64`.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// assert_eq!(elementwise::sum_of_squares(&[3.0, 4.0]), 25.0);
/// ```
pub fn sum_of_squares(values: &[f32]) -> f32 {
    sum_of(values, |value| value * value)
}

/// Σ values, in the order of [`sum_of_squares`].
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// assert_eq!(elementwise::sum(&[3.0, 4.0]), 7.0);
/// ```
pub fn sum(values: &[f32]) -> f32 {
    sum_of(values, |value| value)
}

/// Σ term(value), in the order of [`sum_of_squares`].
#[inline(always)]
pub(crate) fn sum_of(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut total = 0.0f64;
    for block in values.chunks(4096) {
        let mut lanes = [0.0f32; MAX_LANES];
        for chunk in block.chunks(MAX_LANES) {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane += term(*value);
            }
        }
        let mut half = MAX_LANES / 2;
        while half > 0 {
            let (low, high) = lanes.split_at_mut(half.min(MAX_LANES));
            for (low, high) in low.iter_mut().zip(high.iter()) {
                *low += *high;
            }
            half /= 2;
        }
        let [sum, ..] = lanes;
        total += sum as f64;
    }
    total as f32
}

/// Copies `count` blocks of `len` floats from every `from_stride`-th to every `to_stride`-th float.
///
/// A concatenation along an axis is one call per input: blocks are the input's lengths from that axis inwards, the
/// output's stride is the sum of all, `output` starts at the input's offset. Its gradient swaps the two sides, and a
/// crop or a padding is the same call.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// // Two rows of three columns; the first two of each are taken.
/// let mut output = [0.0; 4];
/// elementwise::copy_blocks(2, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, &mut output, 2, false);
/// assert_eq!(output, [1.0, 2.0, 4.0, 5.0]);
/// ```
pub fn copy_blocks(
    count: usize,
    len: usize,
    from: &[f32],
    from_stride: usize,
    to: &mut [f32],
    to_stride: usize,
    accumulate: bool,
) {
    if count == 0 || len == 0 {
        return;
    }
    let end = |stride: usize| length([count - 1, stride]).saturating_add(len);
    ensure!(end(from_stride) <= from.len() && end(to_stride) <= to.len());
    ensure!(count == 1 || to_stride >= len);
    let (mut from, mut to) = (from.as_ptr(), to.as_mut_ptr());
    for _ in 0..count {
        // SAFETY: every block lies within its slice, checked above.
        unsafe {
            if accumulate {
                for at in 0..len {
                    *to.add(at) += *from.add(at);
                }
            } else {
                super::copies::copy_run(from, to, len);
            }
        }
        from = from.wrapping_add(from_stride);
        to = to.wrapping_add(to_stride);
    }
}

/// Concatenates along an axis: `lens[i]` is input i's block length, its lengths from that axis inwards.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// // Two rows each, of one column and of two.
/// let mut output = [0.0; 6];
/// elementwise::concatenate(&[&[1.0, 4.0], &[2.0, 3.0, 5.0, 6.0]], &[1, 2], &mut output);
/// assert_eq!(output, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// ```
pub fn concatenate(inputs: &[&[f32]], lens: &[usize], output: &mut [f32]) {
    let total: usize = lens.iter().sum();
    ensure!(inputs.len() == lens.len() && (total == 0 || output.len().is_multiple_of(total)));
    let count = output.len() / total.max(1);
    let mut offset = 0;
    for (input, len) in inputs.iter().zip(lens) {
        let Some(to) = output.get_mut(offset..) else { return };
        copy_blocks(count, *len, input, *len, to, total, false);
        offset += len;
    }
}

/// The gradient of [`concatenate`] for the input whose blocks start at `offset`: copies, or adds, its part.
///
/// ```
/// use keras_core::kernels::elementwise;
///
/// // Of two rows of three columns, the second input made the last two.
/// let mut gradient = [0.0; 4];
/// elementwise::concatenate_backward(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 1, 2, &mut gradient, false);
/// assert_eq!(gradient, [2.0, 3.0, 5.0, 6.0]);
/// ```
pub fn concatenate_backward(
    output_gradient: &[f32],
    total: usize,
    offset: usize,
    len: usize,
    input_gradient: &mut [f32],
    accumulate: bool,
) {
    let Some(from) = output_gradient.get(offset..) else { return };
    let count = output_gradient.len() / total.max(1);
    copy_blocks(count, len, from, total, input_gradient, len, accumulate);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::matmul::tests::noise;
    use crate::kernels::simd::tests::each_isa;

    #[test]
    fn sums_scales_and_copies() {
        each_isa(|| {
            for len in [0, 1, 15, 16, 17, 100_003] {
                let (a, b) = (noise(len, 1), noise(len, 2));
                let mut out = vec![0.0; len];
                add(&a, &b, &mut out);
                assert!(out.iter().zip(a.iter().zip(&b)).all(|(o, (a, b))| *o == a + b));
                add_all(&[&a, &b, &a], &mut out);
                assert!(out.iter().zip(a.iter().zip(&b)).all(|(o, (a, b))| *o == a + b + a));
                scale(0.5, &mut out);
                axpy(-0.5, &b, &mut out);
                assert!(out.iter().zip(&a).all(|(o, a)| (o - a).abs() < 1e-6));
            }
        });
    }

    #[test]
    fn columns_are_summed() {
        each_isa(|| {
            for (rows, columns) in [(0, 3), (1, 1), (300, 7), (1000, 131)] {
                let values = noise(rows * columns, 3);
                let mut sums = vec![1.0; columns];
                column_sums(&values, &mut sums, true);
                for (c, sum) in sums.iter().enumerate() {
                    let want = 1.0 + (0..rows).map(|r| values[r * columns + c] as f64).sum::<f64>();
                    assert!((*sum as f64 - want).abs() < 1e-4);
                }
            }
        });
    }

    #[test]
    fn squares_are_summed() {
        let values = noise(10_001, 4);
        let want: f64 = values.iter().map(|v| (*v as f64).powi(2)).sum();
        assert!((sum_of_squares(&values) as f64 - want).abs() < 1e-3 * want);
    }

    #[test]
    fn concatenation_and_back() {
        let (a, b) = (noise(2 * 3, 5), noise(2 * 5, 6));
        let mut out = vec![0.0; 16];
        concatenate(&[&a, &b], &[3, 5], &mut out);
        assert_eq!((&out[..3], &out[3..8], &out[8..11]), (&a[..3], &b[..5], &a[3..]));
        let mut back = vec![0.0; 10];
        concatenate_backward(&out, 8, 3, 5, &mut back, false);
        assert_eq!(back, b);
    }
}
