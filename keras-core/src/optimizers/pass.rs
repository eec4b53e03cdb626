//! The pass over a flat buffer: what is clipped and decayed by how much, and which variables go together.

use core::ops::Range;
use std::borrow::Cow;

use super::{Optimizer, OptimizerError, averaging, erased::Updates};
use crate::{
    kernels::{
        elementwise, parallel,
        simd::{Isa, SafeKernel, Vector},
        subnormals::{self, flushed},
    },
    shape::Dims,
};

/// The largest number of floats of state for each weight.
///
/// ```
/// use keras::{optimizers::MAX_SLOTS, prelude::*};
///
/// assert!(Adam::default().amsgrad(true).slots() <= MAX_SLOTS);
/// ```
pub const MAX_SLOTS: usize = 3;

/// The number of weights that one task updates: 256 KB of them, some 50 µs, many times what it costs to start a task.
const GRAIN: usize = 1 << 16;

/// Number of steps after which tiny numbers in the slots become zero: few enough for an average that halves each step not to
/// become subnormal in between.
const FLUSHING_STEPS: u64 = 8;

/// One variable of the flat buffer.
///
/// ```
/// use keras::{optimizers::Variable, prelude::*};
///
/// let (kernel, bias) = (Variable::new("dense/kernel", 0..2), Variable::new("dense/bias", 2..3));
/// let mut weights = [1.0, 1.0, 1.0];
/// let mut sgd = SGD::new(1.0).weight_decay(0.5).exclude_from_weight_decay(&["bias"]);
/// sgd.step_variables(&mut weights, &[0.0, 0.0, 0.0], &[kernel, bias])?;
/// assert_eq!(weights, [0.5, 0.5, 1.0]);
/// # Ok::<(), keras::optimizers::OptimizerError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Its name: `dense/kernel`.
    pub name: Cow<'a, str>,
    /// Its range in the buffer.
    pub range: Range<usize>,
    /// Whether steps change it.
    pub trainable: bool,
    /// Its dimensions, which few optimizers ask for; [`Dims::SCALAR`] for a row of numbers.
    pub dims: Dims,
}

impl<'a> Variable<'a> {
    /// A trainable row of numbers.
    ///
    /// ```
    /// use keras::{optimizers::Variable, shape::Dims};
    ///
    /// let bias = Variable::new("dense/bias", 6..8);
    /// assert!(bias.trainable);
    /// let kernel = Variable { dims: Dims::new(&[3, 2]), ..Variable::new("dense/kernel", 0..6) };
    /// assert_eq!(kernel.dims.size(), kernel.range.len());
    /// ```
    pub fn new(name: impl Into<Cow<'a, str>>, range: Range<usize>) -> Self {
        Self { name: name.into(), range, trainable: true, dims: Dims::SCALAR }
    }
}

/// The values that are the same for all weights of a span.
///
/// A custom optimizer is given one by [`update`](Optimizer::update):
///
/// ```
/// use keras::{optimizers::{Common, Span, Step}, prelude::*};
///
/// /// Steps that grow shorter: `w ← w - lr/t·g`.
/// #[derive(Clone)]
/// struct Shrinking(Common);
///
/// impl Optimizer for Shrinking {
///     fn name(&self) -> &'static str { "shrinking" }
///     fn slots(&self) -> usize { 0 }
///     fn common(&self) -> &Common { &self.0 }
///     fn common_mut(&mut self) -> &mut Common { &mut self.0 }
///     fn update(&self, step: Step, span: Span<'_>) {
///         let rate = step.learning_rate / step.iteration as f32;
///         for (w, &g) in span.weights.iter_mut().zip(span.gradients) {
///             *w = step.decayed(*w) - rate * step.clipped(g);
///         }
///     }
/// }
///
/// let (mut weights, mut optimizer) = ([0.0], Shrinking(Common::new(1.0)).clipvalue(1.0));
/// for _ in 0..2 {
///     optimizer.step(&mut weights, &[-8.0])?;
/// }
/// assert_eq!(weights, [1.0 + 0.5]);
/// # Ok::<(), keras::optimizers::OptimizerError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The size of the step.
    pub learning_rate: f32,
    /// The number of the step: 1 is the first.
    pub iteration: u64,
    /// The dimensions of the variable, for an optimizer that updates [whole variables](Optimizer::updates_whole_variables).
    pub dims: Dims,
    /// Whether the variable is updated in a special way.
    pub(super) is_special: bool,
    decay: f32,
    scale: f32,
    limit: f32,
}

