//! Maximum and average pooling along one, two or three axes: vectors run along the channels.

mod lines;

use super::copies::zero_run;
use super::elementwise::{load_some, store_some};
use super::geometry::{Axis, Geometry};
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Kernel, Vector};
use super::sums::{PIECE, Sum};
use super::{ensure, length};
use lines::Lines;

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

/// Windows of 2 × 2 side by side, inside the image, as most pooling layers have them.
fn are_quarters(g: &Geometry) -> bool {
    let halves = |axis: &Axis| (axis.window, axis.stride, axis.before) == (2, 2, 0) && 2 * axis.output <= axis.input;
    g.is_planar() && halves(&g.y) && halves(&g.x)
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
    let inputs = inputs.map(ReadPointer::new);
    let (planar, quarters, narrow) = (g.is_planar(), are_quarters(g), lines::are_better(isa, operation, g));
    if backward && (narrow || !quarters) {
        to.fill(0.0);
    }
    let to = WritePointer::new(to);
    // Windows may overlap within an image, never across images. Forward, lines are independent too.
    let all = g.z.output * g.y.output;
    let lines = if backward { 1 } else { all };
    let each = length([g.output_len(), g.taps()]) / lines.max(1);
    if narrow {
        return parallel::share(batch * lines, 1, Work::Floats { each }, &|first, last| {
            // SAFETY: the lengths were checked at entry; threads own disjoint images, or lines of the output.
            unsafe { isa.run_pointers(Lines { operation, g, first, last, inputs, to }) };
        });
    }
    parallel::share(batch * lines, 1, Work::Floats { each }, &|first, last| {
        for line in first..last {
            let (image, first) = (line / lines.max(1), line % lines.max(1));
            let lines = if backward { (0, all) } else { (first, first + 1) };
            let image = Image { operation, g, image, lines, inputs, to };
            // SAFETY: the lengths were checked at entry; threads own disjoint images, or lines of the output.
            unsafe {
                if quarters {
                    isa.run_pointers(Quarters(image));
                } else if planar {
                    isa.run_pointers(Windows::<true>(image));
                } else {
                    isa.run_pointers(Windows::<false>(image));
                }
            }
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

/// An image of any windows. Where it is planar, windows are one element deep.
struct Windows<'a, const PLANAR: bool>(Image<'a>);

impl<const PLANAR: bool> Kernel for Windows<'_, PLANAR> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Image { g, image, lines, .. } = self.0;
        for line in lines.0..lines.1 {
            let (z, y) = if PLANAR {
                ((0, 1), g.y.clipped(line))
            } else {
                (g.z.clipped(line / g.y.output.max(1)), g.y.clipped(line % g.y.output.max(1)))
            };
            for x in 0..g.x.output {
                let window = Elements { z, y, x: g.x.clipped(x) };
                let pixel = ((image * g.z.output * g.y.output + line) * g.x.output + x) * g.channels;
                let mut channel = 0;
                // SAFETY: the caller's promise.
                unsafe {
                    while channel + V::LANES <= g.channels {
                        self.window::<V>(window, pixel + channel, channel, V::LANES);
                        channel += V::LANES;
                    }
                    if channel < g.channels {
                        self.window::<V>(window, pixel + channel, channel, g.channels - channel);
                    }
                }
            }
        }
    }
}

/// The elements of a window that lie in the input: along each axis the first one, and the one after the last.
#[derive(Clone, Copy)]
struct Elements {
    z: (usize, usize),
    y: (usize, usize),
    x: (usize, usize),
}

impl Elements {
    #[inline(always)]
    fn count(&self) -> usize {
        let count = |(first, end): (usize, usize)| end.saturating_sub(first);
        count(self.z) * count(self.y) * count(self.x)
    }
}

impl<const PLANAR: bool> Windows<'_, PLANAR> {
    /// # Safety
    /// As [`Kernel::run`], for `count` channels of a window of the output.
    #[inline(always)]
    unsafe fn window<V: Vector>(&self, window: Elements, out: usize, channel: usize, count: usize) {
        let Image { operation, g, image, inputs, to, .. } = self.0;
        let [input, output, gradient] = inputs.map(ReadPointer::get);
        let z = if PLANAR { (0, 1) } else { window.z };
        // SAFETY: windows are clipped to the image, `count` lanes exist, and every pointer that the operation uses has the
        // length that its entry checked.
        let load = |from: *const f32, at: usize| unsafe { load_some::<V>(from.add(at), count) };
        // SAFETY: as above.
        let store = |value: V, at: usize| unsafe { store_some(value, to.get().add(at), count) };
        // The offset of each element. (A macro rather than a method, whose closure would not always be inlined.)
        macro_rules! each {
            ($at:ident => $visit:block) => {
                for z in z.0..z.1 {
                    for y in window.y.0..window.y.1 {
                        let plane = if PLANAR { image } else { image * g.z.input + z };
                        let line = (plane * g.y.input + y) * g.x.input;
                        let mut $at = (line + window.x.0) * g.channels + channel;
                        for _ in window.x.0..window.x.1 {
                            $visit
                            $at += g.channels;
                        }
                    }
                }
            };
        }
        match operation {
            Operation::Max => {
                let mut highest = V::splat(f32::NEG_INFINITY);
                each!(at => {
                    let value = load(input, at);
                    // A NaN value is taken, and a NaN maximum is kept: no comparison with it is true.
                    let higher = V::select(value.le(highest), highest, value);
                    highest = V::select(highest.eq(highest), higher, highest);
                });
                store(highest, out);
            }
            Operation::Average => {
                let sum = if window.count() <= PIECE {
                    let mut sum = V::zero();
                    each!(at => { sum = sum + load(input, at); });
                    sum
                } else {
                    let mut sum = Sum::<V>::zero();
                    each!(at => { sum.add(load(input, at)); });
                    sum.total()
                };
                store(sum / V::splat(window.count() as f32), out);
            }
            Operation::MaxBackward => {
                let (highest, mut rest) = (load(output, out), load(gradient, out));
                each!(at => {
                    let value = load(input, at);
                    // The first maximum takes the gradient and leaves zero. A NaN equals no number: it is its own.
                    let first = V::select(highest.eq(highest), V::zero(), V::splat(1.0));
                    let nan = V::select(value.eq(value), V::zero(), V::splat(1.0)) * first;
                    let wins = V::select(value.eq(highest), V::splat(1.0), nan);
                    let taken = V::select(wins.eq(V::zero()), V::zero(), rest);
                    rest = V::select(wins.eq(V::zero()), rest, V::zero());
                    store(load(to.get(), at) + taken, at);
                });
            }
            Operation::AverageBackward => {
                let share = load(gradient, out) / V::splat(window.count() as f32);
                each!(at => { store(load(to.get(), at) + share, at); });
            }
        }
    }
}

