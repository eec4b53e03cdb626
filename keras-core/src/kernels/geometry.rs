//! The geometry of windows that slide over one, two or three axes: of convolutions and of pools.

use core::ops::Range;

use super::length;

/// One axis of the input, and the windows that slide along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Length of the input.
    pub input: usize,
    /// Length of a window: the taps of a kernel, or the elements that a pool combines.
    pub window: usize,
    /// Distance between windows.
    pub stride: usize,
    /// Distance between the taps of a window.
    pub dilation: usize,
    /// Elements of padding before the input. After it there is as much padding as the last window needs.
    pub before: usize,
    /// Length of the output: the number of windows.
    pub output: usize,
}

/// Indices are computed as `usize` and as `isize`: both hold a sum of two such numbers.
const LIMIT: usize = isize::MAX as usize / 2;

impl Axis {
    /// An axis of one element with one window of one tap.
    pub const ONE: Self = Self { input: 1, window: 1, stride: 1, dilation: 1, before: 0, output: 1 };

    /// The element that a tap of a window meets, where it lies in the input.
    #[inline(always)]
    pub(super) const fn place(&self, window: usize, tap: usize) -> usize {
        (window * self.stride + tap * self.dilation).wrapping_sub(self.before)
    }

    /// The taps of a window that lie in the input.
    #[inline(always)]
    pub(super) const fn taps(&self, window: usize) -> Range<usize> {
        self.inside(window * self.stride, self.dilation, self.window)
    }

    /// The windows whose tap lies in the input.
    #[inline(always)]
    pub(super) const fn windows(&self, tap: usize) -> Range<usize> {
        self.inside(tap * self.dilation, self.stride, self.output)
    }

    /// Which of `count` positions from `start` on, `step` apart and counted with the padding, lie in the input.
    #[inline(always)]
    const fn inside(&self, start: usize, step: usize, count: usize) -> Range<usize> {
        let (before, end) = (self.before, self.before + self.input);
        if start >= before && start + count.saturating_sub(1) * step < end {
            return 0..count;
        }
        let step = if step == 0 { 1 } else { step };
        let (first, end) = (before.saturating_sub(start).div_ceil(step), end.saturating_sub(start).div_ceil(step));
        let end = if end < count { end } else { count };
        (if first < end { first } else { end })..end
    }

    /// The window whose tap meets an element, if there is one.
    #[inline(always)]
    pub(super) const fn window(&self, element: usize, tap: usize) -> Option<usize> {
        let Some(start) = (element + self.before).checked_sub(tap * self.dilation) else { return None };
        match start.checked_div(self.stride) {
            Some(window) if window * self.stride == start && window < self.output => Some(window),
            _ => None,
        }
    }

    /// The first element of a window without dilation that lies in the input, and the one after the last.
    #[inline(always)]
    pub(super) const fn clipped(&self, window: usize) -> (usize, usize) {
        let start = window * self.stride;
        let end = (start + self.window).saturating_sub(self.before);
        (start.saturating_sub(self.before), if end < self.input { end } else { self.input })
    }

    /// The first window without dilation that an element lies in, and the one after the last.
    #[inline(always)]
    pub(super) const fn windows_of(&self, element: usize) -> (usize, usize) {
        let (place, stride) = (element + self.before, if self.stride == 0 { 1 } else { self.stride });
        let end = place / stride + 1;
        ((place + 1).saturating_sub(self.window).div_ceil(stride), if end < self.output { end } else { self.output })
    }

    /// Some of the windows with the elements that they meet, as an axis of its own, and where its input begins.
    pub(super) fn part(&self, first: usize, count: usize) -> (Self, usize) {
        let start = first * self.stride;
        let (before, skipped) = (self.before.saturating_sub(start), start.saturating_sub(self.before).min(self.input));
        let reach = count.saturating_sub(1) * self.stride + self.window.saturating_sub(1) * self.dilation + 1;
        let input = reach.saturating_sub(before).min(self.input - skipped);
        (Self { input, before, output: count, ..*self }, skipped)
    }

    /// No coordinate on the axis, in the input, in its padding or beyond, is larger.
    const fn longest(&self) -> usize {
        let windows = extent([self.output, self.stride]).saturating_add(extent([self.window, self.dilation]));
        // The first window and its first tap are where the axis begins.
        self.input.saturating_add(self.before).saturating_add(windows.saturating_sub(2))
    }

