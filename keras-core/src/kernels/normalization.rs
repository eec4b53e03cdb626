//! Batch normalisation over (rows, channels).

mod per_channel;
#[cfg(test)]
mod tests;

use super::columns::{self, Moments, Plain, Rows};
use super::elementwise::{Optional, load_some};
use super::ensure;
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Vector};
use super::subnormals::flushed_v;
use per_channel::{Apply, PerChannel, apply};

/// (x - mean)·scale + shift.
#[derive(Clone, Copy)]
struct Normalize {
    mean: Optional,
    /// The inverse standard deviation, or the variance with its epsilon.
    spread: (Optional, Option<f32>),
    gamma: Optional,
    beta: Optional,
    /// 0 of a rectifier, or minus infinity.
    floor: f32,
}

impl PerChannel for Normalize {
    #[inline(always)]
    unsafe fn coefficients<V: Vector>(&self, at: usize, count: usize) -> [V; 5] {
        // SAFETY: the caller's promise.
        unsafe {
            let spread = self.spread.0.get::<V>(at, count);
            let inverse = match self.spread.1 {
                Some(epsilon) => V::splat(1.0) / (spread + V::splat(epsilon)).sqrt(),
                None => spread,
            };
            let beta = self.beta.get(at, count);
            [self.mean.get(at, count), inverse * self.gamma.get(at, count), beta, V::splat(self.floor), V::zero()]
        }
    }
    #[inline(always)]
    fn apply<V: Vector>([mean, scale, shift, floor, _]: [V; 5], x: V, _: V) -> V {
        // `floor > value ? floor : value` keeps a NaN.
        floor.max((x - mean).mul_add(scale, shift))
    }
}

/// What inference does to a channel as one product and one sum: writes `scale = γ/√(var + ε)` and
/// `shift = β - mean·scale`.
///
/// # Shapes
/// All (channels); gamma and beta may be empty.
pub fn fold(
    epsilon: f32,
    (gamma, beta): (&[f32], &[f32]),
    (mean, variance): (&[f32], &[f32]),
    scale: &mut [f32],
    shift: &mut [f32],
) {
    let channels = scale.len();
    let fits = |values: &[f32]| values.is_empty() || values.len() == channels;
    ensure!(fits(gamma) && fits(beta) && mean.len() == channels && variance.len() == channels);
    ensure!(shift.len() == channels);
    super::elementwise::copy(variance, scale);
    invert(epsilon, scale);
    for (scale, gamma) in scale.iter_mut().zip(gamma) {
        *scale *= *gamma;
    }
    shift.fill(0.0);
    for (shift, beta) in shift.iter_mut().zip(beta) {
        *shift = *beta;
    }
    for ((shift, scale), mean) in shift.iter_mut().zip(scale).zip(mean) {
        *shift -= *mean * *scale;
    }
}

/// values·scale + shift, channel by channel.
///
/// # Shapes
/// scale: (channels); shift: (channels) or empty; values: (rows, channels).
pub fn scale_and_shift(scale: &[f32], shift: &[f32], values: &mut [f32]) {
    ensure!(!scale.is_empty() && (shift.is_empty() || shift.len() == scale.len()));
    let isa = Isa::current();
    let (channels, to) = (scale.len(), WritePointer::new(values));
    let function = Normalize {
        mean: Optional::new(&[], 0.0),
        spread: (Optional::new(scale, 1.0), None),
        gamma: Optional::new(&[], 1.0),
        beta: Optional::new(shift, 0.0),
        floor: f32::NEG_INFINITY,
    };
    parallel::share(values.len() / channels, 1, Work::Floats { each: channels }, &|first, last| {
        let pass = Apply { function, x: to.read(), y: to.read(), to, channels, rows: (first, last) };
        // SAFETY: whole rows of one slice; threads own disjoint ones.
        unsafe { isa.run_pointers(pass) };
    });
}

/// The gradient of a normalized number, given that of what a rectifier makes of it, as in a pass of its own.
#[inline(always)]
fn through_rectifier<V: Vector>(normalized: V, gradient: V) -> V {
    // By a product, so that a NaN stays one.
    flushed_v(gradient * V::select(V::zero().lt(normalized), V::splat(1.0), V::zero()))
}

