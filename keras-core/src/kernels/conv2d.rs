//! Convolution over images (height, width, channels), as products of which one side is a view of an image.

use super::gemm::{Left, Output, PANEL, PANEL_STRIDE, Right, TILE, TILE_STRIDE, copy_run, gemm};

/// Everything that a convolution needs to know of its sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conv2DGeometry {
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Rows of the kernel.
    pub kernel_height: usize,
    /// Columns of the kernel.
    pub kernel_width: usize,
    /// Channels of the output.
    pub filters: usize,
    /// Vertical stride.
    pub stride_y: usize,
    /// Horizontal stride.
    pub stride_x: usize,
    /// Vertical dilation.
    pub dilation_y: usize,
    /// Horizontal dilation.
    pub dilation_x: usize,
    /// Groups: channels and filters fall into so many parts, each with its own kernels.
    pub groups: usize,
    /// Rows of padding above.
    pub pad_top: usize,
    /// Columns of padding at the left.
    pub pad_left: usize,
    /// Rows of the output.
    pub output_height: usize,
    /// Columns of the output.
    pub output_width: usize,
}

impl Conv2DGeometry {
    fn input(&self) -> usize {
        self.height * self.width * self.channels
    }

    fn output_pixels(&self) -> usize {
        self.output_height * self.output_width
    }

    fn taps(&self) -> usize {
        self.kernel_height * self.kernel_width
    }

    /// Channels of a group.
    fn group_channels(&self) -> usize {
        self.channels / self.groups.max(1)
    }

    /// Filters of a group.
    fn group_filters(&self) -> usize {
        self.filters / self.groups.max(1)
    }

    fn kernel(&self) -> usize {
        self.taps() * self.group_channels() * self.filters
    }

    fn fits(&self, batch: usize, input: usize, kernel: usize, output: usize) -> bool {
        let fits = self.groups > 0
            && input >= batch * self.input()
            && kernel >= self.kernel()
            && output >= batch * self.output_pixels() * self.filters;
        debug_assert!(fits, "a convolution's slices do not fit {self:?}");
        fits
    }

    /// The input pixel under a kernel's tap at an output pixel; `None` in the padding.
    #[inline]
    fn under(&self, y: usize, x: usize, tap: usize) -> Option<usize> {
        let width = self.kernel_width.max(1);
        let (ky, kx) = (tap / width, tap % width);
        let y = (y * self.stride_y + ky * self.dilation_y).wrapping_sub(self.pad_top);
        let x = (x * self.stride_x + kx * self.dilation_x).wrapping_sub(self.pad_left);
        (y < self.height && x < self.width).then(|| y * self.width + x)
    }

    /// The output pixel whose kernel has this tap over an input pixel, if there is one.
    #[inline]
    fn over(&self, y: usize, x: usize, tap: usize) -> Option<usize> {
        let width = self.kernel_width.max(1);
        let (ky, kx) = (tap / width, tap % width);
        let y = (y + self.pad_top).checked_sub(ky * self.dilation_y)?;
        let x = (x + self.pad_left).checked_sub(kx * self.dilation_x)?;
        let (oy, ox) = (y.checked_div(self.stride_y)?, x.checked_div(self.stride_x)?);
        let aligned = oy * self.stride_y == y && ox * self.stride_x == x;
        (aligned && oy < self.output_height && ox < self.output_width).then(|| oy * self.output_width + ox)
    }
}

/// An image seen as the matrix of its patches: a row an output pixel, a column a tap's channel.
#[derive(Clone, Copy)]
struct Patches {
    geometry: Conv2DGeometry,
    pixels: *const f32,
    /// The first channel of the group.
    channel: usize,
}

// SAFETY: it is read only, while the slice that it comes from is borrowed.
unsafe impl Send for Patches {}
// SAFETY: as above.
unsafe impl Sync for Patches {}

impl Left for Patches {
    fn in_place(&self, row: usize, depth: usize) -> Option<(*const f32, usize, usize)> {
        // A 1×1 kernel of stride 1 sees the image as it is.
        let g = &self.geometry;
        let plain = g.taps() == 1 && g.stride_y == 1 && g.stride_x == 1 && g.pad_top == 0 && g.pad_left == 0;
        // SAFETY: `gemm` asks for rows and depths of the view only.
        plain.then(|| (unsafe { self.pixels.add(row * g.channels + self.channel + depth) }, g.channels, 1))
    }

