//! Maximum and average pooling along one, two or three axes.
//!
//! Vectors run along the channels (`windows`); those of few channels along lines (`lines`), or over several windows of 2 × 2
//! (`quarters`). Where an element belongs to hundreds of windows, its gradients are summed apart (`overlaps`).

mod choice;
mod lines;
mod overlaps;
mod quarters;
#[cfg(test)]
mod tests;
mod windows;

use super::geometry::{Axis, Geometry};
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Vector};
use super::{ensure, length};
use lines::Lines;
use quarters::{Quarters, Together};
use windows::Windows;

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Max,
    Average,
    MaxBackward,
    AverageBackward,
}

/// output = the maximum of each window; padding never wins, a NaN does.
///
/// # Shapes
/// input: (batch, axes, channels); output: (batch, axes, channels).
///
/// ```
/// use keras_core::kernels::{geometry::{Axis, Geometry}, pooling};
///
/// // Windows of two steps, of one channel.
/// const GEOMETRY: Geometry = Geometry::pool(&[Axis { input: 4, window: 2, stride: 2, output: 2, ..Axis::ONE }], 1);
/// let mut output = [0.0; 2];
/// pooling::max_forward(&GEOMETRY, 1, &[1.0, 2.0, 8.0, 5.0], &mut output);
/// assert_eq!(output, [2.0, 8.0]);
/// ```
pub fn max_forward(geometry: &Geometry, batch: usize, input: &[f32], output: &mut [f32]) {
    ensure!(fits(geometry, batch, input.len(), output.len()));
    run(Operation::Max, geometry, batch, [input, &[], &[]], output);
}

/// input_gradient = each output gradient at the first maximum of its window, as in TensorFlow.
///
/// ```
/// use keras_core::kernels::{geometry::{Axis, Geometry}, pooling};
///
/// const GEOMETRY: Geometry = Geometry::pool(&[Axis { input: 4, window: 2, stride: 2, output: 2, ..Axis::ONE }], 1);
/// let mut gradient = [0.0; 4];
/// pooling::max_backward(&GEOMETRY, 1, &[1.0, 2.0, 8.0, 5.0], &[2.0, 8.0], &[10.0, 20.0], &mut gradient);
/// assert_eq!(gradient, [0.0, 10.0, 20.0, 0.0]);
/// ```
pub fn max_backward(
    geometry: &Geometry,
    batch: usize,
    input: &[f32],
    output: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    ensure!(fits(geometry, batch, input.len(), output.len()));
    ensure!(input_gradient.len() == input.len() && output_gradient.len() == output.len());
    run(Operation::MaxBackward, geometry, batch, [input, output, output_gradient], input_gradient);
}

/// output = the mean of each window, padding excluded.
///
/// ```
/// use keras_core::kernels::{geometry::{Axis, Geometry}, pooling};
///
/// const GEOMETRY: Geometry = Geometry::pool(&[Axis { input: 4, window: 2, stride: 2, output: 2, ..Axis::ONE }], 1);
/// let mut output = [0.0; 2];
/// pooling::average_forward(&GEOMETRY, 1, &[1.0, 2.0, 8.0, 5.0], &mut output);
/// assert_eq!(output, [1.5, 6.5]);
/// ```
pub fn average_forward(geometry: &Geometry, batch: usize, input: &[f32], output: &mut [f32]) {
    ensure!(fits(geometry, batch, input.len(), output.len()));
    run(Operation::Average, geometry, batch, [input, &[], &[]], output);
}

/// input_gradient = each output gradient, shared evenly by its window.
///
/// ```
/// use keras_core::kernels::{geometry::{Axis, Geometry}, pooling};
///
/// const GEOMETRY: Geometry = Geometry::pool(&[Axis { input: 4, window: 2, stride: 2, output: 2, ..Axis::ONE }], 1);
/// let mut gradient = [0.0; 4];
/// pooling::average_backward(&GEOMETRY, 1, &[4.0, 8.0], &mut gradient);
/// assert_eq!(gradient, [2.0, 2.0, 4.0, 4.0]);
/// ```
pub fn average_backward(geometry: &Geometry, batch: usize, output_gradient: &[f32], input_gradient: &mut [f32]) {
    ensure!(fits(geometry, batch, input_gradient.len(), output_gradient.len()));
    run(Operation::AverageBackward, geometry, batch, [&[], &[], output_gradient], input_gradient);
}

/// Whether this is the geometry of a pool, with inputs and outputs of these lengths.
pub(crate) fn fits(g: &Geometry, batch: usize, input: usize, output: usize) -> bool {
    let is_dense = [g.z, g.y, g.x].iter().all(|axis| axis.dilation == 1);
    is_dense && g.channels == g.filters && g.fits(batch, input, output)
}