    /// More than any coordinate on the axis, and more than windows × taps. A size of 0 counts as 1, as in [`extent`].
    const fn rough_extent(&self) -> f64 {
        let Self { input, window, stride, dilation, before, output } = *self;
        let (windows, taps) = (1.0 + output as f64, 1.0 + window as f64);
        1.0 + input as f64 + before as f64 + windows * stride as f64 + taps * dilation as f64 + windows * taps
    }

    /// Whether windows and taps have a distance.
    const fn has_steps(&self) -> bool {
        self.stride > 0 && self.dilation > 0
    }

    /// Whether each window is an element of the input, and each element a window.
    const fn is_kept(&self) -> bool {
        self.window == 1 && self.stride == 1 && self.before == 0 && self.output == self.input
    }
}

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

/// The geometry of a convolution or a pool, batch excluded.
///
/// ```
/// use keras_core::kernels::geometry::{Axis, Geometry};
///
/// // Windows of 3 along 8 steps, and of 3×3 over 8×6 pixels.
/// const STEPS: Axis = Axis { input: 8, window: 3, output: 6, ..Axis::ONE };
/// const COLUMNS: Axis = Axis { input: 6, window: 3, output: 4, ..Axis::ONE };
/// assert_eq!(Geometry::convolution(&[STEPS], 2, 5, 1).kernel_len(), 3 * 2 * 5);
/// assert_eq!(Geometry::convolution(&[STEPS, COLUMNS], 2, 5, 1).output_len(), 6 * 4 * 5);
/// assert_eq!(Geometry::pool(&[STEPS, COLUMNS], 2).output_len(), 6 * 4 * 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// The last axis but two: planes of a volume.
    pub z: Axis,
    /// The last axis but one: rows.
    pub y: Axis,
    /// The last axis: columns.
    pub x: Axis,
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the output.
    pub filters: usize,
    /// Parts into which channels and filters are split, contiguously.
    pub groups: usize,
}

impl Geometry {
    /// A convolution along these axes, at most three, from `channels` to `filters`, in `groups` groups. More axes fit nothing.
    pub const fn convolution(axes: &[Axis], channels: usize, filters: usize, groups: usize) -> Self {
        let (z, y, x) = match *axes {
            [] => (Axis::ONE, Axis::ONE, Axis::ONE),
            [x] => (Axis::ONE, Axis::ONE, x),
            [y, x] => (Axis::ONE, y, x),
            [z, y, x] => (z, y, x),
            _ => (Axis { stride: 0, ..Axis::ONE }, Axis::ONE, Axis::ONE),
        };
        Self { z, y, x, channels, filters, groups }
    }

    /// A pool along these axes, at most three: each channel by itself.
    pub const fn pool(axes: &[Axis], channels: usize) -> Self {
        // Nothing is a single group too.
        Self::convolution(axes, channels, channels, if channels == 0 { 1 } else { channels })
    }

    /// Floats of one sample of the input.
    pub const fn input_len(&self) -> usize {
        length([self.z.input, self.y.input, self.x.input, self.channels])
    }

    /// Floats of one sample of the output.
    pub const fn output_len(&self) -> usize {
        length([self.z.output, self.y.output, self.x.output, self.filters])
    }

    /// Floats of the kernel: (window of each axis, channels / groups, filters).
    pub const fn kernel_len(&self) -> usize {
        length([self.depth(), self.filters])
    }

    /// Elements of a window.
    pub(super) const fn taps(&self) -> usize {
        length([self.z.window, self.y.window, self.x.window])
    }

    /// Channels and filters of a group.
    pub(super) const fn of_a_group(&self) -> (usize, usize) {
        match (self.channels.checked_div(self.groups), self.filters.checked_div(self.groups)) {
            (Some(channels), Some(filters)) => (channels, filters),
            _ => (0, 0),
        }
    }

    /// Elements of a window, in all channels of a group.
    pub(super) const fn depth(&self) -> usize {
        length([self.taps(), self.of_a_group().0])
    }

    /// Windows of a sample.
    pub(super) const fn windows(&self) -> usize {
        length([self.z.output, self.y.output, self.x.output])
    }

    /// One channel to a group: neighbouring patches are neighbours in memory.
    pub(super) const fn has_one_channel(&self) -> bool {
        self.channels == self.groups
    }

    /// Whether each plane is an image by itself.
    pub(super) const fn is_planar(&self) -> bool {
        self.z.is_kept()
    }

    /// The last two axes.
    pub(super) const fn plane(&self) -> Self {
        Self { z: Axis::ONE, ..*self }
    }

    /// Whether each pixel is a product by itself: windows of one element in a single group.
    pub(super) const fn is_pointwise(&self) -> bool {
        self.z.is_kept() && self.y.is_kept() && self.x.is_kept() && self.groups == 1
    }