impl Step {
    /// A gradient, clipped as the optimizer's arguments say. It counts as zero if it is smaller than 2⁻¹⁰⁰.
    #[inline(always)]
    pub fn clipped(&self, gradient: f32) -> f32 {
        let scaled = flushed(gradient) * self.scale;
        let capped = if scaled > self.limit { self.limit } else { scaled };
        if capped < -self.limit { -self.limit } else { capped }
    }

    /// The square of a gradient, or zero if the gradient is smaller than 2⁻⁵⁵: processors are slow to compute with subnormal
    /// numbers, such as the square would be.
    ///
    /// ```
    /// use keras::{optimizers::{Common, Span, Step}, prelude::*};
    ///
    /// /// Steps of a length: `w ← w - lr·g / √(g² + 10⁻⁷)`.
    /// #[derive(Clone)]
    /// struct Signs(Common);
    ///
    /// impl Optimizer for Signs {
    ///     fn name(&self) -> &'static str { "signs" }
    ///     fn slots(&self) -> usize { 0 }
    ///     fn common(&self) -> &Common { &self.0 }
    ///     fn common_mut(&mut self) -> &mut Common { &mut self.0 }
    ///     fn update(&self, step: Step, span: Span<'_>) {
    ///         for (w, &g) in span.weights.iter_mut().zip(span.gradients) {
    ///             *w -= step.learning_rate * g / (Step::squared(g) + 1e-7).sqrt();
    ///         }
    ///     }
    /// }
    ///
    /// let mut weights = [0.0, 0.0];
    /// Signs(Common::new(0.5)).step(&mut weights, &[-8.0, 1e-20])?;
    /// assert!((weights[0] - 0.5).abs() < 1e-6 && weights[1].abs() < 1e-16);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    #[inline(always)]
    pub fn squared(gradient: f32) -> f32 {
        subnormals::squared(gradient)
    }

    /// A weight after the decay.
    #[inline(always)]
    pub fn decayed(&self, weight: f32) -> f32 {
        weight - weight * self.decay
    }

    /// `βᵗ` in single precision, as Keras computes it.
    pub(super) fn power(&self, beta: f64) -> f32 {
        (beta as f32).powf(self.iteration as f32)
    }
}

/// Weights that lie side by side, with their gradients and their state.
///
/// A custom optimizer keeps numbers for each weight in `slots`:
///
/// ```
/// use keras::{optimizers::{Common, Span, Step}, prelude::*};
///
/// /// Divides by the root of the sum of all squares so far.
/// #[derive(Clone)]
/// struct Adagrad(Common);
///
/// impl Optimizer for Adagrad {
///     fn name(&self) -> &'static str { "adagrad" }
///     fn slots(&self) -> usize { 1 }
///     fn common(&self) -> &Common { &self.0 }
///     fn common_mut(&mut self) -> &mut Common { &mut self.0 }
///     fn update(&self, step: Step, Span { weights, gradients, slots: [sums, ..] }: Span<'_>) {
///         for ((w, &g), sum) in weights.iter_mut().zip(gradients).zip(sums) {
///             let g = step.clipped(g);
///             *sum += g * g;
///             *w = step.decayed(*w) - step.learning_rate * g / sum.sqrt();
///         }
///     }
/// }
///
/// let (mut weights, mut optimizer) = ([1.0], Adagrad(Common::new(0.5)));
/// optimizer.step(&mut weights, &[3.0])?;
/// assert_eq!(weights, [0.5]);
/// optimizer.step(&mut weights, &[4.0])?;
/// assert_eq!(weights, [0.5 - 0.5 * 4.0 / 5.0]);
/// # Ok::<(), keras::optimizers::OptimizerError>(())
/// ```
#[derive(Debug)]
pub struct Span<'a> {
    /// The weights.
    pub weights: &'a mut [f32],
    /// The gradients, not yet [clipped](Step::clipped).
    pub gradients: &'a [f32],
    /// The state: as many slots as the optimizer asks for, the others empty.
    pub slots: [&'a mut [f32]; MAX_SLOTS],
}

