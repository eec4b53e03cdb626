//! Maximum and average pooling, NHWC: vectors run along the channels.

use super::elementwise::{load_some, store_some};
use super::geometry::{WindowAxis, windows_fit};
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Kernel, Vector};
use super::{ensure, length};

/// The sizes of a pooling layer, batch excluded.
///
/// ```
/// use keras_core::kernels::pool2d::{self, Pool2DGeometry};
///
/// /// Windows of 2×2 over an image of 2×4 with one channel.
/// const GEOMETRY: Pool2DGeometry = Pool2DGeometry {
///     height: 2,
///     width: 4,
///     channels: 1,
///     pool_height: 2,
///     pool_width: 2,
///     stride_y: 2,
///     stride_x: 2,
///     pad_top: 0,
///     pad_left: 0,
///     output_height: 1,
///     output_width: 2,
/// };
/// assert_eq!((GEOMETRY.input_len(), GEOMETRY.output_len()), (8, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pool2DGeometry {
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels of input and output.
    pub channels: usize,
    /// Rows of a window.
    pub pool_height: usize,
    /// Columns of a window.
    pub pool_width: usize,
    /// Distance between windows, in rows.
    pub stride_y: usize,
    /// Distance between windows, in columns.
    pub stride_x: usize,
    /// Rows of padding above the input.
    pub pad_top: usize,
    /// Columns of padding left of the input.
    pub pad_left: usize,
    /// Rows of the output.
    pub output_height: usize,
    /// Columns of the output.
    pub output_width: usize,
}