/// γ/σ·(dy - dβ/n - x̂·dγ/n).
#[derive(Clone, Copy)]
struct Gradient<const RECTIFIED: bool> {
    mean: Optional,
    inverse_std: Optional,
    gamma: Optional,
    beta: Optional,
    beta_gradient: Optional,
    gamma_gradient: Optional,
    /// 1/n, or 0 if the statistics do not depend on the input.
    share: f32,
}

impl<const RECTIFIED: bool> PerChannel for Gradient<RECTIFIED> {
    #[inline(always)]
    unsafe fn coefficients<V: Vector>(&self, at: usize, count: usize) -> [V; 5] {
        // SAFETY: the caller's promise.
        unsafe {
            let inverse = self.inverse_std.get::<V>(at, count);
            let share = V::splat(-self.share);
            [
                self.mean.get(at, count),
                inverse * self.gamma.get(at, count),
                self.beta_gradient.get::<V>(at, count) * share,
                self.gamma_gradient.get::<V>(at, count) * share * inverse,
                self.beta.get(at, count),
            ]
        }
    }
    #[inline(always)]
    fn apply<V: Vector>([mean, scale, a, b, beta]: [V; 5], x: V, dy: V) -> V {
        let centered = x - mean;
        let dy = if RECTIFIED { through_rectifier(centered.mul_add(scale, beta), dy) } else { dy };
        scale * centered.mul_add(b, dy + a)
    }
}

/// (x - mean)².
#[derive(Clone, Copy)]
struct Deviation(ReadPointer);
impl Moments for Deviation {
    #[inline(always)]
    unsafe fn of_columns<V: Vector>(&self, load: impl Fn(ReadPointer) -> V) -> [V; 4] {
        [load(self.0), V::zero(), V::zero(), V::zero()]
    }
    #[inline(always)]
    unsafe fn terms<V: Vector>(&self, value: V, [mean, ..]: [V; 4], _: Rows<'_>, _: usize, _: usize) -> [V; 2] {
        [(value - mean) * (value - mean), V::zero()]
    }
}

/// (dy, dy·x̂).
#[derive(Clone, Copy)]
struct Reached<const RECTIFIED: bool> {
    input: ReadPointer,
    mean: ReadPointer,
    inverse_std: ReadPointer,
    /// Or null.
    gamma: ReadPointer,
    /// Or null.
    beta: ReadPointer,
}
impl<const RECTIFIED: bool> Moments for Reached<RECTIFIED> {
    #[inline(always)]
    unsafe fn of_columns<V: Vector>(&self, load: impl Fn(ReadPointer) -> V) -> [V; 4] {
        let load_or =
            |values: ReadPointer, default: f32| if values.get().is_null() { V::splat(default) } else { load(values) };
        let inverse = load(self.inverse_std);
        if RECTIFIED {
            [load(self.mean), inverse, inverse * load_or(self.gamma, 1.0), load_or(self.beta, 0.0)]
        } else {
            [load(self.mean), inverse, V::zero(), V::zero()]
        }
    }
    #[inline(always)]
    unsafe fn terms<V: Vector>(
        &self,
        dy: V,
        [mean, inverse, scale, beta]: [V; 4],
        _: Rows<'_>,
        at: usize,
        count: usize,
    ) -> [V; 2] {
        // SAFETY: the caller's promise.
        let centered = unsafe { load_some::<V>(self.input.get().add(at), count) } - mean;
        let dy = if RECTIFIED { through_rectifier(centered.mul_add(scale, beta), dy) } else { dy };
        [dy, dy * (centered * inverse)]
    }
}

/// Writes the mean and the biased variance of each channel.
///
/// ```
/// use keras_core::kernels::normalization;
///
/// let (mut mean, mut variance) = ([0.0; 2], [0.0; 2]);
/// normalization::statistics(2, &[1.0, 10.0, 3.0, 50.0], &mut mean, &mut variance);
/// assert_eq!((mean, variance), ([2.0, 30.0], [1.0, 400.0]));
/// ```
pub fn statistics(channels: usize, input: &[f32], mean: &mut [f32], variance: &mut [f32]) {
    ensure!(channels > 0 && input.len().is_multiple_of(channels));
    ensure!(mean.len() == channels && variance.len() == channels);
    let share = 1.0 / (input.len() / channels).max(1) as f32;
    // SAFETY: whole rows, and means of all channels.
    unsafe {
        columns::sums(&Plain, input, (mean, None), 16, share, false);
        columns::sums(&Deviation(ReadPointer::new(mean)), input, (variance, None), 16, share, false);
    }
}