impl<'a> Span<'a> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (weights, more_weights) = self.weights.split_at_mut(middle);
        let (gradients, more_gradients) = self.gradients.split_at(middle);
        let mut more_slots: [&'a mut [f32]; MAX_SLOTS] = Default::default();
        let mut slots = self.slots;
        for (slot, more) in slots.iter_mut().zip(&mut more_slots) {
            let whole = core::mem::take(slot);
            (*slot, *more) = whole.split_at_mut(middle.min(whole.len()));
        }
        (
            Self { weights, gradients, slots },
            Self { weights: more_weights, gradients: more_gradients, slots: more_slots },
        )
    }
}

/// Checks that gradients and variables fit the weights.
pub(super) fn check(
    optimizer: &'static str,
    weights: &[f32],
    gradients: &[f32],
    variables: &[Variable<'_>],
) -> Result<(), OptimizerError> {
    let (weights, gradients) = (weights.len(), gradients.len());
    if weights != gradients {
        return Err(OptimizerError::Gradients { optimizer, weights, gradients });
    }
    for Variable { range, dims, .. } in variables {
        if range.end > weights {
            return Err(OptimizerError::Variable { optimizer, end: range.end, weights });
        }
        if dims.rank() > 0 && dims.size() != range.len() {
            return Err(OptimizerError::VariableSize { optimizer, dims: *dims, found: range.len() });
        }
    }
    Ok(())
}

/// See [`Optimizer::step_variables`].
pub(super) fn step(
    optimizer: &mut dyn Updates,
    weights: &mut [f32],
    gradients: &[f32],
    variables: &[Variable<'_>],
) -> Result<(), OptimizerError> {
    optimizer.check()?;
    check(optimizer.name(), weights, gradients, variables)?;
    let mut state = core::mem::take(&mut optimizer.common_mut().state);
    let reborrowed: &dyn Updates = optimizer;
    // An update takes about as long as 32 multiplications.
    let done = parallel::enter(parallel::TRAINING, 32 * weights.len() as u64, || {
        step_with(reborrowed, weights, gradients, variables, &mut state)
    });
    let common = optimizer.common_mut();
    common.state = state;
    common.calls += u64::from(done.is_ok());
    done
}

/// One step: the gradients are accumulated, or the weights updated; then averaged. The first step allocates the state.
fn step_with(
    optimizer: &dyn Updates,
    weights: &mut [f32],
    gradients: &[f32],
    variables: &[Variable<'_>],
    state: &mut Vec<f32>,
) -> Result<(), OptimizerError> {
    let (common, length) = (optimizer.common(), weights.len());
    let (own, all) = (optimizer.slots(), optimizer.slots() + common.extra_slots());
    if state.is_empty() {
        state.reserve_exact(length * all);
        for slot in 0..all {
            let initial = if slot < own { optimizer.initial(slot) } else { 0.0 };
            state.resize(length * (slot + 1), initial);
        }
    }
    if state.len() != length * all {
        return Err(OptimizerError::State { optimizer: optimizer.name(), slots: all, found: state.len() });
    }
    let (slots, extra) = state.split_at_mut(length * own);
    let (average, gathered) = extra.split_at_mut(if common.use_ema { length } else { 0 });
    if common.gradient_accumulation_steps <= 1 {
        run(optimizer, weights, gradients, variables, slots);
    } else {
        elementwise::add_assign(gathered, gradients);
        if (common.calls + 1).is_multiple_of(common.gradient_accumulation_steps) {
            elementwise::scale(1.0 / common.gradient_accumulation_steps as f32, gathered);
            run(optimizer, weights, gathered, variables, slots);
            gathered.fill(0.0);
        }
    }
    if common.use_ema {
        averaging::update(common, weights, average);
        let iteration = common.iterations() + 1;
        if common.ema_overwrite_frequency.is_some_and(|frequency| iteration.is_multiple_of(frequency)) {
            averaging::overwrite(weights, average, variables);
        }
    }
    Ok(())
}

/// Updates the trainable variables. Neighbours that are clipped and decayed alike are one run, unless variables are to be
/// updated as wholes.
fn run(optimizer: &dyn Updates, weights: &mut [f32], gradients: &[f32], variables: &[Variable<'_>], state: &mut [f32]) {
    let (common, length) = (optimizer.common(), weights.len());
    let learning_rate = common.current_learning_rate();
    let trainable = || variables.iter().filter(|variable| variable.trainable && !variable.range.is_empty());
    let all = Step {
        learning_rate,
        iteration: common.iterations() + 1,
        dims: Dims::SCALAR,
        is_special: false,
        decay: 0.0,
        scale: common.global_clipnorm.map_or(1.0, |most| {
            scale(most, trainable().map(|variable| square_norm(&gradients[variable.range.clone()])).sum())
        }),
        limit: common.clipvalue.unwrap_or(f32::INFINITY),
    };
    let mut update = |(range, step): (Range<usize>, Step)| {
        let mut slots = state.chunks_exact_mut(length.max(1));
        let slots = core::array::from_fn(|_| slots.next().map_or(&mut [][..], |slot| &mut slot[range.clone()]));
        let span = Span { weights: &mut weights[range.clone()], gradients: &gradients[range], slots };
        if optimizer.whole_variables() {
            optimizer.update(step, span);
        } else {
            split(optimizer, step, span);
        }
    };
    let mut run: Option<(Range<usize>, Step)> = None;
    for variable in trainable() {
        let Variable { range, dims, .. } = variable;
        let decay = optimizer.decay(variable, learning_rate);
        let mut step = Step { decay, is_special: optimizer.is_special(variable), ..all };
        if let Some(most) = common.clipnorm {
            step.scale = scale(most, square_norm(&gradients[range.clone()]));
        }
        if optimizer.whole_variables() {
            update((range.clone(), Step { dims: *dims, ..step }));
            continue;
        }
        match &mut run {
            Some((run, same)) if run.end == range.start && *same == step => run.end = range.end,
            _ => {
                if let Some(complete) = run.replace((range.clone(), step)) {
                    update(complete);
                }
            }
        }
    }
    run.map(update);
}

/// Updates a span, in halves if it is long. Every element is computed alone: how a span is split changes nothing.
fn split(optimizer: &dyn Updates, step: Step, span: Span<'_>) {
    if span.weights.len() <= GRAIN || parallel::threads() == 1 {
        return optimizer.update(step, span);
    }
    // whole cache lines on both sides
    let middle = (span.weights.len() / 2).next_multiple_of(16);
    let (left, right) = span.split_at(middle);
    parallel::join(|| split(optimizer, step, left), || split(optimizer, step, right));
}

/// Updates a span, by the instructions of this machine.
pub(super) fn update<O: Optimizer>(optimizer: &O, step: Step, span: Span<'_>) {
    let isa = Isa::current();
    let Span { weights, gradients, slots: [first, second, third] } = span;
    let slots = [&mut *first, &mut *second, &mut *third];
    isa.run(Update { optimizer, step, span: Span { weights, gradients, slots } });
    if step.iteration.is_multiple_of(FLUSHING_STEPS) {
        isa.run(Flush([first, second, third]));
    }
}

/// The update of a span, compiled for each instruction set.
struct Update<'a, O> {
    optimizer: &'a O,
    step: Step,
    span: Span<'a>,
}

impl<O: Optimizer> SafeKernel for Update<'_, O> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        self.optimizer.update(self.step, self.span);
    }
}

/// Replaces tiny numbers in the slots of a span by zero: a pass of its own, which all optimizers share.
struct Flush<'a>([&'a mut [f32]; MAX_SLOTS]);