    /// What is planar as one plane, and the images of a batch.
    pub(super) const fn flattened(&self, batch: usize) -> (Self, usize) {
        if self.is_planar() { (self.plane(), batch * self.z.input) } else { (*self, batch) }
    }

    /// Whether windows and taps have a distance along each axis, and the groups divide channels and filters.
    const fn has_steps_and_groups(&self) -> bool {
        let Self { z, y, x, channels, filters, groups } = self;
        z.has_steps()
            && y.has_steps()
            && x.has_steps()
            && *groups > 0
            && channels.is_multiple_of(*groups)
            && filters.is_multiple_of(*groups)
    }

    /// Whether slices of these lengths are the inputs and the outputs of a batch, and no product of sizes or sum of
    /// coordinates overflows.
    pub(crate) const fn fits(&self, batch: usize, input: usize, output: usize) -> bool {
        let Self { z, y, x, channels, filters, .. } = self;
        self.has_steps_and_groups()
            && extent([z.longest(), y.longest(), x.longest(), *channels]) <= LIMIT
            && extent([z.longest(), y.longest(), x.longest(), *filters]) <= LIMIT
            && extent([batch, z.input, y.input, x.input, *channels]) <= LIMIT
            && extent([batch, z.output, y.output, x.output, *filters]) <= LIMIT
            && input == length([batch, self.input_len()])
            && output == length([batch, self.output_len()])
    }

    /// Whether kernels compute it, for slices of its lengths and a batch that fits into memory.
    pub(crate) const fn is_computable(&self) -> bool {
        self.is_far_from_limits()
            || self.fits(1, self.input_len(), self.output_len()) && self.fits_kernel(self.kernel_len())
    }

    /// Whether the product of everything is small, so that no product of some of it is large. Const evaluation is slow: in the
    /// build of a large model this takes a noticeable share.
    const fn is_far_from_limits(&self) -> bool {
        let Self { z, y, x, channels, filters, .. } = self;
        let product = z.rough_extent() * y.rough_extent() * x.rough_extent();
        self.has_steps_and_groups() && product * (1.0 + *channels as f64) * (1.0 + *filters as f64) < (LIMIT / 2) as f64
    }

