//! Optimizers: how gradients change weights. [Keras' optimizers](https://keras.io/api/optimizers/).
//!
//! An optimizer works on one flat buffer, a model's weights ([`Optimizer::apply`]) or plain slices ([`Optimizer::step`]), in
//! one pass over weights, gradients and its own state.
//!
//! | Keras' string | type | learning rate |
//! |---|---|---|
//! | `"sgd"` | [`SGD`] | 0.01 |
//! | `"rmsprop"` | [`RMSprop`] | 0.001 |
//! | `"adam"` | [`Adam`] | 0.001 |
//! | `"adamw"` | [`AdamW`] | 0.001 |
//! | `"adamax"` | [`Adamax`] | 0.001 |
//! | `"nadam"` | [`Nadam`] | 0.001 |
//! | `"adagrad"` | [`Adagrad`] | 0.001 |
//! | `"adadelta"` | [`Adadelta`] | 0.001 |
//! | `"adafactor"` | [`Adafactor`] | 0.001 |
//! | `"lion"` | [`Lion`] | 0.001 |
//! | `"lamb"` | [`Lamb`] | 0.001 |
//! | `"ftrl"` | [`Ftrl`] | 0.001 |
//! | `"muon"` | [`Muon`] | 0.001 |
//! | `"schedulefreeadamw"` | [`ScheduleFreeAdamW`] | 0.0025 |
//! | | [`MultiOptimizer`]: one for some layers, another for the rest | |
//!
//! The learning rate is a number, or one of the [`schedules`]. All of them take these arguments:
//!
//! | argument | default |
//! |---|---|
//! | [`weight_decay`](Optimizer::weight_decay) | none; 0.004 of [`AdamW`] |
//! | [`exclude_from_weight_decay`](Optimizer::exclude_from_weight_decay) | nothing |
//! | [`clipnorm`](Optimizer::clipnorm), [`clipvalue`](Optimizer::clipvalue), [`global_clipnorm`](Optimizer::global_clipnorm) | none |
//! | [`use_ema`](Optimizer::use_ema), [`ema_momentum`](Optimizer::ema_momentum), [`ema_overwrite_frequency`](Optimizer::ema_overwrite_frequency) | `false`, 0.99, none |
//! | [`gradient_accumulation_steps`](Optimizer::gradient_accumulation_steps) | 1 |
//!
//! [`get`] and [`from_config`] make one of them at run time.
//!
//! A step accumulates the gradients, clips them, decays the weights, updates them, and averages them, in this order. Arguments
//! out of range are errors of training, or of the first step: a `beta_1` of 1.5 for example. (Keras computes with it.)
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Line { Input(1), Dense(1) } }
//!
//! let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
//! let mut line = Line::with_seed(1);
//! let optimizer = Adam::new(0.1).weight_decay(1e-4).clipnorm(1.0);
//! let history = line.compile(optimizer, MeanSquaredError::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
//! assert!(history["loss"][199] < 0.01);
//! # Ok::<(), keras::Error>(())
//! ```

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod averaging;
mod common;
mod declare;
mod dynamic;
mod erased;
mod error;
mod ftrl;
mod lamb;
mod learning_rate;
mod lion;
mod multi_optimizer;
mod muon;
mod nadam;
mod pass;
mod rmsprop;
mod schedule_free_adamw;
pub mod schedules;
mod sgd;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use common::Common;
pub use dynamic::{DynOptimizer, from_config, get};
pub(crate) use erased::AnyOptimizer;
pub use error::OptimizerError;
pub use ftrl::Ftrl;
pub use lamb::Lamb;
pub use learning_rate::{IntoLearningRate, LearningRate};
pub use lion::Lion;
pub use multi_optimizer::MultiOptimizer;
pub use muon::Muon;
pub use nadam::Nadam;
pub use pass::{MAX_SLOTS, Span, Step, Variable};
pub use rmsprop::RMSprop;
pub use schedule_free_adamw::ScheduleFreeAdamW;
pub use sgd::SGD;

