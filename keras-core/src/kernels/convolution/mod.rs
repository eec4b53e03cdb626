//! Convolutions (cross-correlations, as in Keras) along one, two or three axes, and their gradients.
//!
//! Along one axis and two, each is a matrix product whose left side is gathered from the image block by block while it is
//! packed, or read in place, so that no buffer of patches exists (`planar`):
//!
//! - forward: patches (pixels, taps·channels) · kernel (taps·channels, filters);
//! - gradient of the kernel: (output gradientᵀ · patches)ᵀ;
//! - gradient of the input: for each phase (`phases`) of the strides, the output gradients that reach a pixel · kernelᵀ. With few
//!   channels, output gradient · kernelᵀ, added where patches overlap (`overlaps`).
//!
//! The gradient of the kernel is summed over pieces of the batch (`pieces`).
//!
//! Along three axes, each is a sum of those of planes (`volume`). Where groups are narrow, vectors run along the channels of
//! several (`lanes`).

mod direct;
mod lanes;
mod one_channel;
mod overlaps;
mod patches;
mod phases;
mod pieces;
mod planar;
#[cfg(test)]
mod tests;
mod volume;
mod winograd;

use super::{Epilogue, ensure, geometry::Geometry, tile::Finish};

/// Floats of scratch that [`backward_kernel`] needs.
pub const fn backward_kernel_scratch(geometry: &Geometry) -> usize {
    if geometry.is_planar() {
        planar::backward_kernel_scratch(&geometry.plane())
    } else {
        volume::backward_kernel_scratch(&geometry.plane())
    }
}

/// output = activation(conv(input, kernel)·scale + bias).
///
/// # Shapes
/// input: (batch, axes, channels); kernel: (windows of the axes, channels / groups, filters); scale, bias: (filters) or empty;
/// output: (batch, axes, filters).
///
/// ```
/// use keras_core::{activations::Activation, kernels::{Epilogue, convolution, geometry::{Axis, Geometry}}};
///
/// // Differences of neighbours.
/// const GEOMETRY: Geometry = Geometry::convolution(&[Axis { input: 4, window: 2, output: 3, ..Axis::ONE }], 1, 1, 1);
/// let mut output = [0.0; 3];
/// let epilogue = Epilogue::new(&[0.5], Activation::Linear);
/// convolution::forward(&GEOMETRY, 1, &[1.0, 2.0, 4.0, 8.0], &[-1.0, 1.0], epilogue, &mut output);
/// assert_eq!(output, [1.5, 2.5, 4.5]);
/// ```
pub fn forward(
    geometry: &Geometry,
    batch: usize,
    input: &[f32],
    kernel: &[f32],
    epilogue: Epilogue<'_>,
    output: &mut [f32],
) {
    let g = geometry;
    ensure!(g.fits(batch, input.len(), output.len()) && g.fits_kernel(kernel.len()) && epilogue.fits(g.filters));
    if output.is_empty() {
        return;
    }
    if input.is_empty() || kernel.is_empty() {
        return planar::no_products(g.filters, (Finish::new(epilogue), epilogue.activation), output);
    }
    let (g, batch) = g.flattened(batch);
    if g.is_planar() {
        planar::forward(&g, batch, input, kernel, epilogue, output);
    } else {
        volume::forward(&g, batch, input, kernel, epilogue, output);
    }
}

/// input_gradient = the gradient of [`forward`]'s input.
pub fn backward_input(
    geometry: &Geometry,
    batch: usize,
    output_gradient: &[f32],
    kernel: &[f32],
    input_gradient: &mut [f32],
) {
    let g = geometry;
    ensure!(g.fits(batch, input_gradient.len(), output_gradient.len()) && g.fits_kernel(kernel.len()));
    if output_gradient.is_empty() || kernel.is_empty() {
        return input_gradient.fill(0.0);
    }
    if input_gradient.is_empty() {
        return;
    }
    let (g, batch) = g.flattened(batch);
    if g.is_planar() {
        planar::backward_input(&g, batch, output_gradient, kernel, input_gradient);
    } else {
        volume::backward_input(&g, batch, output_gradient, kernel, input_gradient);
    }
}

/// kernel_gradient = the gradient of [`forward`]'s kernel, or += it.
pub fn backward_kernel(
    geometry: &Geometry,
    batch: usize,
    input: &[f32],
    output_gradient: &[f32],
    kernel_gradient: &mut [f32],
    accumulate: bool,
    scratch: &mut [f32],
) {
    let (g, gradient, to) = (geometry, output_gradient, kernel_gradient);
    ensure!(g.fits(batch, input.len(), gradient.len()) && g.fits_kernel(to.len()));
    ensure!(scratch.len() >= backward_kernel_scratch(g));
    if to.is_empty() {
        return;
    }
    if input.is_empty() || gradient.is_empty() {
        if !accumulate {
            to.fill(0.0);
        }
        return;
    }
    let (g, batch) = g.flattened(batch);
    if g.is_planar() {
        planar::backward_kernel(&g, batch, input, gradient, to, accumulate, scratch);
    } else {
        volume::backward_kernel(&g, batch, input, gradient, to, accumulate, scratch);
    }
}