    fn gather(&self, row: usize, rows: usize, depth: usize, length: usize, tile: &mut [f32; TILE]) {
        let g = &self.geometry;
        // No length is 0 where there is something to gather; said here, so that no division can panic.
        let channels = g.group_channels().max(1);
        let (pixels, width) = (g.output_pixels().max(1), g.output_width.max(1));
        for at in 0..rows {
            let pixel = row + at;
            let (sample, pixel) = (pixel / pixels, pixel % pixels);
            let (y, x) = (pixel / width, pixel % width);
            let mut done = 0;
            while done < length {
                let (tap, channel) = ((depth + done) / channels, (depth + done) % channels);
                let run = (channels - channel).min(length - done);
                let from = g.under(y, x, tap).map(|under| {
                    // SAFETY: a pixel of a sample of the batch, whose size `forward` has checked.
                    unsafe { self.pixels.add(sample * g.input() + under * g.channels + self.channel + channel) }
                });
                // SAFETY: `run` channels are left at that pixel, and `length` ≤ KC places in the tile's row.
                unsafe { copy_run(tile, at * TILE_STRIDE + done, from, run) };
                done += run;
            }
        }
    }
}

/// The same matrix transposed: a row a tap's channel, a column an output pixel.
#[derive(Clone, Copy)]
struct TransposedPatches(Patches);

impl Left for TransposedPatches {
    fn in_place(&self, row: usize, depth: usize) -> Option<(*const f32, usize, usize)> {
        self.0.in_place(depth, row).map(|(pointer, row_stride, depth_stride)| (pointer, depth_stride, row_stride))
    }

    fn gather(&self, row: usize, rows: usize, depth: usize, length: usize, tile: &mut [f32; TILE]) {
        let g = &self.0.geometry;
        let channels = g.group_channels();
        let mut at = 0;
        while at < rows {
            let (tap, channel) = ((row + at) / channels, (row + at) % channels);
            let run = (channels - channel).min(rows - at);
            let (mut sample, mut pixel) = (depth / g.output_pixels(), depth % g.output_pixels());
            let (mut y, mut x) = (pixel / g.output_width, pixel % g.output_width);
            for column in 0..length {
                let under = g.under(y, x, tap);
                for offset in 0..run {
                    // SAFETY: a pixel of a sample of the batch, whose size `backward_kernel` has checked; the tile has
                    // MR rows of KC ≥ `length`.
                    unsafe {
                        let value = match under {
                            Some(under) => *self
                                .0
                                .pixels
                                .add(sample * g.input() + under * g.channels + self.0.channel + channel + offset),
                            None => 0.0,
                        };
                        *tile.as_mut_ptr().add((at + offset) * TILE_STRIDE + column) = value;
                    }
                }
                (pixel, x) = (pixel + 1, x + 1);
                if x == g.output_width {
                    (x, y) = (0, y + 1);
                }
                if pixel == g.output_pixels() {
                    (sample, pixel, y, x) = (sample + 1, 0, 0, 0);
                }
            }
            at += run;
        }
    }
}

/// The gradient of the output seen from the input: a row an input pixel, a column a tap's filter.
#[derive(Clone, Copy)]
struct Scattered {
    geometry: Conv2DGeometry,
    gradient: *const f32,
    /// The first filter of the group.
    filter: usize,
}

// SAFETY: it is read only, while the slice that it comes from is borrowed.
unsafe impl Send for Scattered {}
// SAFETY: as above.
unsafe impl Sync for Scattered {}

impl Left for Scattered {
    fn in_place(&self, _: usize, _: usize) -> Option<(*const f32, usize, usize)> {
        None
    }

    fn gather(&self, row: usize, rows: usize, depth: usize, length: usize, tile: &mut [f32; TILE]) {
        let g = &self.geometry;
        let filters = g.group_filters();
        let pixels = g.height * g.width;
        for at in 0..rows {
            let (sample, pixel) = ((row + at) / pixels, (row + at) % pixels);
            let (y, x) = (pixel / g.width, pixel % g.width);
            let mut done = 0;
            while done < length {
                let (tap, filter) = ((depth + done) / filters, (depth + done) % filters);
                let run = (filters - filter).min(length - done);
                let from = g.over(y, x, tap).map(|over| {
                    let pixel = sample * g.output_pixels() + over;
                    // SAFETY: an output pixel of a sample of the batch, whose size `backward_input` has checked.
                    unsafe { self.gradient.add(pixel * g.filters + self.filter + filter) }
                });
                // SAFETY: `run` filters are left at that pixel, and `length` ≤ KC places in the tile's row.
                unsafe { copy_run(tile, at * TILE_STRIDE + done, from, run) };
                done += run;
            }
        }
    }
}

/// A part of a row-major matrix: the columns of a group.
#[derive(Clone, Copy)]
struct Columns {
    pointer: *const f32,
    stride: usize,
}