    /// Whether a slice of this length is the kernel, and no product of its sizes overflows.
    pub(crate) const fn fits_kernel(&self, kernel: usize) -> bool {
        extent([self.z.window, self.y.window, self.x.window, self.channels, self.filters]) <= LIMIT
            && kernel == self.kernel_len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(input: usize, window: usize) -> Axis {
        Axis { input, window, output: input + 1 - window, ..Axis::ONE }
    }

    /// The element that a tap of a window meets.
    fn element(axis: Axis, window: usize, tap: usize) -> Option<usize> {
        let place = (window * axis.stride + tap * axis.dilation) as isize - axis.before as isize;
        (0..axis.input as isize).contains(&place).then_some(place as usize)
    }

    #[test]
    fn a_window_meets_an_element_by_the_tap_that_the_element_meets_it_by() {
        for axis in [
            Axis { input: 9, window: 3, stride: 2, dilation: 2, before: 3, output: 5 },
            Axis { input: 7, window: 4, stride: 3, dilation: 1, before: 1, output: 3 },
            Axis { input: 5, window: 2, stride: 1, dilation: 4, before: 0, output: 1 },
        ] {
            for (window, tap) in (0..axis.output).flat_map(|window| (0..axis.window).map(move |tap| (window, tap))) {
                let expected = element(axis, window, tap);
                assert!(expected.is_none_or(|element| axis.place(window, tap) == element));
                assert!(expected.is_none_or(|element| axis.window(element, tap) == Some(window)));
            }
            let dense = Axis { dilation: 1, ..axis };
            for at in 0..axis.input {
                let (first, end) = dense.windows_of(at);
                let meets = |window: &usize| (0..axis.window).any(|tap| element(dense, *window, tap) == Some(at));
                assert_eq!((first..end).collect::<Vec<_>>(), (0..axis.output).filter(meets).collect::<Vec<_>>());
            }
            for (first, count) in (0..axis.output).flat_map(|first| (1..=axis.output - first).map(move |n| (first, n)))
            {
                let (part, skipped) = axis.part(first, count);
                for (window, tap) in (0..count).flat_map(|window| (0..axis.window).map(move |tap| (window, tap))) {
                    let here = element(part, window, tap).map(|at| at + skipped);
                    assert_eq!(here, element(axis, first + window, tap));
                }
            }
            for window in 0..axis.output {
                let meeting: Vec<_> = (0..axis.window).filter(|tap| element(axis, window, *tap).is_some()).collect();
                assert_eq!(axis.taps(window).collect::<Vec<_>>(), meeting);
            }
            for tap in 0..axis.window {
                let meeting: Vec<_> = (0..axis.output).filter(|window| element(axis, *window, tap).is_some()).collect();
                assert_eq!(axis.windows(tap).collect::<Vec<_>>(), meeting);
            }
            let met = |element: &usize| (0..axis.window).filter(|tap| axis.window(*element, *tap).is_some()).count();
            let meets = |window: &usize| (0..axis.window).filter(|tap| element(axis, *window, *tap).is_some()).count();
            let by_windows: usize = (0..axis.output).map(|window| meets(&window)).sum();
            assert_eq!((0..axis.input).map(|element| met(&element)).sum::<usize>(), by_windows);
        }
    }

    #[test]
    fn fewer_axes_are_the_last() {
        let (y, x) = (axis(5, 3), axis(7, 2));
        let geometry = Geometry::convolution(&[y, x], 2, 6, 2);
        assert_eq!(geometry, Geometry::convolution(&[Axis::ONE, y, x], 2, 6, 2));
        assert_eq!((geometry.input_len(), geometry.output_len(), geometry.kernel_len()), (70, 3 * 6 * 6, 6 * 6));
        assert!(geometry.is_computable() && geometry.flattened(2) == (geometry, 2));
        let line = Geometry::convolution(&[x], 2, 3, 1);
        assert_eq!((line.input_len(), line.output_len(), line.kernel_len()), (14, 18, 12));
        let volume = Geometry::convolution(&[y, y, x], 2, 6, 2);
        assert!(!volume.is_planar() && volume.flattened(2) == (volume, 2));
        let planes = Geometry::convolution(&[axis(9, 1), y, x], 2, 6, 2);
        assert!(planes.is_planar() && planes.flattened(2) == (geometry, 18));
        assert!(Geometry::convolution(&[x; 3], 1, 1, 1).is_computable());
        assert!(!Geometry::convolution(&[x; 4], 1, 1, 1).is_computable());
        assert!(Geometry::pool(&[x], 0).is_computable());
    }

    #[test]
    fn lengths_are_those_of_the_batch() {
        let geometry = Geometry::convolution(&[axis(5, 3)], 2, 3, 1);
        assert!(geometry.fits(4, 40, 36) && geometry.fits(0, 0, 0) && geometry.fits_kernel(18));
        assert!(!geometry.fits(4, 39, 36) && !geometry.fits(4, 40, 37) && !geometry.fits(usize::MAX, 40, 36));
        assert!(!geometry.fits_kernel(17));
    }

    #[test]
    fn groups_divide_channels_and_filters() {
        let with =
            |channels, filters, groups| Geometry::convolution(&[axis(4, 2)], channels, filters, groups).is_computable();
        assert!(with(6, 4, 2) && with(6, 6, 6) && with(0, 3, 1));
        assert!(!with(6, 4, 4) && !with(6, 4, 0) && !with(5, 4, 2));
    }

    #[test]
    fn nothing_wraps_around() {
        let (most, half) = (usize::MAX, 1 << (usize::BITS - 1));
        for immense in [most, half, most / 4] {
            let plain = axis(1, 1);
            for axis in [
                Axis { before: immense, ..plain },
                Axis { stride: immense, ..plain },
                Axis { dilation: immense, window: 2, output: 0, ..plain },
                Axis { window: immense, output: 0, ..plain },
                Axis { before: immense, output: 0, ..plain },
                Axis { before: immense, window: 2, output: 0, ..plain },
                Axis { stride: immense, input: 0, output: 0, ..plain },
                Axis { dilation: immense, window: 0, ..plain },
            ] {
                for axes in [&[axis][..], &[axis, plain], &[axis, plain, plain], &[plain, axis, plain]] {
                    assert!(!Geometry::convolution(axes, 3, 3, 1).is_computable(), "{axes:?}");
                }
            }
            // Beside an axis without elements.
            let nothing = Axis { input: 0, output: 0, ..plain };
            let no_taps = Axis { window: 0, ..plain };
            for axes in [[nothing, Axis { input: immense, ..plain }], [no_taps, Axis { window: immense, ..plain }]] {
                assert!(!Geometry::convolution(&axes, 3, 3, 1).is_computable(), "{axes:?}");
            }
        }
    }
}