/// An image whose windows are [quarters](are_quarters): every input pixel belongs to one window at most, so that
/// gradients are written once.
struct Quarters<'a>(Image<'a>);

impl Kernel for Quarters<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.0.operation {
                Operation::Max => self.forward::<V, Max>(),
                Operation::Average => self.forward::<V, Average>(),
                Operation::MaxBackward => self.backward::<V, Max>(),
                Operation::AverageBackward => self.backward::<V, Average>(),
            }
        }
    }
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

impl Quarters<'_> {
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn forward<V: Vector, W: Window>(&self) {
        let Image { g, image, lines, inputs: [input, ..], to, .. } = self.0;
        let (across, down) = (g.channels, g.x.input * g.channels);
        for y in lines.0..lines.1 {
            let mut channel = 0;
            while channel < g.channels {
                let count = V::LANES.min(g.channels - channel);
                let mut from = input.get().wrapping_add((image * g.y.input + 2 * y) * down + channel);
                let mut to = to.get().wrapping_add((image * g.y.output + y) * g.x.output * across + channel);
                for _ in 0..g.x.output {
                    // SAFETY: the window lies in the image and `count` lanes exist; the lengths were checked at entry.
                    unsafe {
                        let [a, b, c, d] = corners::<V>(from, across, down, count);
                        let joined = W::join(W::join(a, b), W::join(c, d));
                        let joined = if W::IS_MEAN { joined * V::splat(0.25) } else { joined };
                        store_some(joined, to, count);
                    }
                    (from, to) = (from.wrapping_add(2 * across), to.wrapping_add(across));
                }
                channel += V::LANES;
            }
        }
    }

    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn backward<V: Vector, W: Window>(&self) {
        let Image { g, image, inputs: [input, output, gradient], to, .. } = self.0;
        let (across, down) = (g.channels, g.x.input * g.channels);
        for y in 0..g.y.output {
            let mut channel = 0;
            while channel < g.channels {
                let count = V::LANES.min(g.channels - channel);
                let mut first = (image * g.y.input + 2 * y) * down + channel;
                let mut out = (image * g.y.output + y) * g.x.output * across + channel;
                for _ in 0..g.x.output {
                    // SAFETY: as in `forward`; the gradient of a mean does not depend on the values.
                    unsafe {
                        let (mut values, mut joined) = ([V::zero(); 4], V::zero());
                        if !W::IS_MEAN {
                            values = corners::<V>(input.get().wrapping_add(first), across, down, count);
                            joined = load_some::<V>(output.get().add(out), count);
                        }
                        let [a, b, c, d] = W::share(values, joined, load_some::<V>(gradient.get().add(out), count));
                        let to = to.get().add(first);
                        store_some(a, to, count);
                        store_some(b, to.add(across), count);
                        store_some(c, to.add(down), count);
                        store_some(d, to.add(down + across), count);
                    }
                    (first, out) = (first + 2 * across, out + across);
                }
                channel += V::LANES;
            }
        }
        // The last row and column of an image of odd size belong to no window.
        for y in 0..g.y.input {
            let covered = if y < 2 * g.y.output { 2 * g.x.output } else { 0 };
            let start = to.get().wrapping_add(((image * g.y.input + y) * g.x.input + covered) * across);
            // SAFETY: the rest of a line of the image.
            unsafe { zero_run(start, (g.x.input - covered) * across) };
        }
    }
}