/// Training: normalises with the batch's statistics, keeps them, and moves the moving ones. If `rectified`, negative outputs become
/// zero.
///
/// output = γ·(x - mean)/√(var + ε) + β, var biased; moving = moving·momentum + batch·(1 - momentum), as in Keras with
/// the biased variance too.
///
/// # Shapes
/// input, output: (rows, channels); the rest: (channels). gamma and beta may be empty.
///
/// ```
/// use keras_core::kernels::normalization;
///
/// let (mut moving_mean, mut moving_variance) = ([0.0], [1.0]);
/// let (mut output, mut mean, mut inverse_std) = ([0.0; 2], [0.0], [0.0]);
/// normalization::batch_forward(
///     1, 0.0, 0.5, &[1.0, 3.0], &[], &[], &mut moving_mean, &mut moving_variance, &mut output, &mut mean, &mut inverse_std,
///     false,
/// );
/// assert_eq!((output, mean, inverse_std), ([-1.0, 1.0], [2.0], [1.0]));
/// assert_eq!((moving_mean, moving_variance), ([1.0], [1.0]));
/// ```
#[allow(clippy::too_many_arguments)]
pub fn batch_forward(
    channels: usize,
    epsilon: f32,
    momentum: f32,
    input: &[f32],
    gamma: &[f32],
    beta: &[f32],
    moving_mean: &mut [f32],
    moving_variance: &mut [f32],
    output: &mut [f32],
    mean: &mut [f32],
    inverse_std: &mut [f32],
    rectified: bool,
) {
    let fits = |values: &[f32]| values.is_empty() || values.len() == channels;
    ensure!(channels > 0 && input.len().is_multiple_of(channels) && input.len() == output.len());
    ensure!(fits(gamma) && fits(beta) && mean.len() == channels && inverse_std.len() == channels);
    ensure!(moving_mean.len() == channels && moving_variance.len() == channels);
    if input.is_empty() {
        return;
    }
    statistics(channels, input, mean, inverse_std);
    for (moving, batch) in moving_mean.iter_mut().zip(mean.iter()) {
        *moving = *moving * momentum + *batch * (1.0 - momentum);
    }
    for (moving, batch) in moving_variance.iter_mut().zip(inverse_std.iter()) {
        *moving = *moving * momentum + *batch * (1.0 - momentum);
    }
    invert(epsilon, inverse_std);
    let function = Normalize {
        mean: Optional::new(mean, 0.0),
        spread: (Optional::new(inverse_std, 1.0), None),
        gamma: Optional::new(gamma, 1.0),
        beta: Optional::new(beta, 0.0),
        floor: if rectified { 0.0 } else { f32::NEG_INFINITY },
    };
    apply(function, channels, input, input, output);
}

super::elementwise::lanes!(Invert { epsilon } | f, v | V::splat(1.0) / (v + V::splat(f.epsilon)).sqrt());

/// variances → 1/√(variance + ε).
fn invert(epsilon: f32, values: &mut [f32]) {
    let (len, at) = (values.len(), values.as_mut_ptr());
    // SAFETY: one slice.
    unsafe { super::elementwise::map(&Invert { epsilon }, len, [at.cast_const()], at) }
}

