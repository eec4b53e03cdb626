//! Windows that slide over the axes of an input: the shape rule of convolutions and pools along one, two or three axes.

use super::{
    Built, Padding,
    padding::{check_sizes, reach},
};
use crate::{
    kernels::geometry::{Axis, Geometry},
    shape::{Dims, ShapeError},
};

/// Windows along the first N axes of an input; the last one has its channels.
#[derive(Clone, Copy)]
pub(super) struct Windows<const N: usize> {
    pub of: Of,
    pub size: [usize; N],
    pub strides: [usize; N],
    pub dilation: [usize; N],
    pub padding: Padding,
}

/// Whose windows they are, as errors say it.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Kernel,
    Pool,
}

impl<const N: usize> Windows<N> {
    /// The axes of the geometry. Kernels compute coordinates with strides and dilations, also with those that have no effect: a
    /// stride beyond the length of the input is that length, the dilation of a window of one element is 1.
    ///
    /// # Errors
    /// If the input has other axes, a size is 0, or a window does not fit.
    pub(super) const fn axes(&self, input: Dims) -> Result<[Axis; N], ShapeError> {
        if let Err(error) = channels_last::<N>(input) {
            return Err(error);
        }
        if let Err(error) = check_sizes(&[
            (self.of.size(), self.size),
            ("its strides {a} must be at least 1 along every axis", self.strides),
            ("its dilation_rate {a} must be at least 1 along every axis", self.dilation),
        ]) {
            return Err(error);
        }
        let (mut axes, mut at) = ([Axis::ONE; N], 0);
        while at < N {
            let (length, window) = (input.length(at), self.size[at]);
            let stride = if self.strides[at] <= length || length == 0 { self.strides[at] } else { length };
            let dilation = if window > 1 { self.dilation[at] } else { 1 };
            axes[at] = match self.padding.output(length, window, stride, dilation) {
                Some((output, before)) => Axis { input: length, window, stride, dilation, before, output },
                None => return Err(self.do_not_fit(input)),
            };
            at += 1;
        }
        Ok(axes)
    }

    /// Passes on the layer that was built, if kernels can compute its geometry. What else is wrong has been said before.
    ///
    /// # Errors
    /// Those of the layer, and if the elements between the first and the last tap cannot be counted.
    pub(super) const fn checked(
        &self,
        built: Result<Built, ShapeError>,
        geometry: &Geometry,
    ) -> Result<Built, ShapeError> {
        if built.is_err() || geometry.is_computable() {
            return built;
        }
        let error = ShapeError::new(self.of.cannot_be_computed()).dims(Dims::new(&self.size));
        Err(match self.of {
            Of::Kernel => error.dims(Dims::new(&self.dilation)).number(geometry.filters),
            Of::Pool => error.dims(Dims::new(&self.strides)),
        })
    }

    const fn do_not_fit(&self, input: Dims) -> ShapeError {
        let (mut error, mut at) = (ShapeError::new(self.of.too_large(N)).dims(input), 0);
        while at < N {
            error = error.number(reach(self.size[at], self.dilation[at]));
            at += 1;
        }
        error
    }
}

/// The windows along these axes, with this number of channels.
pub(super) const fn output<const N: usize>(axes: &[Axis; N], channels: usize) -> Dims {
    let (mut dims, mut at) = (Dims::SCALAR, 0);
    while at < N {
        dims = dims.append(axes[at].output);
        at += 1;
    }
    dims.append(channels)
}

/// Refuses an input that has not N axes and one of channels.
pub(super) const fn channels_last<const N: usize>(input: Dims) -> Result<(), ShapeError> {
    if input.rank() == N + 1 {
        return Ok(());
    }
    Err(ShapeError::new(match N {
        1 => {
            "it takes sequences (steps, channels), but its input is {a}; \
             put Reshape((steps, channels)) before it"
        }
        2 => {
            "it takes images (height, width, channels), but its input is {a}; \
             put Reshape((height, width, channels)) before it"
        }
        _ => {
            "it takes volumes (depth, height, width, channels), but its input is {a}; \
             put Reshape((depth, height, width, channels)) before it"
        }
    })
    .dims(input))
}

/// Refuses what is no image.
pub(super) const fn image(input: Dims) -> Result<(), ShapeError> {
    channels_last::<2>(input)
}

/// The sentence about a window that does not fit, by the number of axes.
macro_rules! too_large {
    ($window:literal, $axes:expr) => {
        match $axes {
            1 => too_large!("a ", $window, " of {0}", $window),
            2 => too_large!("a {0}×{1} ", $window, "", $window),
            _ => too_large!("a {0}×{1}×{2} ", $window, "", $window),
        }
    };
    ($before:literal, $window:literal, $after:literal, $smaller:literal) => {
        concat!(
            $before,
            $window,
            $after,
            " with padding \"valid\" does not fit its input {a}; use padding = \"same\" or a smaller ",
            $smaller
        )
    };
}