// SAFETY: it is read only, while the slice that it comes from is borrowed.
unsafe impl Send for Columns {}
// SAFETY: as above.
unsafe impl Sync for Columns {}

impl Right for Columns {
    fn pack(&self, depth: usize, length: usize, column: usize, columns: usize, panel: &mut [f32; PANEL]) {
        for row in 0..length {
            // SAFETY: rows and columns of the matrix, whose size the caller has checked, into a panel of KC rows of NR.
            unsafe {
                let from = self.pointer.add((depth + row) * self.stride + column);
                core::ptr::copy_nonoverlapping(from, panel.as_mut_ptr().add(row * PANEL_STRIDE), columns);
            }
        }
    }
}

/// The kernel as the input's gradient needs it: a row a tap's filter, a column a channel.
#[derive(Clone, Copy)]
struct TurnedKernel {
    geometry: Conv2DGeometry,
    kernel: *const f32,
    filter: usize,
}

// SAFETY: it is read only, while the slice that it comes from is borrowed.
unsafe impl Send for TurnedKernel {}
// SAFETY: as above.
unsafe impl Sync for TurnedKernel {}

impl Right for TurnedKernel {
    fn pack(&self, depth: usize, length: usize, column: usize, columns: usize, panel: &mut [f32; PANEL]) {
        let g = &self.geometry;
        let (channels, filters) = (g.group_channels(), g.group_filters());
        for row in 0..length {
            let (tap, filter) = ((depth + row) / filters, (depth + row) % filters);
            for at in 0..columns {
                // SAFETY: an element of the kernel, whose size `backward_input` has checked, into the panel.
                unsafe {
                    *panel.as_mut_ptr().add(row * PANEL_STRIDE + at) =
                        *self.kernel.add((tap * channels + column + at) * g.filters + self.filter + filter);
                }
            }
        }
    }
}

/// The convolution of a batch: `output[y, x, f] = Σ input[y·s + ky·d − p, …, c] · kernel[ky, kx, c, f] + bias[f]`.
///
/// `kernel` has the axes (height, width, channels of a group, filters); an empty bias is none. Does nothing if a slice is
/// too short.
pub fn forward(g: Conv2DGeometry, batch: usize, input: &[f32], kernel: &[f32], bias: &[f32], output: &mut [f32]) {
    if !g.fits(batch, input.len(), kernel.len(), output.len()) || !(bias.is_empty() || bias.len() >= g.filters) {
        return;
    }
    let (channels, filters) = (g.group_channels(), g.group_filters());
    for group in 0..g.groups {
        let left = Patches { geometry: g, pixels: input.as_ptr(), channel: group * channels };
        // SAFETY: the sizes are checked above; a group's columns and rows lie inside.
        unsafe {
            let right = Columns { pointer: kernel.as_ptr().add(group * filters), stride: g.filters };
            let target = Output {
                pointer: output.as_mut_ptr().add(group * filters),
                stride: g.filters,
                accumulate: false,
                bias: bias.get(group * filters..).unwrap_or_default(),
            };
            gemm(left, right, (0, batch * g.output_pixels()), filters, g.taps() * channels, target);
        }
    }
}

/// The gradient of a convolution's kernel; added to what is there if `accumulate`.
pub fn backward_kernel(
    g: Conv2DGeometry,
    batch: usize,
    input: &[f32],
    output_gradient: &[f32],
    kernel_gradient: &mut [f32],
    accumulate: bool,
) {
    if !g.fits(batch, input.len(), kernel_gradient.len(), output_gradient.len()) {
        return;
    }
    let (channels, filters) = (g.group_channels(), g.group_filters());
    for group in 0..g.groups {
        let left = TransposedPatches(Patches { geometry: g, pixels: input.as_ptr(), channel: group * channels });
        // SAFETY: as in `forward`.
        unsafe {
            let right = Columns { pointer: output_gradient.as_ptr().add(group * filters), stride: g.filters };
            let pointer = kernel_gradient.as_mut_ptr().add(group * filters);
            let target = Output { pointer, stride: g.filters, accumulate, bias: &[] };
            gemm(left, right, (0, g.taps() * channels), filters, batch * g.output_pixels(), target);
        }
    }
}