/// Inference: normalises with given statistics; γ/√(variance + ε) is folded once per channel.
///
/// # Shapes
/// As [`batch_forward`].
///
/// ```
/// use keras_core::kernels::normalization;
///
/// let mut output = [0.0; 2];
/// normalization::inference_forward(1, 0.0, &[1.0, 3.0], &[10.0], &[5.0], &[2.0], &[1.0], &mut output, false);
/// assert_eq!(output, [-5.0, 15.0]);
/// ```
#[allow(clippy::too_many_arguments)]
pub fn inference_forward(
    channels: usize,
    epsilon: f32,
    input: &[f32],
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    variance: &[f32],
    output: &mut [f32],
    rectified: bool,
) {
    let fits = |values: &[f32]| values.is_empty() || values.len() == channels;
    ensure!(channels > 0 && input.len().is_multiple_of(channels) && input.len() == output.len());
    ensure!(fits(gamma) && fits(beta) && mean.len() == channels && variance.len() == channels);
    let function = Normalize {
        mean: Optional::new(mean, 0.0),
        spread: (Optional::new(variance, 1.0), Some(epsilon)),
        gamma: Optional::new(gamma, 1.0),
        beta: Optional::new(beta, 0.0),
        floor: if rectified { 0.0 } else { f32::NEG_INFINITY },
    };
    apply(function, channels, input, input, output);
}

/// Floats of scratch that the gradients need.
///
/// ```
/// use keras_core::kernels::normalization;
///
/// let scratch = vec![0.0f32; normalization::backward_scratch(64)];
/// assert!(!scratch.is_empty());
/// ```
pub const fn backward_scratch(channels: usize) -> usize {
    3 * channels
}

/// The gradient of [`batch_forward`], through the statistics. Weight gradients are overwritten; they and the input's may
/// be empty if not wanted. `beta_of_rectified` is the beta of an output whose negative values became zero: the gradient is that of the
/// rectifier's output.
///
/// ```
/// use keras_core::kernels::normalization;
///
/// let (mut input_gradient, mut gamma_gradient, mut beta_gradient) = ([0.0; 2], [0.0], [0.0]);
/// let mut scratch = vec![0.0; normalization::backward_scratch(1)];
/// normalization::batch_backward(
///     1, &[1.0, 3.0], &[], &[2.0], &[1.0], &[0.0, 1.0], &mut input_gradient, &mut gamma_gradient, &mut beta_gradient, &mut scratch, None,
/// );
/// assert_eq!((gamma_gradient, beta_gradient), ([1.0], [1.0]));
/// assert_eq!(input_gradient, [0.0, 0.0]); // of two values, only the order matters
/// ```
#[allow(clippy::too_many_arguments)]
pub fn batch_backward(
    channels: usize,
    input: &[f32],
    gamma: &[f32],
    mean: &[f32],
    inverse_std: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    gamma_gradient: &mut [f32],
    beta_gradient: &mut [f32],
    scratch: &mut [f32],
    beta_of_rectified: Option<&[f32]>,
) {
    ensure!(channels > 0 && inverse_std.len() == channels && scratch.len() >= backward_scratch(channels));
    let share = 1.0 / (input.len() / channels).max(1) as f32;
    let given = (mean, inverse_std);
    backward(
        share,
        channels,
        input,
        gamma,
        given,
        output_gradient,
        input_gradient,
        gamma_gradient,
        beta_gradient,
        scratch,
        beta_of_rectified,
    );
}

/// The gradient of [`inference_forward`]: the statistics are constants.
///
/// ```
/// use keras_core::kernels::normalization;
///
/// let (mut input_gradient, mut gamma_gradient, mut beta_gradient) = ([0.0; 2], [0.0], [0.0]);
/// let mut scratch = vec![0.0; normalization::backward_scratch(1)];
/// normalization::inference_backward(
///     1, 0.0, &[1.0, 3.0], &[10.0], &[2.0], &[1.0], &[0.0, 1.0], &mut input_gradient, &mut gamma_gradient, &mut beta_gradient,
///     &mut scratch, None,
/// );
/// assert_eq!((input_gradient, gamma_gradient, beta_gradient), ([0.0, 10.0], [1.0], [1.0]));
/// ```
#[allow(clippy::too_many_arguments)]
pub fn inference_backward(
    channels: usize,
    epsilon: f32,
    input: &[f32],
    gamma: &[f32],
    mean: &[f32],
    variance: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    gamma_gradient: &mut [f32],
    beta_gradient: &mut [f32],
    scratch: &mut [f32],
    beta_of_rectified: Option<&[f32]>,
) {
    ensure!(channels > 0 && variance.len() == channels && scratch.len() >= backward_scratch(channels));
    let (inverse_std, scratch) = scratch.split_at_mut(channels);
    inverse_std.copy_from_slice(variance);
    invert(epsilon, inverse_std);
    let given = (mean, &*inverse_std);
    backward(
        0.0,
        channels,
        input,
        gamma,
        given,
        output_gradient,
        input_gradient,
        gamma_gradient,
        beta_gradient,
        scratch,
        beta_of_rectified,
    );
}