fn run(operation: Operation, g: &Geometry, batch: usize, inputs: [&[f32]; 3], to: &mut [f32]) {
    let isa = Isa::current();
    let backward = matches!(operation, Operation::MaxBackward | Operation::AverageBackward);
    if backward && g.output_len() == 0 {
        return to.fill(0.0);
    }
    if to.is_empty() {
        return;
    }
    // Of no floats, but perhaps of rows beyond all memory, which would be walked down.
    let none = |axis: Axis| Axis { input: 0, ..axis };
    let g = if g.input_len() == 0 { Geometry { z: none(g.z), y: none(g.y), x: none(g.x), ..*g } } else { *g };
    let (g, batch) = g.flattened(batch);
    let g = &g;
    let lanes = isa.lanes();
    let (planar, quarters) = (g.is_planar(), quarters::are_quarters(g));
    let disjoint = [g.z, g.y, g.x].iter().all(|axis| axis.window <= axis.stride || axis.output <= 1);
    let by_lines = !quarters && choice::lines_are_better(lanes, operation, g, disjoint);
    if backward && !by_lines && overlaps::are_many(g) {
        return overlaps::backward(operation, g, batch, inputs, to);
    }
    let inputs = inputs.map(ReadPointer::new);
    if backward && !quarters {
        to.fill(0.0);
    }
    let to = WritePointer::new(to);
    // Windows may overlap within an image, never across images. Forward, lines are independent too.
    let all = g.z.output * g.y.output;
    let lines = if backward { 1 } else { all };
    let each = length([g.output_len(), g.taps()]) / lines.max(1);
    let work = Work::Floats { each };
    if by_lines {
        return parallel::share(batch * lines, 1, work, &|first, last| {
            // SAFETY: the lengths were checked at entry; threads own disjoint images, or lines of the output.
            unsafe { isa.run_pointers(Lines { operation, g, first, last, inputs, to }) };
        });
    }
    let together = Together::new(lanes, g.channels);
    parallel::share(batch * lines, 1, work, &|first, last| {
        let mut line = first;
        while line < last {
            let image = line / lines.max(1);
            let (start, end) = (image * lines, last.min((image + 1) * lines));
            let of_image = if backward { (0, all) } else { (line - start, end - start) };
            let image = Image { operation, g, image, lines: of_image, inputs, to };
            // SAFETY: the lengths were checked at entry; threads own disjoint images, or lines of the output.
            unsafe {
                if quarters {
                    isa.run_pointers(Quarters { image, together: &together });
                } else if planar {
                    isa.run_pointers(Windows::<true> { image, disjoint });
                } else {
                    isa.run_pointers(Windows::<false> { image, disjoint });
                }
            }
            line = end;
        }
    });
}

struct Image<'a> {
    operation: Operation,
    g: &'a Geometry,
    image: usize,
    /// Lines of the output, counted over its planes.
    lines: (usize, usize),
    inputs: [ReadPointer; 3],
    to: WritePointer,
}

/// What becomes of a window. (A trait rather than closures, which cannot be told to be inlined.)
trait Window {
    /// What changes nothing that it is joined with.
    const NEUTRAL: f32;
    /// Whether elements are added, and the sum divided by their number.
    const IS_MEAN: bool;
    fn join<V: Vector>(a: V, b: V) -> V;
    /// The gradient's share of each value of a window of four.
    fn share<V: Vector>(values: [V; 4], joined: V, gradient: V) -> [V; 4];
}

struct Max;
impl Window for Max {
    const NEUTRAL: f32 = f32::NEG_INFINITY;
    const IS_MEAN: bool = false;
    #[inline(always)]
    fn join<V: Vector>(a: V, b: V) -> V {
        higher(a, b)
    }
    #[inline(always)]
    fn share<V: Vector>(values: [V; 4], highest: V, gradient: V) -> [V; 4] {
        // The first maximum takes the gradient. A NaN equals nothing: then the first NaN is the maximum.
        let (mut rest, mut shares) = (gradient, [V::zero(); 4]);
        for (share, value) in shares.iter_mut().zip(values) {
            let (is_highest, is_number) = (value.eq(highest), value.eq(value));
            *share = V::select(is_highest, rest, V::select(is_number, V::zero(), rest));
            rest = V::select(is_highest, V::zero(), V::select(is_number, rest, V::zero()));
        }
        shares
    }
}

struct Average;
impl Window for Average {
    const NEUTRAL: f32 = 0.0;
    const IS_MEAN: bool = true;
    #[inline(always)]
    fn join<V: Vector>(a: V, b: V) -> V {
        a + b
    }
    #[inline(always)]
    fn share<V: Vector>(_: [V; 4], _: V, gradient: V) -> [V; 4] {
        [gradient * V::splat(0.25); 4]
    }
}

/// The larger one; a NaN, if there is one.
#[inline(always)]
fn higher<V: Vector>(a: V, b: V) -> V {
    let larger = V::select(b.le(a), a, b);
    V::select(a.eq(a), larger, a)
}
