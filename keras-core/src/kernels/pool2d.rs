//! Pooling over images (height, width, channels).

use super::versions;

/// Everything that pooling needs to know of its sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pool2DGeometry {
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels.
    pub channels: usize,
    /// Rows of the window.
    pub pool_height: usize,
    /// Columns of the window.
    pub pool_width: usize,
    /// Vertical stride.
    pub stride_y: usize,
    /// Horizontal stride.
    pub stride_x: usize,
    /// Rows of padding above.
    pub pad_top: usize,
    /// Columns of padding at the left.
    pub pad_left: usize,
    /// Rows of the output.
    pub output_height: usize,
    /// Columns of the output.
    pub output_width: usize,
}

impl Pool2DGeometry {
    /// The rows and columns of the input under a window: half-open ranges.
    #[inline(always)]
    fn window(&self, pixel: usize) -> ((usize, usize), (usize, usize)) {
        let (y, x) = (pixel / self.output_width.max(1), pixel % self.output_width.max(1));
        let range = |at: usize, stride: usize, pad: usize, window: usize, length: usize| {
            let start = (at * stride) as isize - pad as isize;
            let end = start + window as isize;
            (start.max(0) as usize, (end.max(0) as usize).min(length))
        };
        (
            range(y, self.stride_y, self.pad_top, self.pool_height, self.height),
            range(x, self.stride_x, self.pad_left, self.pool_width, self.width),
        )
    }

    fn sample(&self) -> usize {
        (self.height * self.width * self.channels).max(1)
    }

    fn output_sample(&self) -> usize {
        (self.output_height * self.output_width * self.channels).max(1)
    }
}

/// The channels of a pixel; empty for one that does not exist.
#[inline(always)]
fn pixel(sample: &[f32], at: usize, channels: usize) -> &[f32] {
    sample.get(at * channels..).and_then(|rest| rest.get(..channels)).unwrap_or_default()
}

#[inline(always)]
fn pixel_mut(sample: &mut [f32], at: usize, channels: usize) -> &mut [f32] {
    sample.get_mut(at * channels..).and_then(|rest| rest.get_mut(..channels)).unwrap_or_default()
}

versions! {
    /// The largest value of each window. NaN wins.
    pub fn max(g: Pool2DGeometry, input: &[f32], output: &mut [f32]) {
        for (input, output) in input.chunks_exact(g.sample()).zip(output.chunks_exact_mut(g.output_sample())) {
            for (at, output) in output.chunks_exact_mut(g.channels.max(1)).enumerate() {
                let (rows, columns) = g.window(at);
                output.fill(f32::NEG_INFINITY);
                for y in rows.0..rows.1 {
                    for x in columns.0..columns.1 {
                        for (to, from) in output.iter_mut().zip(pixel(input, y * g.width + x, g.channels)) {
                            *to = if *from > *to || from.is_nan() { *from } else { *to };
                        }
                    }
                }
            }
        }
    }

    /// The gradient of [`max`]: to the first of the largest values of a window.
    pub fn max_backward(g: Pool2DGeometry, input: &[f32], output: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
        input_gradient.fill(0.0);
        let samples = input.chunks_exact(g.sample()).zip(input_gradient.chunks_exact_mut(g.sample()));
        let outputs = output.chunks_exact(g.output_sample()).zip(output_gradient.chunks_exact(g.output_sample()));
        for ((input, input_gradient), (output, output_gradient)) in samples.zip(outputs) {
            let pixels = output.chunks_exact(g.channels.max(1)).zip(output_gradient.chunks_exact(g.channels.max(1)));
            for (at, (output, gradient)) in pixels.enumerate() {
                let (rows, columns) = g.window(at);
                for (channel, (largest, gradient)) in output.iter().zip(gradient).enumerate() {
                    'window: for y in rows.0..rows.1 {
                        for x in columns.0..columns.1 {
                            let place = (y * g.width + x) * g.channels + channel;
                            let value = input.get(place).copied().unwrap_or_default();
                            if value == *largest || value.is_nan() {
                                if let Some(to) = input_gradient.get_mut(place) {
                                    *to += *gradient;
                                }
                                break 'window;
                            }
                        }
                    }
                }
            }
        }
    }

    /// The mean of each window, without its padding.
    pub fn average(g: Pool2DGeometry, input: &[f32], output: &mut [f32]) {
        for (input, output) in input.chunks_exact(g.sample()).zip(output.chunks_exact_mut(g.output_sample())) {
            for (at, output) in output.chunks_exact_mut(g.channels.max(1)).enumerate() {
                let (rows, columns) = g.window(at);
                output.fill(0.0);
                for y in rows.0..rows.1 {
                    for x in columns.0..columns.1 {
                        for (to, from) in output.iter_mut().zip(pixel(input, y * g.width + x, g.channels)) {
                            *to += *from;
                        }
                    }
                }
                let scale = 1.0 / ((rows.1 - rows.0) * (columns.1 - columns.0)) as f32;
                for to in output {
                    *to *= scale;
                }
            }
        }
    }

    /// The gradient of [`average`].
    pub fn average_backward(g: Pool2DGeometry, output_gradient: &[f32], input_gradient: &mut [f32]) {
        input_gradient.fill(0.0);
        for (to, from) in input_gradient.chunks_exact_mut(g.sample()).zip(output_gradient.chunks_exact(g.output_sample())) {
            for (at, gradient) in from.chunks_exact(g.channels.max(1)).enumerate() {
                let (rows, columns) = g.window(at);
                let scale = 1.0 / ((rows.1 - rows.0) * (columns.1 - columns.0)) as f32;
                for y in rows.0..rows.1 {
                    for x in columns.0..columns.1 {
                        for (to, from) in pixel_mut(to, y * g.width + x, g.channels).iter_mut().zip(gradient) {
                            *to += *from * scale;
                        }
                    }
                }
            }
        }
    }
}