#[allow(clippy::too_many_arguments)]
fn backward(
    share: f32,
    channels: usize,
    input: &[f32],
    gamma: &[f32],
    (mean, inverse_std): (&[f32], &[f32]),
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    gamma_gradient: &mut [f32],
    beta_gradient: &mut [f32],
    scratch: &mut [f32],
    beta_of_rectified: Option<&[f32]>,
) {
    let fits = |values: &[f32]| values.is_empty() || values.len() == channels;
    ensure!(input.len().is_multiple_of(channels) && input.len() == output_gradient.len());
    ensure!(input_gradient.is_empty() || input_gradient.len() == input.len());
    ensure!(fits(gamma) && fits(gamma_gradient) && fits(beta_gradient) && mean.len() == channels);
    ensure!(beta_of_rectified.is_none_or(fits));
    let (d_beta, d_gamma) = scratch.split_at_mut(channels);
    let Some(d_gamma) = d_gamma.get_mut(..channels) else { return };
    let rows = Normalized { channels, input, gamma, beta: beta_of_rectified.unwrap_or_default(), mean, inverse_std };
    // SAFETY: the lengths were checked.
    unsafe {
        if beta_of_rectified.is_some() {
            rows.sums::<true>(output_gradient, d_beta, d_gamma);
        } else {
            rows.sums::<false>(output_gradient, d_beta, d_gamma);
        }
    }
    if !gamma_gradient.is_empty() {
        gamma_gradient.copy_from_slice(d_gamma);
    }
    if !beta_gradient.is_empty() {
        beta_gradient.copy_from_slice(d_beta);
    }
    if !input_gradient.is_empty() {
        if beta_of_rectified.is_some() {
            rows.input_gradient::<true>(share, output_gradient, (d_beta, d_gamma), input_gradient);
        } else {
            rows.input_gradient::<false>(share, output_gradient, (d_beta, d_gamma), input_gradient);
        }
    }
}

/// The input of a normalization with its parameters.
#[derive(Clone, Copy)]
struct Normalized<'a> {
    channels: usize,
    input: &'a [f32],
    gamma: &'a [f32],
    /// Of a rectified output.
    beta: &'a [f32],
    mean: &'a [f32],
    inverse_std: &'a [f32],
}

impl Normalized<'_> {
    /// The gradients of beta and gamma.
    ///
    /// # Safety
    /// All lengths fit.
    unsafe fn sums<const RECTIFIED: bool>(&self, output_gradient: &[f32], d_beta: &mut [f32], d_gamma: &mut [f32]) {
        let reached = Reached::<RECTIFIED> {
            input: ReadPointer::new(self.input),
            mean: ReadPointer::new(self.mean),
            inverse_std: ReadPointer::new(self.inverse_std),
            gamma: ReadPointer::or_null(self.gamma),
            beta: ReadPointer::or_null(self.beta),
        };
        // SAFETY: the caller's promise.
        unsafe { columns::sums(&reached, output_gradient, (d_beta, Some(d_gamma)), 16, 1.0, false) };
    }

    fn input_gradient<const RECTIFIED: bool>(
        &self,
        share: f32,
        output_gradient: &[f32],
        (d_beta, d_gamma): (&[f32], &[f32]),
        input_gradient: &mut [f32],
    ) {
        let function = Gradient::<RECTIFIED> {
            mean: Optional::new(self.mean, 0.0),
            inverse_std: Optional::new(self.inverse_std, 1.0),
            gamma: Optional::new(self.gamma, 1.0),
            beta: Optional::new(self.beta, 0.0),
            beta_gradient: Optional::new(d_beta, 0.0),
            gamma_gradient: Optional::new(d_gamma, 0.0),
            share,
        };
        apply(function, self.channels, self.input, output_gradient, input_gradient);
    }
}