use crate::{
    config::Config,
    model::{Model, Owned},
    training::{self, Gradients},
};

/// An optimizer. A custom one holds a [`Common`] and implements [`update`](Self::update).
///
/// ```
/// use keras::{optimizers::{Common, Span, Step}, prelude::*};
///
/// /// Steps of one length, whatever the gradient's size: `w ← w - lr·sign(g)`.
/// #[derive(Clone)]
/// struct SignSGD {
///     common: Common,
/// }
///
/// impl Optimizer for SignSGD {
///     fn name(&self) -> &'static str {
///         "sign_sgd"
///     }
///     fn slots(&self) -> usize {
///         0
///     }
///     fn common(&self) -> &Common {
///         &self.common
///     }
///     fn common_mut(&mut self) -> &mut Common {
///         &mut self.common
///     }
///     fn update(&self, step: Step, span: Span<'_>) {
///         for (w, &g) in span.weights.iter_mut().zip(span.gradients) {
///             *w = step.decayed(*w) - step.learning_rate * step.clipped(g).signum();
///         }
///     }
/// }
///
/// let mut weights = [1.0, 2.0];
/// SignSGD { common: Common::new(0.5) }.clipnorm(1.0).step(&mut weights, &[30.0, -0.1])?;
/// assert_eq!(weights, [0.5, 2.5]);
/// # Ok::<(), keras::optimizers::OptimizerError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer",
    label = "an optimizer is needed",
    note = "an optimizer is a value: `Adam::default()`, or `SGD::new(0.1)` with its learning rate"
)]
pub trait Optimizer: Clone + Send + Sync {
    /// Keras' name.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Adam::default().name(), "adam");
    /// ```
    fn name(&self) -> &'static str;

    /// The number of floats of state for each weight, at most [`MAX_SLOTS`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!((SGD::default().slots(), SGD::default().momentum(0.9).slots(), Adam::default().slots()), (0, 1, 2));
    /// ```
    fn slots(&self) -> usize;

    /// The initial value of a slot.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Adagrad::default().initial_accumulator_value(0.5).initial(0), 0.5);
    /// ```
    #[expect(unused_variables, reason = "the name is the documentation of what is asked for")]
    fn initial(&self, slot: usize) -> f32 {
        0.0
    }

    /// Whether variables are updated as wholes, since their norms or dimensions count. If not, [`update`](Self::update) is
    /// given spans of any length, which may reach over several variables or end within one.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert!(Lamb::default().updates_whole_variables());
    /// assert!(!Adam::default().updates_whole_variables());
    /// ```
    fn updates_whole_variables(&self) -> bool {
        false
    }

    /// The arguments and the state that all optimizers have.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut other = SGD::default();
    /// *other.common_mut() = Adam::new(0.25).clipnorm(1.0).common().clone(); // the same rate, the same clipping
    /// assert_eq!(other.current_learning_rate(), 0.25);
    /// ```
    fn common(&self) -> &Common;

    /// The arguments and the state that all optimizers have, mutable.
    ///
    /// ```
    /// use keras::{optimizers::Common, prelude::*};
    ///
    /// let mut sgd = SGD::new(0.25);
    /// *sgd.common_mut() = Common::new(0.5);
    /// assert_eq!(sgd.current_learning_rate(), 0.5);
    /// ```
    fn common_mut(&mut self) -> &mut Common;

    /// The class and the arguments, as Keras' `get_config` has them. A custom optimizer adds its own arguments.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let config = SGD::new(0.1).momentum(0.9).clipnorm(1.0).config();
    /// assert_eq!((config.module(), config.class_name()), ("keras.optimizers", "SGD"));
    /// let value = |name| config.get(name).map(ToString::to_string);
    /// assert_eq!(value("learning_rate").as_deref(), Some("0.1"));
    /// assert_eq!(value("momentum").as_deref(), Some("0.9"));
    /// assert_eq!(value("clipnorm").as_deref(), Some("1.0"));
    /// ```
    fn config(&self) -> Config {
        self.common().add_arguments(Config::of::<Self>().with("name", self.name()))
    }

