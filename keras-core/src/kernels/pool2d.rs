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

/// Channels that are looked at side by side.
const LANES: usize = 16;

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
                for (block, (output, gradient)) in output.chunks(LANES).zip(gradient.chunks(LANES)).enumerate() {
                    // What is left to give: the first maximum takes it. Lanes side by side, so that the loop vectorises.
                    let mut left = [0.0; LANES];
                    for (to, from) in left.iter_mut().zip(gradient) {
                        *to = *from;
                    }
                    for y in rows.0..rows.1 {
                        for x in columns.0..columns.1 {
                            let start = (y * g.width + x) * g.channels + block * LANES;
                            let values = input.get(start..).unwrap_or_default();
                            let targets = input_gradient.get_mut(start..).unwrap_or_default();
                            for (((to, value), largest), left) in targets.iter_mut().zip(values).zip(output).zip(&mut left) {
                                let takes = *value == *largest || value.is_nan();
                                *to += if takes { *left } else { 0.0 };
                                *left = if takes { 0.0 } else { *left };
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

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: Pool2DGeometry = Pool2DGeometry {
        height: 4,
        width: 5,
        channels: 19,
        pool_height: 3,
        pool_width: 2,
        stride_y: 2,
        stride_x: 1,
        pad_top: 1,
        pad_left: 0,
        output_height: 2,
        output_width: 5,
    };

    fn values(length: usize, stream: u64) -> Vec<f32> {
        let mut values = vec![0.0; length];
        crate::kernels::random::Random::new(4, stream).fill_uniform(0.0, 5.0, &mut values);
        // Few different values: ties.
        values.iter().map(|value| value.round()).collect()
    }

    #[test]
    fn the_first_maximum_takes_the_gradient() {
        let g = GEOMETRY;
        let (input, gradient) = (values(2 * g.sample(), 1), values(2 * g.output_sample(), 2));
        let mut output = vec![0.0; gradient.len()];
        max(g, &input, &mut output);
        let mut ours = vec![0.0; input.len()];
        max_backward(g, &input, &output, &gradient, &mut ours);
        let mut expected = vec![0.0; input.len()];
        for sample in 0..2 {
            for pixel in 0..g.output_height * g.output_width {
                let (rows, columns) = g.window(pixel);
                for channel in 0..g.channels {
                    let places = (rows.0..rows.1).flat_map(|y| (columns.0..columns.1).map(move |x| y * g.width + x));
                    let place = |at: usize| sample * g.sample() + at * g.channels + channel;
                    let mut best: Option<usize> = None;
                    for at in places {
                        if best.is_none_or(|best| input[place(at)] > input[place(best)]) {
                            best = Some(at);
                        }
                    }
                    let from = sample * g.output_sample() + pixel * g.channels + channel;
                    assert_eq!(output[from], input[place(best.unwrap())]);
                    expected[place(best.unwrap())] += gradient[from];
                }
            }
        }
        assert_eq!(ours, expected);
    }

    #[test]
    fn padding_does_not_count() {
        let g = GEOMETRY;
        let mut output = vec![0.0; g.output_sample()];
        average(g, &vec![3.0; g.sample()], &mut output);
        assert!(output.iter().all(|value| (value - 3.0).abs() < 1e-6));
        let mut gradient = vec![0.0; g.sample()];
        average_backward(g, &vec![1.0; g.output_sample()], &mut gradient);
        let sum: f32 = gradient.iter().sum();
        assert!((sum - g.output_sample() as f32).abs() < 1e-2);
    }
}