impl Pool2DGeometry {
    /// Floats of one input image.
    ///
    /// ```
    /// use keras_core::kernels::pool2d;
    ///
    /// assert_eq!(pool2d::global(4, 3).input_len(), 12);
    /// ```
    pub const fn input_len(&self) -> usize {
        length([self.height, self.width, self.channels])
    }
    /// Floats of one output image.
    ///
    /// ```
    /// use keras_core::kernels::pool2d;
    ///
    /// assert_eq!(pool2d::global(4, 3).output_len(), 3);
    /// ```
    pub const fn output_len(&self) -> usize {
        length([self.output_height, self.output_width, self.channels])
    }
    /// Whether slices of these lengths are the images of a batch, and no product of sizes or sum of coordinates overflows.
    pub(super) fn fits(&self, batch: usize, input: usize, output: usize) -> bool {
        let y = WindowAxis {
            input: self.height,
            window: self.pool_height,
            stride: self.stride_y,
            dilation: 1,
            pad: self.pad_top,
            output: self.output_height,
        };
        let x = WindowAxis {
            input: self.width,
            window: self.pool_width,
            stride: self.stride_x,
            dilation: 1,
            pad: self.pad_left,
            output: self.output_width,
        };
        windows_fit(y, x, batch, self.channels, self.channels)
            && input == length([batch, self.input_len()])
            && output == length([batch, self.output_len()])
    }
    /// Windows of 2 × 2 side by side, inside the image, as most pooling layers have them.
    fn quarters(&self) -> bool {
        let (size, stride) = ((self.pool_height, self.pool_width), (self.stride_y, self.stride_x));
        let inside = 2 * self.output_height <= self.height && 2 * self.output_width <= self.width;
        size == (2, 2) && stride == (2, 2) && self.pad_top == 0 && self.pad_left == 0 && inside
    }
    /// The input rows and columns of an output pixel's window, clipped: (top, bottom, left, right).
    #[inline(always)]
    fn window(&self, y: usize, x: usize) -> (usize, usize, usize, usize) {
        let (top, left) = (y * self.stride_y, x * self.stride_x);
        (
            top.saturating_sub(self.pad_top),
            (top + self.pool_height).saturating_sub(self.pad_top).min(self.height),
            left.saturating_sub(self.pad_left),
            (left + self.pool_width).saturating_sub(self.pad_left).min(self.width),
        )
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Max,
    Average,
    MaxBackward,
    AverageBackward,
}

/// output = the maximum of each window; padding never wins, a NaN does.
///
/// # Shapes
/// input: (batch, height, width, channels); output: (batch, output_height, output_width, channels).
///
/// ```
/// use keras_core::kernels::pool2d::{self, Pool2DGeometry};
///
/// # /// Windows of 2×2 over an image of 2×4 with one channel.
/// # const GEOMETRY: Pool2DGeometry = Pool2DGeometry {
/// #     height: 2,
/// #     width: 4,
/// #     channels: 1,
/// #     pool_height: 2,
/// #     pool_width: 2,
/// #     stride_y: 2,
/// #     stride_x: 2,
/// #     pad_top: 0,
/// #     pad_left: 0,
/// #     output_height: 1,
/// #     output_width: 2,
/// # };
/// let image = [1.0, 2.0, 5.0, 8.0, 3.0, 4.0, 6.0, 7.0];
/// let mut output = [0.0; 2];
/// pool2d::max_forward(&GEOMETRY, 1, &image, &mut output);
/// assert_eq!(output, [4.0, 8.0]);
/// ```
pub fn max_forward(geometry: &Pool2DGeometry, batch: usize, input: &[f32], output: &mut [f32]) {
    ensure!(geometry.fits(batch, input.len(), output.len()));
    run(Pass::Max, geometry, batch, [input, &[], &[]], output);
}

/// input_gradient = each output gradient at the first maximum of its window, as in TensorFlow.
///
/// ```
/// use keras_core::kernels::pool2d::{self, Pool2DGeometry};
///
/// # /// Windows of 2×2 over an image of 2×4 with one channel.
/// # const GEOMETRY: Pool2DGeometry = Pool2DGeometry {
/// #     height: 2,
/// #     width: 4,
/// #     channels: 1,
/// #     pool_height: 2,
/// #     pool_width: 2,
/// #     stride_y: 2,
/// #     stride_x: 2,
/// #     pad_top: 0,
/// #     pad_left: 0,
/// #     output_height: 1,
/// #     output_width: 2,
/// # };
/// let image = [1.0, 2.0, 5.0, 8.0, 3.0, 4.0, 6.0, 7.0];
/// let mut gradient = [0.0; 8];
/// pool2d::max_backward(&GEOMETRY, 1, &image, &[4.0, 8.0], &[10.0, 20.0], &mut gradient);
/// assert_eq!(gradient, [0.0, 0.0, 0.0, 20.0, 0.0, 10.0, 0.0, 0.0]);
/// ```
pub fn max_backward(
    geometry: &Pool2DGeometry,
    batch: usize,
    input: &[f32],
    output: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    ensure!(geometry.fits(batch, input.len(), output.len()));
    ensure!(input_gradient.len() == input.len() && output_gradient.len() == output.len());
    run(Pass::MaxBackward, geometry, batch, [input, output, output_gradient], input_gradient);
}

/// output = the mean of each window, padding excluded.
///
/// ```
/// use keras_core::kernels::pool2d::{self, Pool2DGeometry};
///
/// # /// Windows of 2×2 over an image of 2×4 with one channel.
/// # const GEOMETRY: Pool2DGeometry = Pool2DGeometry {
/// #     height: 2,
/// #     width: 4,
/// #     channels: 1,
/// #     pool_height: 2,
/// #     pool_width: 2,
/// #     stride_y: 2,
/// #     stride_x: 2,
/// #     pad_top: 0,
/// #     pad_left: 0,
/// #     output_height: 1,
/// #     output_width: 2,
/// # };
/// let image = [1.0, 2.0, 5.0, 8.0, 3.0, 4.0, 6.0, 7.0];
/// let mut output = [0.0; 2];
/// pool2d::average_forward(&GEOMETRY, 1, &image, &mut output);
/// assert_eq!(output, [2.5, 6.5]);
/// ```
pub fn average_forward(geometry: &Pool2DGeometry, batch: usize, input: &[f32], output: &mut [f32]) {
    ensure!(geometry.fits(batch, input.len(), output.len()));
    run(Pass::Average, geometry, batch, [input, &[], &[]], output);
}

/// input_gradient = each output gradient, shared evenly by its window.
///
/// ```
/// use keras_core::kernels::pool2d::{self, Pool2DGeometry};
///
/// # /// Windows of 2×2 over an image of 2×4 with one channel.
/// # const GEOMETRY: Pool2DGeometry = Pool2DGeometry {
/// #     height: 2,
/// #     width: 4,
/// #     channels: 1,
/// #     pool_height: 2,
/// #     pool_width: 2,
/// #     stride_y: 2,
/// #     stride_x: 2,
/// #     pad_top: 0,
/// #     pad_left: 0,
/// #     output_height: 1,
/// #     output_width: 2,
/// # };
/// let mut gradient = [0.0; 8];
/// pool2d::average_backward(&GEOMETRY, 1, &[4.0, 8.0], &mut gradient);
/// assert_eq!(gradient, [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
/// ```
pub fn average_backward(geometry: &Pool2DGeometry, batch: usize, output_gradient: &[f32], input_gradient: &mut [f32]) {
    ensure!(geometry.fits(batch, input_gradient.len(), output_gradient.len()));
    run(Pass::AverageBackward, geometry, batch, [&[], &[], output_gradient], input_gradient);
}

/// output = the mean over all pixels: (batch, pixels, channels) → (batch, channels).
///
/// ```
/// use keras_core::kernels::pool2d;
///
/// let mut output = [0.0; 2];
/// pool2d::global_average_forward(1, 2, 2, &[1.0, 10.0, 3.0, 30.0], &mut output);
/// assert_eq!(output, [2.0, 20.0]);
/// ```
pub fn global_average_forward(batch: usize, pixels: usize, channels: usize, input: &[f32], output: &mut [f32]) {
    average_forward(&global(pixels, channels), batch, input, output);
}

/// The gradient of [`global_average_forward`].
///
/// ```
/// use keras_core::kernels::pool2d;
///
/// let mut gradient = [0.0; 4];
/// pool2d::global_average_backward(1, 2, 2, &[2.0, 20.0], &mut gradient);
/// assert_eq!(gradient, [1.0, 10.0, 1.0, 10.0]);
/// ```
pub fn global_average_backward(
    batch: usize,
    pixels: usize,
    channels: usize,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    average_backward(&global(pixels, channels), batch, output_gradient, input_gradient);
}

/// Windows as large as the image. With [`max_forward`] and [`max_backward`], global maximum pooling.
///
/// ```
/// use keras_core::kernels::pool2d;
///
/// let mut output = [0.0; 2];
/// pool2d::max_forward(&pool2d::global(2, 2), 1, &[1.0, 30.0, 3.0, 10.0], &mut output);
/// assert_eq!(output, [3.0, 30.0]);
/// ```
pub const fn global(pixels: usize, channels: usize) -> Pool2DGeometry {
    Pool2DGeometry {
        height: pixels,
        width: 1,
        channels,
        pool_height: pixels,
        pool_width: 1,
        stride_y: 1,
        stride_x: 1,
        pad_top: 0,
        pad_left: 0,
        output_height: 1,
        output_width: 1,
    }
}

fn run(pass: Pass, g: &Pool2DGeometry, batch: usize, inputs: [&[f32]; 3], to: &mut [f32]) {
    let isa = Isa::current();
    let backward = matches!(pass, Pass::MaxBackward | Pass::AverageBackward);
    if backward && g.output_len() == 0 {
        return to.fill(0.0);
    }
    if to.is_empty() {
        return;
    }
    // Of no floats, but perhaps of rows beyond all memory, which would be walked down.
    let empty = Pool2DGeometry { height: 0, width: 0, ..*g };
    let g = if g.input_len() == 0 { &empty } else { g };
    let inputs = inputs.map(ReadPointer::new);
    let quarters = g.quarters();
    if backward && !quarters {
        to.fill(0.0);
    }
    let to = WritePointer::new(to);
    // Windows may overlap within an image, never across images. Forward, lines are independent too.
    let lines = if backward { 1 } else { g.output_height };
    let each = length([g.output_len(), g.pool_height, g.pool_width]) / lines.max(1);
    parallel::share(batch * lines, 1, Work::Floats { each }, &|first, last| {
        for line in first..last {
            let (image, y) = (line / lines.max(1), line % lines.max(1));
            let rows = if backward { (0, g.output_height) } else { (y, y + 1) };
            let image = Image { pass, g, image, rows, inputs, to };
            // SAFETY: the lengths were checked at entry; threads own disjoint images, or lines of the output.
            unsafe {
                if quarters {
                    isa.run_pointers(Quarters(image));
                } else {
                    isa.run_pointers(image);
                }
            }
        }
    });
}

struct Image<'a> {
    pass: Pass,
    g: &'a Pool2DGeometry,
    image: usize,
    rows: (usize, usize),
    inputs: [ReadPointer; 3],
    to: WritePointer,
}

