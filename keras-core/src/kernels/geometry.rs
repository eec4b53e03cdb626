//! The sizes of convolutions, and whether the sizes of convolutions and pools fit their slices.

use super::length;

/// The sizes of a convolution, batch excluded.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// Distance between patches, in rows.
    pub stride_y: usize,
    /// Distance between patches, in columns.
    pub stride_x: usize,
    /// Distance between taps, in rows.
    pub dilation_y: usize,
    /// Distance between taps, in columns.
    pub dilation_x: usize,
    /// Parts into which channels and filters are split, contiguously.
    pub groups: usize,
    /// Rows of zeros above the input.
    pub pad_top: usize,
    /// Columns of zeros left of the input.
    pub pad_left: usize,
    /// Rows of the output.
    pub output_height: usize,
    /// Columns of the output.
    pub output_width: usize,
}

impl Conv2DGeometry {
    /// Floats of one input image.
    pub const fn input_len(&self) -> usize {
        length([self.height, self.width, self.channels])
    }
    /// Floats of one output image.
    pub const fn output_len(&self) -> usize {
        length([self.output_height, self.output_width, self.filters])
    }
    /// Floats of the kernel: (kernel_height, kernel_width, channels / groups, filters).
    pub const fn kernel_len(&self) -> usize {
        match self.channels.checked_div(self.groups) {
            Some(channels) => length([self.kernel_height, self.kernel_width, channels, self.filters]),
            None => 0,
        }
    }
    pub(crate) const fn taps(&self) -> usize {
        self.kernel_height * self.kernel_width
    }
    /// One channel to a group: neighbouring patches are neighbours in memory.
    pub(crate) const fn one_channel(&self) -> bool {
        self.channels == self.groups
    }
    pub(crate) const fn depthwise(&self) -> bool {
        self.groups == self.channels && self.groups == self.filters && self.groups > 1
    }
    /// Whether slices of these lengths are the images and the kernel of a batch, and no product of sizes or sum of coordinates
    /// overflows.
    pub(crate) const fn fits(&self, batch: usize, input: usize, kernel: usize, output: usize) -> bool {
        let (y, x) = (
            WindowAxis {
                input: self.height,
                window: self.kernel_height,
                stride: self.stride_y,
                dilation: self.dilation_y,
                pad: self.pad_top,
                output: self.output_height,
            },
            WindowAxis {
                input: self.width,
                window: self.kernel_width,
                stride: self.stride_x,
                dilation: self.dilation_x,
                pad: self.pad_left,
                output: self.output_width,
            },
        );
        self.groups > 0
            && self.channels.is_multiple_of(self.groups)
            && self.filters.is_multiple_of(self.groups)
            && windows_fit(y, x, batch, self.channels, self.filters)
            && extent([self.kernel_height, self.kernel_width, self.channels, self.filters]) <= LIMIT
            && input == length([batch, self.input_len()])
            && kernel == self.kernel_len()
            && output == length([batch, self.output_len()])
    }
}

/// An axis of an image, and of the windows that move along it.
#[derive(Clone, Copy)]
pub(crate) struct WindowAxis {
    pub input: usize,
    pub window: usize,
    pub stride: usize,
    pub dilation: usize,
    pub pad: usize,
    pub output: usize,
}

/// Indices are computed as `usize` and as `isize`: both hold a sum of two such numbers.
const LIMIT: usize = isize::MAX as usize / 2;

/// The product of sizes, none of which counts as less than one: beside an axis of no elements, the others must fit too.
const fn extent<const N: usize>(mut sizes: [usize; N]) -> usize {
    let mut at = 0;
    while at < N {
        if sizes[at] == 0 {
            sizes[at] = 1;
        }
        at += 1;
    }
    length(sizes)
}

impl WindowAxis {
    /// No coordinate on the axis, in the image, in its padding or beyond, is larger.
    const fn longest(&self) -> usize {
        let windows = extent([self.output, self.stride]).saturating_add(extent([self.window, self.dilation]));
        self.input.saturating_add(self.pad).saturating_add(windows)
    }
}

/// Whether the indices of images, of windows on them and of what is made of these do not overflow.
pub(crate) const fn windows_fit(
    y: WindowAxis,
    x: WindowAxis,
    batch: usize,
    input_channels: usize,
    output_channels: usize,
) -> bool {
    y.stride > 0
        && x.stride > 0
        && y.dilation > 0
        && x.dilation > 0
        && extent([y.longest(), x.longest(), input_channels]) <= LIMIT
        && extent([y.longest(), x.longest(), output_channels]) <= LIMIT
        && extent([batch, y.input, x.input, input_channels]) <= LIMIT
        && extent([batch, y.output, x.output, output_channels]) <= LIMIT
}