    /// This optimizer without its type: those of several types have one type, so that one is chosen at run time.
    ///
    /// ```
    /// use keras::{optimizers::DynOptimizer, prelude::*};
    ///
    /// let candidates: [DynOptimizer; 2] = [SGD::new(0.1).momentum(0.9).boxed(), Adam::new(0.01).boxed()];
    /// assert_eq!(candidates.each_ref().map(|optimizer| optimizer.name()), ["sgd", "adam"]);
    /// ```
    fn boxed(self) -> DynOptimizer
    where
        Self: 'static,
    {
        DynOptimizer::new(self)
    }

    /// Whether a variable is updated in a special way, which [`update`](Self::update) is told by its [`Step`].
    #[doc(hidden)]
    #[expect(unused_variables, reason = "the name is the documentation of what is asked for")]
    fn is_special(&self, variable: &Variable<'_>) -> bool {
        false
    }

    /// The fraction by which a variable decays in a step.
    #[doc(hidden)]
    fn decay(&self, variable: &Variable<'_>, learning_rate: f32) -> f32 {
        self.common().decay(&variable.name, learning_rate)
    }

    /// Updates weights that lie side by side, element by element: a span may be split anywhere, unless
    /// [whole variables](Self::updates_whole_variables) are asked for.
    fn update(&self, step: Step, span: Span<'_>);

    /// Sets the size of a step: a number, or a [schedule](schedules).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Adam::default().learning_rate(0.01).current_learning_rate(), 0.01);
    /// let mut halving = Adam::default().learning_rate(ExponentialDecay::new(1.0, 1, 0.5));
    /// halving.step(&mut [1.0], &[1.0])?;
    /// assert_eq!(halving.current_learning_rate(), 0.5);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn learning_rate(mut self, learning_rate: impl IntoLearningRate) -> Self {
        self.common_mut().learning_rate = learning_rate.into_learning_rate();
        self
    }