impl Kernel for Image<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let g = self.g;
        for y in self.rows.0..self.rows.1 {
            for x in 0..g.output_width {
                let pixel = ((self.image * g.output_height + y) * g.output_width + x) * g.channels;
                let mut channel = 0;
                // SAFETY: the caller's promise.
                unsafe {
                    while channel + V::LANES <= g.channels {
                        self.window::<V>(y, x, pixel + channel, channel, V::LANES);
                        channel += V::LANES;
                    }
                    if channel < g.channels {
                        self.window::<V>(y, x, pixel + channel, channel, g.channels - channel);
                    }
                }
            }
        }
    }
}

impl Image<'_> {
    /// # Safety
    /// As [`Kernel::run`], for `count` channels of a window of the output.
    #[inline(always)]
    unsafe fn window<V: Vector>(&self, y: usize, x: usize, out: usize, channel: usize, count: usize) {
        let g = self.g;
        let (top, bottom, left, right) = g.window(y, x);
        let [input, output, gradient] = self.inputs.map(ReadPointer::get);
        // SAFETY: windows are clipped to the image, `count` lanes exist, and every pointer that the pass uses has the
        // length that its entry checked.
        let load = |from: *const f32, at: usize| unsafe { load_some::<V>(from.add(at), count) };
        // SAFETY: as above.
        let store = |value: V, at: usize| unsafe { store_some(value, self.to.get().add(at), count) };
        let at = |y: usize, x: usize| ((self.image * g.height + y) * g.width + x) * g.channels + channel;
        let pixels = (bottom.saturating_sub(top) * right.saturating_sub(left)) as f32;
        match self.pass {
            Pass::Max => {
                let mut highest = V::splat(f32::NEG_INFINITY);
                for y in top..bottom {
                    for x in left..right {
                        let value = load(input, at(y, x));
                        // A NaN value is taken, and a NaN maximum is kept: no comparison with it is true.
                        let higher = V::select(value.le(highest), highest, value);
                        highest = V::select(highest.eq(highest), higher, highest);
                    }
                }
                store(highest, out);
            }
            Pass::Average => {
                let mut sum = V::zero();
                for y in top..bottom {
                    for x in left..right {
                        sum = sum + load(input, at(y, x));
                    }
                }
                store(sum / V::splat(pixels), out);
            }
            Pass::MaxBackward => {
                let (highest, mut rest) = (load(output, out), load(gradient, out));
                for y in top..bottom {
                    for x in left..right {
                        let value = load(input, at(y, x));
                        // The first maximum takes the gradient and leaves zero. A NaN equals no number: it is its own.
                        let first = V::select(highest.eq(highest), V::zero(), V::splat(1.0));
                        let nan = V::select(value.eq(value), V::zero(), V::splat(1.0)) * first;
                        let wins = V::select(value.eq(highest), V::splat(1.0), nan);
                        let taken = V::select(wins.eq(V::zero()), V::zero(), rest);
                        rest = V::select(wins.eq(V::zero()), rest, V::zero());
                        store(load(self.to.get(), at(y, x)) + taken, at(y, x));
                    }
                }
            }
            Pass::AverageBackward => {
                let share = load(gradient, out) / V::splat(pixels);
                for y in top..bottom {
                    for x in left..right {
                        store(load(self.to.get(), at(y, x)) + share, at(y, x));
                    }
                }
            }
        }
    }
}