impl SafeKernel for Flush<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        self.0.into_iter().for_each(subnormals::flush);
    }
}

/// The factor that clips gradients of this squared norm to a norm of at most `most`.
fn scale(most: f32, square_norm: f64) -> f32 {
    most / (square_norm.sqrt() as f32).max(most)
}

/// `Σ gᵢ²`, in eight lanes.
pub(super) fn square_norm(gradients: &[f32]) -> f64 {
    let mut lanes = [0.0; 8];
    for chunk in gradients.chunks(8) {
        for (lane, &g) in lanes.iter_mut().zip(chunk) {
            *lane += f64::from(g) * f64::from(g);
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::{GRAIN, Optimizer, OptimizerError, Range, Variable};
    use crate::optimizers::{Adam, SGD};

    fn variable(name: &str, range: Range<usize>) -> Variable<'_> {
        Variable::new(name, range)
    }

    #[test]
    fn frozen_variables_stay_and_do_not_count() {
        let mut weights = [1.0; 4];
        let variables =
            [variable("a", 0..1), Variable { trainable: false, ..variable("b", 1..3) }, variable("c", 3..4)];
        let mut sgd = SGD::new(1.0).momentum(0.5).global_clipnorm(1.0);
        sgd.step_variables(&mut weights, &[3.0, 100.0, 100.0, 4.0], &variables).unwrap();
        assert_eq!(weights, [1.0 - 0.6, 1.0, 1.0, 1.0 - 0.8]);
        assert_eq!(sgd.state(), [-0.6, 0.0, 0.0, -0.8]);
    }

    #[test]
    fn three_ways_to_clip() {
        let clip = |optimizer: SGD| {
            let mut weights = [0.0; 3];
            let variables = [variable("a", 0..2), variable("b", 2..3)];
            { optimizer }.step_variables(&mut weights, &[3.0, -4.0, 0.5], &variables).map(|()| weights)
        };
        let sgd = SGD::new(1.0);
        assert_eq!(clip(sgd.clone().clipnorm(1.0)), Ok([-0.6, 0.8, -0.5]));
        assert_eq!(clip(sgd.clone().clipvalue(1.0)), Ok([-1.0, 1.0, -0.5]));
        let norm = 25.25f32.sqrt();
        let clipped = clip(sgd.clone().global_clipnorm(1.0)).unwrap();
        for (found, g) in clipped.iter().zip([3.0, -4.0, 0.5]) {
            assert!((found + g / norm).abs() < 1e-6);
        }
        assert_eq!(clip(sgd.clipnorm(1.0).clipvalue(1.0)), Err(OptimizerError::Clipping));
    }

    #[test]
    fn decay_comes_first_and_can_spare() {
        let mut weights = [2.0, 2.0];
        let variables = [variable("dense/kernel", 0..1), variable("dense/bias", 1..2)];
        let mut sgd = SGD::new(0.5).weight_decay(0.5).exclude_from_weight_decay(&["bias"]);
        sgd.step_variables(&mut weights, &[1.0, 1.0], &variables).unwrap();
        assert_eq!(weights, [2.0 - 2.0 * 0.5 * 0.5 - 0.5, 1.5]);
    }

    #[test]
    fn long_runs_are_split_without_effect() {
        let gradients: Vec<f32> = (0..3 * GRAIN + 5).map(|at| (at % 17) as f32 - 8.0).collect();
        let mut together = vec![1.0; gradients.len()];
        let mut adam = Adam::default().amsgrad(true);
        for _ in 0..2 {
            adam.step(&mut together, &gradients).unwrap();
        }
        for at in [0, 1, GRAIN, 2 * GRAIN + 7, gradients.len() - 1] {
            let (mut alone, mut adam) = ([1.0], Adam::default().amsgrad(true));
            for _ in 0..2 {
                adam.step(&mut alone, &gradients[at..=at]).unwrap();
            }
            assert_eq!(together[at], alone[0]);
        }
    }

    #[test]
    fn buffers_that_do_not_fit_are_named() {
        let mut adam = Adam::default();
        let error = adam.step(&mut [0.0; 2], &[0.0]).unwrap_err();
        assert_eq!(error.to_string(), "adam was given 2 weights, but 1 gradients");
        adam.step(&mut [0.0; 2], &[0.0; 2]).unwrap();
        let error = adam.step(&mut [0.0; 3], &[0.0; 3]).unwrap_err();
        assert_eq!(error.to_string(), "adam keeps 2 numbers for each weight; a state of 4 does not fit");
        assert_eq!(adam.iterations(), 1);
        assert!(adam.step_variables(&mut [0.0; 2], &[0.0; 2], &[variable("a", 1..3)]).is_err());
    }

    #[test]
    fn a_saved_state_goes_on() {
        let (mut weights, gradients) = ([1.0, -1.0], [0.3, 0.7]);
        let mut first = Adam::default();
        first.step(&mut weights, &gradients).unwrap();
        let mut second = Adam::default();
        second.set_state(first.iterations(), first.state()).unwrap();
        let mut copy = weights;
        first.step(&mut weights, &gradients).unwrap();
        second.step(&mut copy, &gradients).unwrap();
        assert_eq!(weights, copy);
        assert!(second.set_state(1, &[0.0; 3]).is_err());
    }
}