/// The gradient of a convolution's input.
pub fn backward_input(
    g: Conv2DGeometry,
    batch: usize,
    output_gradient: &[f32],
    kernel: &[f32],
    input_gradient: &mut [f32],
) {
    if !g.fits(batch, input_gradient.len(), kernel.len(), output_gradient.len()) {
        return;
    }
    let (channels, filters) = (g.group_channels(), g.group_filters());
    for group in 0..g.groups {
        let left = Scattered { geometry: g, gradient: output_gradient.as_ptr(), filter: group * filters };
        let right = TurnedKernel { geometry: g, kernel: kernel.as_ptr(), filter: group * filters };
        // SAFETY: as in `forward`.
        unsafe {
            let pointer = input_gradient.as_mut_ptr().add(group * channels);
            let target = Output { pointer, stride: g.channels, accumulate: false, bias: &[] };
            gemm(left, right, (0, batch * g.height * g.width), channels, g.taps() * filters, target);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernels::random::Random;

    fn fill(length: usize, stream: u64) -> Vec<f32> {
        let mut values = vec![0.0; length];
        Random::new(3, stream).fill_uniform(-1.0, 1.0, &mut values);
        values
    }

    /// Calls `each` with the indices of every product of a convolution: input, kernel, output.
    fn each_product(g: Conv2DGeometry, batch: usize, mut each: impl FnMut(usize, usize, usize)) {
        let (channels, filters) = (g.group_channels(), g.group_filters());
        for sample in 0..batch {
            for y in 0..g.output_height {
                for x in 0..g.output_width {
                    for tap in 0..g.taps() {
                        let (ky, kx) = (tap / g.kernel_width, tap % g.kernel_width);
                        let iy = (y * g.stride_y + ky * g.dilation_y) as isize - g.pad_top as isize;
                        let ix = (x * g.stride_x + kx * g.dilation_x) as isize - g.pad_left as isize;
                        if iy < 0 || ix < 0 || iy >= g.height as isize || ix >= g.width as isize {
                            continue;
                        }
                        let pixel = sample * g.height * g.width + iy as usize * g.width + ix as usize;
                        for f in 0..g.filters {
                            for c in 0..channels {
                                let output = (sample * g.output_pixels() + y * g.output_width + x) * g.filters + f;
                                let kernel = (tap * channels + c) * g.filters + f;
                                each(pixel * g.channels + f / filters * channels + c, kernel, output);
                            }
                        }
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(120))]
        #[test]
        fn same_as_the_definition(
            height in 1usize..9, width in 1usize..9, group_channels in 1usize..5, group_filters in 1usize..6,
            groups in 1usize..3, kernel_height in 1usize..4, kernel_width in 1usize..4, stride_y in 1usize..4,
            stride_x in 1usize..3, dilation_y in 1usize..3, dilation_x in 1usize..3, same: bool, batch in 0usize..4,
        ) {
            use crate::layers::Padding;
            let padding = if same { Padding::Same } else { Padding::Valid };
            let rows = padding.output(height, kernel_height, stride_y, dilation_y);
            let columns = padding.output(width, kernel_width, stride_x, dilation_x);
            prop_assume!(rows.is_some() && columns.is_some());
            let ((output_height, pad_top), (output_width, pad_left)) = (rows.unwrap(), columns.unwrap());
            let g = Conv2DGeometry {
                height, width, channels: group_channels * groups, kernel_height, kernel_width,
                filters: group_filters * groups, stride_y, stride_x, dilation_y, dilation_x, groups, pad_top, pad_left,
                output_height, output_width,
            };
            let (input, kernel) = (fill(batch * g.input(), 1), fill(g.kernel(), 2));
            let (bias, gradient) = (fill(g.filters, 3), fill(batch * g.output_pixels() * g.filters, 4));
            let mut output = vec![f32::NAN; gradient.len()];
            forward(g, batch, &input, &kernel, &bias, &mut output);
            let mut expected: Vec<f32> = (0..output.len()).map(|at| bias[at % g.filters]).collect();
            each_product(g, batch, |i, k, o| expected[o] += input[i] * kernel[k]);
            let close = |ours: &[f32], theirs: &[f32]| ours.iter().zip(theirs).all(|(x, y)| (x - y).abs() < 1e-4);
            prop_assert!(close(&output, &expected));

            let mut kernel_gradient = fill(kernel.len(), 5);
            let mut expected = kernel_gradient.clone();
            each_product(g, batch, |i, k, o| expected[k] += input[i] * gradient[o]);
            backward_kernel(g, batch, &input, &gradient, &mut kernel_gradient, true);
            prop_assert!(close(&kernel_gradient, &expected));

            let mut input_gradient = vec![f32::NAN; input.len()];
            let mut expected = vec![0.0; input.len()];
            each_product(g, batch, |i, k, o| expected[i] += kernel[k] * gradient[o]);
            backward_input(g, batch, &gradient, &kernel, &mut input_gradient);
            prop_assert!(close(&input_gradient, &expected));
        }
    }
}