/// An image whose windows are [quarters](Pool2DGeometry::quarters): every input pixel belongs to one window at most, so that
/// gradients are written once.
struct Quarters<'a>(Image<'a>);

impl Kernel for Quarters<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.0.pass {
                Pass::Max => self.forward::<V, Max>(),
                Pass::Average => self.forward::<V, Average>(),
                Pass::MaxBackward => self.backward::<V, Max>(),
                Pass::AverageBackward => self.backward::<V, Average>(),
            }
        }
    }
}

/// What becomes of a window of four. (A trait rather than closures, which cannot be told to be inlined.)
trait Window {
    /// Whether the gradient depends on the values.
    const READS: bool;
    fn join<V: Vector>(values: [V; 4]) -> V;
    /// The gradient's share of each value.
    fn share<V: Vector>(values: [V; 4], joined: V, gradient: V) -> [V; 4];
}

struct Max;
impl Window for Max {
    const READS: bool = true;
    #[inline(always)]
    fn join<V: Vector>([a, b, c, d]: [V; 4]) -> V {
        higher(higher(a, b), higher(c, d))
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
    const READS: bool = false;
    #[inline(always)]
    fn join<V: Vector>([a, b, c, d]: [V; 4]) -> V {
        (a + b + c + d) * V::splat(0.25)
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
        let Image { g, image, rows, inputs: [input, ..], to, .. } = self.0;
        let (across, down) = (g.channels, g.width * g.channels);
        for y in rows.0..rows.1 {
            let mut channel = 0;
            while channel < g.channels {
                let count = V::LANES.min(g.channels - channel);
                let mut from = input.get().wrapping_add((image * g.height + 2 * y) * down + channel);
                let mut to = to.get().wrapping_add((image * g.output_height + y) * g.output_width * across + channel);
                for _ in 0..g.output_width {
                    // SAFETY: the window lies in the image and `count` lanes exist; the lengths were checked at entry.
                    unsafe { store_some(W::join(corners::<V>(from, across, down, count)), to, count) };
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
        let (across, down) = (g.channels, g.width * g.channels);
        for y in 0..g.output_height {
            let mut channel = 0;
            while channel < g.channels {
                let count = V::LANES.min(g.channels - channel);
                let mut first = (image * g.height + 2 * y) * down + channel;
                let mut out = (image * g.output_height + y) * g.output_width * across + channel;
                for _ in 0..g.output_width {
                    // SAFETY: as in `forward`; a window that does not read the values has none to read.
                    unsafe {
                        let (mut values, mut joined) = ([V::zero(); 4], V::zero());
                        if W::READS {
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
        for y in 0..g.height {
            let covered = if y < 2 * g.output_height { 2 * g.output_width } else { 0 };
            let start = to.get().wrapping_add(((image * g.height + y) * g.width + covered) * across);
            // SAFETY: the rest of a line of the image.
            unsafe { super::copies::zero_run(start, (g.width - covered) * across) };
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
    use crate::kernels::simd::tests::each_isa;
    use proptest::prelude::*;

    fn check(g: &Pool2DGeometry, batch: usize) {
        // Few distinct values, so that there are ties.
        let input: Vec<f32> = noise(batch * g.input_len(), 1).iter().map(|x| (x * 3.0).round()).collect();
        let gradient = noise(batch * g.output_len(), 2);
        let (mut max, mut average) = (vec![0.0f32; gradient.len()], vec![0.0f32; gradient.len()]);
        let (mut max_back, mut average_back) = (vec![0.0f32; input.len()], vec![0.0f32; input.len()]);
        for o in 0..gradient.len() {
            let (c, x) = (o % g.channels, o / g.channels % g.output_width);
            let y = o / g.channels / g.output_width % g.output_height;
            let b = o / g.output_len();
            let (top, bottom, left, right) = g.window(y, x);
            let places: Vec<usize> = (top..bottom)
                .flat_map(|y| (left..right).map(move |x| (y, x)))
                .map(|(y, x)| ((b * g.height + y) * g.width + x) * g.channels + c)
                .collect();
            let first = places.iter().copied().reduce(|a, b| if input[b] > input[a] { b } else { a }).unwrap();
            max[o] = input[first];
            max_back[first] += gradient[o];
            average[o] = places.iter().map(|p| input[*p]).sum::<f32>() / places.len() as f32;
            for p in &places {
                average_back[*p] += gradient[o] / places.len() as f32;
            }
        }
        each_isa(|| {
            let (mut out, mut back) = (vec![f32::NAN; max.len()], vec![f32::NAN; input.len()]);
            max_forward(g, batch, &input, &mut out);
            assert_eq!(out, max);
            max_backward(g, batch, &input, &max, &gradient, &mut back);
            assert_eq!(back, max_back);
            average_forward(g, batch, &input, &mut out);
            assert!(out.iter().zip(&average).all(|(a, b)| (a - b).abs() < 1e-6));
            average_backward(g, batch, &gradient, &mut back);
            assert!(back.iter().zip(&average_back).all(|(a, b)| (a - b).abs() < 1e-5));
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equals_the_definition(
            batch in 0usize..4, height in 1usize..9, width in 1usize..9, channels in 1usize..36,
            pool in (1usize..4, 1usize..4), stride in (1usize..4, 1usize..4), same: bool,
        ) {
            let len = |n: usize, k: usize, s: usize| if same { n.div_ceil(s) } else { (n - k) / s + 1 };
            let pad = |n: usize, k: usize, s: usize| {
                if same { ((len(n, k, s) - 1) * s + k).saturating_sub(n) / 2 } else { 0 }
            };
            let pool = (pool.0.min(height), pool.1.min(width));
            check(&Pool2DGeometry {
                height, width, channels, pool_height: pool.0, pool_width: pool.1, stride_y: stride.0,
                stride_x: stride.1, pad_top: pad(height, pool.0, stride.0), pad_left: pad(width, pool.1, stride.1),
                output_height: len(height, pool.0, stride.0), output_width: len(width, pool.1, stride.1),
            }, batch);
        }
    }

    #[test]
    fn quarters_are_windows_too() {
        for (height, width, channels) in [(6, 8, 32), (7, 5, 6), (2, 2, 1), (5, 4, 19), (3, 9, 40)] {
            check(&quarters(height, width, channels), 3);
        }
    }

    fn quarters(height: usize, width: usize, channels: usize) -> Pool2DGeometry {
        Pool2DGeometry {
            height,
            width,
            channels,
            pool_height: 2,
            pool_width: 2,
            stride_y: 2,
            stride_x: 2,
            pad_top: 0,
            pad_left: 0,
            output_height: height / 2,
            output_width: width / 2,
        }
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
        let empty = Pool2DGeometry { output_height: 0, ..global(4, 3) };
        max_forward(&empty, 2, &[0.0; 24], &mut []);
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