    /// Makes all trainable weights smaller before each step: `w ← w - w·weight_decay·lr`, biases and norms included.
    ///
    /// [Loshchilov and Hutter 2017](https://arxiv.org/abs/1711.05101) describe it.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0];
    /// SGD::new(0.5).weight_decay(0.25).step(&mut weights, &[0.0])?;
    /// assert_eq!(weights, [10.0 - 10.0 * 0.25 * 0.5]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn weight_decay(mut self, weight_decay: f32) -> Self {
        self.common_mut().weight_decay = Some(weight_decay);
        self
    }

    /// Spares the variables whose name contains one of these texts the decay.
    ///
    /// The name is that of the variable with its layer, `dense/bias`: `"bias"` spares all biases, `"batch_normalization"`
    /// all weights of such layers. (Keras looks at the variable's own name only.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, kernel_initializer = "ones", bias_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[2.0]]));
    /// let mut net = Net::new();
    /// let (_, gradients) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(gradients.values(), [0.0, 0.0]);
    /// SGD::new(0.5).weight_decay(0.5).exclude_from_weight_decay(&["bias"]).apply(&mut net, &gradients)?;
    /// assert_eq!(net.weights(), [0.75, 1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn exclude_from_weight_decay(mut self, names: &[&str]) -> Self {
        self.common_mut().excluded = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// Scales the gradient of each variable down to this Euclidean norm; 0 clips nothing.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [0.0, 0.0];
    /// SGD::new(1.0).clipnorm(1.0).step(&mut weights, &[3.0, 4.0])?;
    /// assert_eq!(weights, [-0.6, -0.8]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn clipnorm(mut self, norm: f32) -> Self {
        self.common_mut().clipnorm = Some(norm).filter(|&norm| norm > 0.0);
        self
    }

    /// Moves each element of the gradients into `-limit … limit`; 0 clips nothing.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [0.0, 0.0];
    /// SGD::new(1.0).clipvalue(0.5).step(&mut weights, &[3.0, -0.25])?;
    /// assert_eq!(weights, [-0.5, 0.25]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn clipvalue(mut self, limit: f32) -> Self {
        self.common_mut().clipvalue = Some(limit).filter(|&limit| limit > 0.0);
        self
    }

    /// Scales all gradients together down to this Euclidean norm; 0 clips nothing.
    ///
    /// ```
    /// use keras::{optimizers::Variable, prelude::*};
    ///
    /// // Of two variables: together the gradients are 5 long.
    /// let variables = [Variable::new("a", 0..1), Variable::new("b", 1..2)];
    /// let mut weights = [0.0, 0.0];
    /// SGD::new(1.0).global_clipnorm(1.0).step_variables(&mut weights, &[3.0, 4.0], &variables)?;
    /// assert_eq!(weights, [-0.6, -0.8]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn global_clipnorm(mut self, norm: f32) -> Self {
        self.common_mut().global_clipnorm = Some(norm).filter(|&norm| norm > 0.0);
        self
    }

    /// Keeps an exponential moving average of the weights: each step takes in those after it. At the end of `fit`, the
    /// averages become the model's weights; a custom loop calls [`finalize`](Self::finalize).
    ///
    /// [Polyak and Juditsky 1992](https://doi.org/10.1137/0330046) describe it.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (mut weights, mut sgd) = ([0.0], SGD::new(1.0).use_ema(true).ema_momentum(0.5));
    /// sgd.step(&mut weights, &[-1.0])?; // to 1, which is the first average
    /// sgd.step(&mut weights, &[-2.0])?; // to 3
    /// assert_eq!(weights, [3.0]);
    /// assert_eq!(sgd.average(), Some(&[0.5 * 1.0 + 0.5 * 3.0][..]));
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn use_ema(mut self, use_ema: bool) -> Self {
        self.common_mut().use_ema = use_ema;
        self
    }

    /// Sets how much of the average a step keeps, if there is [one](Self::use_ema).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (mut weights, mut sgd) = ([0.0], SGD::new(1.0).use_ema(true).ema_momentum(0.75));
    /// sgd.step(&mut weights, &[0.0])?;
    /// sgd.step(&mut weights, &[-4.0])?;
    /// assert_eq!(sgd.average(), Some(&[1.0][..]));
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn ema_momentum(mut self, ema_momentum: f32) -> Self {
        self.common_mut().ema_momentum = ema_momentum;
        self
    }

    /// Replaces the weights by their averages every `steps` steps, if there are [averages](Self::use_ema).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (mut weights, mut sgd) = ([0.0], SGD::new(1.0).use_ema(true).ema_momentum(0.5).ema_overwrite_frequency(2));
    /// sgd.step(&mut weights, &[-1.0])?;
    /// assert_eq!(weights, [1.0]);
    /// sgd.step(&mut weights, &[-2.0])?;
    /// assert_eq!(weights, [2.0]); // between 1 and 3
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn ema_overwrite_frequency(mut self, steps: u64) -> Self {
        self.common_mut().ema_overwrite_frequency = Some(steps);
        self
    }

    /// Gradient accumulation: the weights change only every `steps` steps, by the mean of the gradients, as if the batch were
    /// that many times larger.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (mut weights, mut sgd) = ([0.0], SGD::new(1.0).gradient_accumulation_steps(2));
    /// sgd.step(&mut weights, &[-1.0])?;
    /// assert_eq!(weights, [0.0]);
    /// sgd.step(&mut weights, &[-2.0])?;
    /// assert_eq!(weights, [1.5]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn gradient_accumulation_steps(mut self, steps: u64) -> Self {
        self.common_mut().gradient_accumulation_steps = steps;
        self
    }

    /// Validates the arguments. Every step does so, too.
    ///
    /// ```
    /// use keras::{optimizers::OptimizerError, prelude::*};
    ///
    /// assert!(Adam::default().clipnorm(1.0).check().is_ok());
    /// assert_eq!(Adam::default().clipnorm(1.0).clipvalue(0.5).check(), Err(OptimizerError::Clipping));
    /// ```
    fn check(&self) -> Result<(), OptimizerError> {
        self.common().check(self.name())
    }

    /// The size of the next step. A schedule is asked with the number of [calls](Self::calls) so far.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(SGD::default().current_learning_rate(), 0.01);
    /// ```
    fn current_learning_rate(&self) -> f32 {
        self.common().current_learning_rate()
    }

    /// Whether the learning rate is given by a schedule.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert!(!SGD::new(0.1).is_scheduled());
    /// assert!(SGD::new(CosineDecay::new(0.1, 100)).is_scheduled());
    /// ```
    fn is_scheduled(&self) -> bool {
        matches!(self.common().learning_rate, LearningRate::Scheduled(_))
    }

    /// Changes the size of the next steps. Of a schedule, it takes the place. (In Keras, that is an error; here, it is one
    /// if a callback sets the rate.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// let mut sgd = SGD::new(0.5);
    /// sgd.step(&mut weights, &[1.0])?;
    /// sgd.set_learning_rate(0.25);
    /// sgd.step(&mut weights, &[1.0])?;
    /// assert_eq!(weights, [0.25]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn set_learning_rate(&mut self, learning_rate: f32) {
        self.common_mut().learning_rate = LearningRate::Constant(learning_rate);
    }

    /// The number of steps that changed the weights so far.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut adam = Adam::default();
    /// adam.step(&mut [1.0], &[1.0])?;
    /// assert_eq!(adam.iterations(), 1);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn iterations(&self) -> u64 {
        self.common().iterations()
    }

    /// The number of steps so far, including those that only [accumulated](Self::gradient_accumulation_steps) gradients.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut adam = Adam::default().gradient_accumulation_steps(2);
    /// for _ in 0..3 {
    ///     adam.step(&mut [1.0], &[1.0])?;
    /// }
    /// assert_eq!((adam.calls(), adam.iterations()), (3, 1));
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn calls(&self) -> u64 {
        self.common().calls
    }

    /// The averages of the weights, if they are [kept](Self::use_ema), after the first step.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut sgd = SGD::new(1.0).use_ema(true);
    /// assert_eq!(sgd.average(), None);
    /// sgd.step(&mut [0.0], &[-1.0])?;
    /// assert_eq!(sgd.average(), Some(&[1.0][..]));
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn average(&self) -> Option<&[f32]> {
        let common = self.common();
        common.average(self.slots()).map(|range| &common.state[range])
    }

    /// The averages of the weights, mutable, if they are [kept](Self::use_ema), after the first step.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (mut weights, mut sgd) = ([0.0], SGD::new(1.0).use_ema(true));
    /// sgd.step(&mut weights, &[-1.0])?;
    /// sgd.step(&mut weights, &[-1.0])?;
    /// sgd.average_mut().unwrap().swap_with_slice(&mut weights);
    /// assert_eq!((weights, sgd.average()), ([0.99 * 1.0 + 0.01 * 2.0], Some(&[2.0][..])));
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn average_mut(&mut self) -> Option<&mut [f32]> {
        let slots = self.slots();
        let common = self.common_mut();
        common.average(slots).map(|range| &mut common.state[range])
    }

    /// The state: [`slots`](Self::slots) times as long as the weights, one slot after the other, then the averages and the
    /// accumulated gradients, if there are any. Empty before the first step.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut sgd = SGD::new(0.5).momentum(0.9);
    /// assert!(sgd.state().is_empty());
    /// sgd.step(&mut [0.0, 0.0], &[1.0, 2.0])?;
    /// assert_eq!(sgd.state(), [-0.5, -1.0]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn state(&self) -> &[f32] {
        &self.common().state
    }

    /// Restores a saved state and its number of [calls](Self::calls).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (mut weights, mut before) = ([1.0, 2.0], Adam::default());
    /// before.step(&mut weights, &[0.1, -0.1])?;
    ///
    /// let mut after = Adam::default(); // in another run of the program, say
    /// after.set_state(before.calls(), before.state())?;
    /// let mut same = weights;
    /// before.step(&mut weights, &[0.1, -0.1])?;
    /// after.step(&mut same, &[0.1, -0.1])?;
    /// assert_eq!(weights, same);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn set_state(&mut self, calls: u64, state: &[f32]) -> Result<(), OptimizerError> {
        let slots = self.slots() + self.common().extra_slots();
        if !state.len().is_multiple_of(slots.max(1)) || (slots == 0 && !state.is_empty()) {
            return Err(OptimizerError::State { optimizer: self.name(), slots, found: state.len() });
        }
        let common = self.common_mut();
        common.calls = calls;
        common.state.clear();
        common.state.extend_from_slice(state);
        Ok(())
    }

    /// One step of a model by the gradients that [`loss_and_gradients`](crate::training::Train::loss_and_gradients) gave:
    /// the second half of a custom training loop.
    ///
    /// Frozen layers stay as they are. The optimizer's state belongs to this model from the first step on.
    ///
    /// # Errors
    /// If the gradients or the state are another model's, or the optimizer's arguments exclude each other.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    /// let (mut model, mut optimizer) = (Line::with_seed(1), SGD::new(0.1));
    /// for _ in 0..200 {
    ///     let (_, gradients) = model.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    ///     optimizer.apply(&mut model, &gradients)?;
    /// }
    /// assert!((model.predict_one(&[3.0])[0] - 7.0).abs() < 0.1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn apply<M: Model<Storage = Owned>>(&mut self, model: &mut M, gradients: &Gradients) -> Result<(), OptimizerError> {
        training::apply(self, M::DESCRIPTION, model.storage_mut(), gradients)
    }

    /// Puts the averages of the weights in the place of those of a model, if they are [kept](Self::use_ema): the end of a
    /// custom training loop. Frozen layers are left unchanged.
    ///
    /// # Errors
    /// If the averages are another model's.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    /// let (mut model, mut optimizer) = (Line::with_seed(1), SGD::new(0.1).use_ema(true));
    /// for _ in 0..20 {
    ///     let (_, gradients) = model.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    ///     optimizer.apply(&mut model, &gradients)?;
    /// }
    /// optimizer.finalize(&mut model)?;
    /// assert_eq!(Some(model.weights()), optimizer.average());
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn finalize<M: Model<Storage = Owned>>(&self, model: &mut M) -> Result<(), OptimizerError> {
        training::finalize(self, M::DESCRIPTION, model.storage_mut())
    }

    /// One step of plain weights, without a model: they are one variable.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0, 2.0];
    /// SGD::new(0.5).step(&mut weights, &[1.0, -1.0])?;
    /// assert_eq!(weights, [0.5, 2.5]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn step(&mut self, weights: &mut [f32], gradients: &[f32]) -> Result<(), OptimizerError> {
        let all = Variable::new("", 0..weights.len());
        self.step_variables(weights, gradients, &[all])
    }

    /// One step of plain weights that are several variables: of those that are trainable.
    ///
    /// Neighbours are updated in one pass. The state is allocated by the first step, as long as the whole buffer, and
    /// kept; it belongs to this buffer from then on.
    ///
    /// ```
    /// use keras::{optimizers::Variable, prelude::*};
    ///
    /// let frozen = Variable { trainable: false, ..Variable::new("frozen", 0..1) };
    /// let variables = [frozen, Variable::new("trained", 1..2)];
    /// let mut weights = [1.0, 1.0];
    /// SGD::new(0.5).step_variables(&mut weights, &[1.0, 1.0], &variables)?;
    /// assert_eq!(weights, [1.0, 0.5]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError> {
        pass::step(self, weights, gradients, variables)
    }
}