impl Of {
    const fn size(self) -> &'static str {
        match self {
            Self::Kernel => "its kernel_size {a} must be at least 1 along every axis",
            Self::Pool => "its pool_size {a} must be at least 1 along every axis",
        }
    }

    const fn cannot_be_computed(self) -> &'static str {
        match self {
            Self::Kernel => {
                "its kernel_size {a}, its dilation_rate {b} or its {0} filters are too large for its input; make them \
                 smaller"
            }
            Self::Pool => "its pool_size {a} or its strides {b} are too large for its input; make them smaller",
        }
    }

    const fn too_large(self, axes: usize) -> &'static str {
        match self {
            Self::Kernel => too_large!("kernel", axes),
            Self::Pool => too_large!("window", axes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows<const N: usize>(of: Of, size: [usize; N], strides: [usize; N], padding: Padding) -> Windows<N> {
        Windows { of, size, strides, dilation: [1; N], padding }
    }

    fn words<const N: usize>(windows: Windows<N>, input: &[usize]) -> String {
        windows.axes(Dims::new(input)).unwrap_err().to_string()
    }

    #[test]
    fn one_rule_for_one_axis_two_and_three() {
        let axes = windows(Of::Kernel, [3], [2], Padding::Same).axes(Dims::new(&[8, 5])).unwrap();
        assert_eq!(axes, [Axis { input: 8, window: 3, stride: 2, dilation: 1, before: 0, output: 4 }]);
        assert_eq!(output(&axes, 7), Dims::new(&[4, 7]));
        let axes = windows(Of::Pool, [2, 3], [2, 3], Padding::Valid).axes(Dims::new(&[9, 10, 4])).unwrap();
        assert_eq!(output(&axes, 4), Dims::new(&[4, 3, 4]));
        let dilated = Windows { dilation: [1, 2, 3], ..windows(Of::Kernel, [3; 3], [1; 3], Padding::Valid) };
        let axes = dilated.axes(Dims::new(&[9, 9, 9, 1])).unwrap();
        assert_eq!(output(&axes, 6), Dims::new(&[7, 5, 3, 6]));
        assert_eq!(axes[2], Axis { input: 9, window: 3, stride: 1, dilation: 3, before: 0, output: 3 });
    }

    #[test]
    fn what_has_no_effect_is_not_computed_with() {
        const IMMENSE: usize = usize::MAX / 2;
        for padding in [Padding::Valid, Padding::Same] {
            let with = |strides, dilation| Windows { dilation, ..windows(Of::Kernel, [1, 2], strides, padding) };
            let found = with([IMMENSE, 7], [IMMENSE, 1]).axes(Dims::new(&[4, 5, 3])).unwrap();
            assert_eq!(found, with([4, 5], [1, 1]).axes(Dims::new(&[4, 5, 3])).unwrap());
            assert_eq!((found[0].output, found[1].output), (1, 1));
        }
    }

    #[test]
    fn what_does_not_fit_is_said_for_each_rank() {
        assert_eq!(
            words(windows(Of::Kernel, [5], [1], Padding::Valid), &[4, 1]),
            "a kernel of 5 with padding \"valid\" does not fit its input (4, 1); use padding = \"same\" or a smaller kernel"
        );
        assert_eq!(
            words(windows(Of::Pool, [5, 2], [1, 1], Padding::Valid), &[4, 8, 1]),
            "a 5×2 window with padding \"valid\" does not fit its input (4, 8, 1); \
             use padding = \"same\" or a smaller window"
        );
        let dilated = Windows { dilation: [2, 1, 1], ..windows(Of::Kernel, [3, 1, 2], [1; 3], Padding::Valid) };
        assert!(words(dilated, &[4, 4, 4, 1]).starts_with("a 5×1×2 kernel with"));
        assert_eq!(
            words(windows(Of::Kernel, [0], [1], Padding::Valid), &[4, 1]),
            "its kernel_size (0,) must be at least 1 along every axis"
        );
        assert_eq!(
            words(windows(Of::Pool, [2; 3], [1, 0, 1], Padding::Same), &[4, 4, 4, 1]),
            "its strides (1, 0, 1) must be at least 1 along every axis"
        );
        assert!(words(windows(Of::Pool, [2], [1], Padding::Same), &[4]).starts_with("it takes sequences"));
        assert!(words(windows(Of::Pool, [2; 3], [1; 3], Padding::Same), &[4]).starts_with("it takes volumes"));
    }
}