/// The values of a window, from its first one on.
///
/// # Safety
/// `count` lanes are readable at each.
#[inline(always)]
unsafe fn corners<V: Vector>(from: *const f32, across: usize, down: usize, count: usize) -> [V; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        [
            load_some(from, count),
            load_some(from.add(across), count),
            load_some(from.add(down), count),
            load_some(from.add(down + across), count),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::matmul::tests::noise;
    use crate::kernels::properties::{cases, pools::windows};
    use crate::kernels::simd::tests::each_isa;
    use proptest::prelude::*;

    fn check(g: &Geometry, batch: usize) {
        // Few distinct values, so that there are ties.
        let input: Vec<f32> = noise(batch * g.input_len(), 1).iter().map(|x| (x * 3.0).round()).collect();
        let gradient = noise(batch * g.output_len(), 2);
        let (mut max, mut average) = (vec![0.0f32; gradient.len()], vec![0.0f32; gradient.len()]);
        let (mut max_back, mut average_back) = (vec![0.0f32; input.len()], vec![0.0f32; input.len()]);
        for (at, places) in windows(g, batch).iter().enumerate() {
            let first = places.iter().copied().reduce(|a, b| if input[b] > input[a] { b } else { a }).unwrap();
            max[at] = input[first];
            max_back[first] += gradient[at];
            average[at] = places.iter().map(|p| input[*p]).sum::<f32>() / places.len() as f32;
            for p in places {
                average_back[*p] += gradient[at] / places.len() as f32;
            }
        }
        each_isa(|| {
            let (mut out, mut back) = (vec![f32::NAN; max.len()], vec![f32::NAN; input.len()]);
            max_forward(g, batch, &input, &mut out);
            assert_eq!(out, max);
            max_backward(g, batch, &input, &max, &gradient, &mut back);
            // Where windows overlap, the order of the sums is open.
            assert!(back.iter().zip(&max_back).all(|(a, b)| (a - b).abs() < 1e-5));
            average_forward(g, batch, &input, &mut out);
            assert!(out.iter().zip(&average).all(|(a, b)| (a - b).abs() < 1e-6));
            average_backward(g, batch, &gradient, &mut back);
            assert!(back.iter().zip(&average_back).all(|(a, b)| (a - b).abs() < 1e-5));
        });
    }

    /// One axis of a pool, whose windows all have an element: inside, or over the borders.
    fn axis(longest: usize) -> impl Strategy<Value = Axis> {
        (1..=longest, 1usize..4, 1usize..5, any::<bool>(), 0usize..3).prop_map(|(input, window, stride, same, pad)| {
            let window = window.min(input);
            let (before, output) = if same {
                let output = input.div_ceil(stride);
                (((output - 1) * stride + window).saturating_sub(input) / 2, output)
            } else {
                // No window lies in the padding alone.
                let before = pad.min(window - 1);
                (before, (before + input - window) / stride + 1)
            };
            Axis { input, window, stride, dilation: 1, before, output }
        })
    }

    proptest! {
        #![proptest_config(cases(96))]
        #[test]
        fn one_axis_two_and_three_equal_the_definition(
            batch in 0usize..4, axes in prop_oneof![
                prop::collection::vec(axis(17), 1..=1), prop::collection::vec(axis(9), 2..=2), prop::collection::vec(axis(6), 3..=3),
            ],
            channels in 1usize..36,
        ) {
            check(&Geometry::pool(&axes, channels), batch);
        }
    }

    #[test]
    fn a_volume_of_quarters() {
        let (one, half) = (
            Axis { input: 3, output: 3, ..Axis::ONE },
            Axis { input: 5, window: 2, stride: 2, output: 2, ..Axis::ONE },
        );
        check(&Geometry::pool(&[one, half, half], 19), 2);
        check(&Geometry::pool(&[half; 3], 19), 2);
    }

    #[test]
    fn quarters_are_windows_too() {
        for (height, width, channels) in [(6, 8, 32), (7, 5, 6), (2, 2, 1), (5, 4, 19), (3, 9, 40)] {
            check(&quarters(height, width, channels), 3);
        }
    }

    fn quarters(height: usize, width: usize, channels: usize) -> Geometry {
        let halved = |input: usize| Axis { input, window: 2, stride: 2, output: input / 2, ..Axis::ONE };
        Geometry::pool(&[halved(height), halved(width)], channels)
    }

    /// One window over everything.
    fn global(pixels: usize, channels: usize) -> Geometry {
        Geometry::pool(&[Axis { input: pixels, window: pixels, ..Axis::ONE }], channels)
    }

    #[test]
    fn nan_in_a_quarter() {
        each_isa(|| {
            for at in 0..4 {
                let mut input = [1.0, 2.0, 4.0, 3.0];
                input[at] = f32::NAN;
                let (mut out, mut back) = ([0.0], [0.0; 4]);
                max_forward(&quarters(2, 2, 1), 1, &input, &mut out);
                assert!(out[0].is_nan());
                max_backward(&quarters(2, 2, 1), 1, &input, &out, &[5.0], &mut back);
                assert_eq!(back[at], 5.0);
                assert_eq!(back.iter().sum::<f32>(), 5.0);
            }
        });
    }

    #[test]
    fn nothing_to_do() {
        let nothing = Geometry::pool(&[Axis { input: 4, window: 5, output: 0, ..Axis::ONE }], 3);
        max_forward(&nothing, 2, &[0.0; 24], &mut []);
        let mut back = [7.0; 24];
        average_backward(&nothing, 2, &[], &mut back);
        assert_eq!(back, [0.0; 24]);
        average_forward(&global(4, 0), 2, &[], &mut []);
        average_forward(&global(4, 3), 0, &[], &mut []);
    }

    #[test]
    fn nan_wins_and_takes_the_gradient() {
        each_isa(|| {
            for at in 0..3 {
                let mut input = [1.0, 2.0, 3.0];
                input[at] = f32::NAN;
                let (mut out, mut back) = ([0.0], [0.0; 3]);
                max_forward(&global(3, 1), 1, &input, &mut out);
                assert!(out[0].is_nan());
                max_backward(&global(3, 1), 1, &input, &out, &[5.0], &mut back);
                assert_eq!(back[at], 5.0);
                assert_eq!(back.iter().sum::<f32>(), 5.0);
            }
        });
    }
}
