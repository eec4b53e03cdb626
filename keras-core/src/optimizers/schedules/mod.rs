//! Learning rates that change from step to step.
//! [Keras' schedules](https://keras.io/api/optimizers/learning_rate_schedules/).
//!
//! | type | the rate |
//! |---|---|
//! | [`ExponentialDecay`] | decays exponentially |
//! | [`InverseTimeDecay`] | decays with the inverse of time |
//! | [`PolynomialDecay`] | decays linearly or by a power |
//! | [`CosineDecay`] | decays along a cosine, after a warm-up if there is one |
//! | [`CosineDecayRestarts`] | decays along a cosine, with restarts |
//! | [`PiecewiseConstantDecay`] | is piecewise constant |
//!
//! Every optimizer takes one where it takes a number. A schedule counts the steps that the optimizer was asked for.
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Line { Input(1), Dense(1) } }
//!
//! let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
//! let mut line = Line::with_seed(1);
//! let optimizer = Adam::new(CosineDecay::new(0.0, 150).warmup_target(0.2).warmup_steps(50));
//! line.compile(optimizer, MeanSquaredError::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
//! assert!((line.predict_one(&[3.0])[0] - 7.0).abs() < 0.1);
//! # Ok::<(), keras::Error>(())
//! ```

mod cosine_decay;
mod cosine_decay_restarts;
mod declare;
mod exponential_decay;
mod inverse_time_decay;
mod piecewise_constant_decay;
mod polynomial_decay;

pub use cosine_decay::CosineDecay;
pub use cosine_decay_restarts::CosineDecayRestarts;
pub use exponential_decay::ExponentialDecay;
pub use inverse_time_decay::InverseTimeDecay;
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;

use super::{IntoLearningRate, LearningRate, OptimizerError};
use crate::config::{Arguments, Class, Classes, Config, ConfigError, FromArguments};

/// All schedules.
const SCHEDULES: Classes<LearningRate> = Classes {
    module: "keras.optimizers.schedules",
    classes: &[
        class::<CosineDecay>("CosineDecay"),
        class::<CosineDecayRestarts>("CosineDecayRestarts"),
        class::<ExponentialDecay>("ExponentialDecay"),
        class::<InverseTimeDecay>("InverseTimeDecay"),
        class::<PiecewiseConstantDecay>("PiecewiseConstantDecay"),
        class::<PolynomialDecay>("PolynomialDecay"),
    ],
};

const fn class<S: LearningRateSchedule + FromArguments + 'static>(name: &'static str) -> Class<LearningRate> {
    fn make<S: LearningRateSchedule + FromArguments + 'static>(
        arguments: &mut Arguments<'_>,
    ) -> Result<LearningRate, ConfigError> {
        Ok(S::from_arguments(arguments)?.into_learning_rate())
    }
    Class { name, strings: &[], make: make::<S> }
}

/// A schedule from its configuration, at run time.
/// [Keras' `deserialize`](https://keras.io/api/optimizers/learning_rate_schedules/).
///
/// # Errors
/// If the class is not one of Keras' schedules, or the arguments are not those of the class.
///
/// ```
/// use keras::{optimizers::schedules::{self, LearningRateSchedule}, prelude::*};
///
/// let config = ExponentialDecay::new(0.5, 100, 0.5).config();
/// assert_eq!(schedules::from_config(&config)?.at(100), 0.25);
/// # Ok::<(), keras::config::ConfigError>(())
/// ```
pub fn from_config(config: &Config) -> Result<LearningRate, ConfigError> {
    SCHEDULES.make(config)
}

/// A learning rate schedule. A custom one implements [`at`](Self::at), or is a function of the step.
///
/// ```
/// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
///
/// /// Up in a straight line, then down with the root of the step: as in "Attention is all you need".
/// struct Noam {
///     units: f32,
///     warmup_steps: f32,
/// }
///
/// impl LearningRateSchedule for Noam {
///     fn at(&self, step: u64) -> f32 {
///         let step = step as f32 + 1.0;
///         self.units.sqrt().recip() * step.sqrt().recip().min(step * self.warmup_steps.powf(-1.5))
///     }
/// }
///
/// let mut adam = Adam::new(Noam { units: 64.0, warmup_steps: 4.0 });
/// let mut rates = Vec::new();
/// for _ in 0..5 {
///     rates.push(adam.current_learning_rate());
///     adam.step(&mut [0.0], &[1.0])?;
/// }
/// assert!(rates[0] < rates[1] && rates[3] > rates[4], "{rates:?}");
///
/// let halving = SGD::new(|step| 0.5f32.powi(step as i32));
/// assert_eq!(halving.current_learning_rate(), 1.0);
/// # Ok::<(), keras::optimizers::OptimizerError>(())
/// ```
pub trait LearningRateSchedule: Send + Sync {
    /// The learning rate of a step: 0 is the first.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = ExponentialDecay::new(0.5, 100, 0.5);
    /// assert_eq!((decay.at(0), decay.at(100)), (0.5, 0.25));
    /// ```
    fn at(&self, step: u64) -> f32;

    /// Its name where an optimizer is printed, and in errors.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// assert_eq!(LearningRateSchedule::name(&ExponentialDecay::new(0.5, 100, 0.5)), "ExponentialDecay");
    /// ```
    fn name(&self) -> &'static str {
        "LearningRateSchedule"
    }

    /// The class and the arguments, as Keras' `get_config` has them. A custom schedule adds its own arguments.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let config = ExponentialDecay::new(0.5, 100, 0.5).staircase(true).config();
    /// assert_eq!(config.class_name(), "ExponentialDecay");
    /// assert_eq!(config.get("decay_steps").map(ToString::to_string).as_deref(), Some("100"));
    /// ```
    fn config(&self) -> Config {
        Config::of::<Self>()
    }

    /// Validates the arguments. Every step of an optimizer does so, too.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let error = ExponentialDecay::new(0.5, 0, 0.5).check().unwrap_err();
    /// assert_eq!(error.to_string(), "ExponentialDecay's `decay_steps` is 0, but must be at least 1");
    /// ```
    fn check(&self) -> Result<(), OptimizerError> {
        Ok(())
    }
}

impl<F: Fn(u64) -> f32 + Send + Sync> LearningRateSchedule for F {
    fn at(&self, step: u64) -> f32 {
        self(step)
    }
}

/// Checks that a number of steps is not 0.
fn check_steps(of: &'static str, argument: &'static str, steps: u64) -> Result<(), OptimizerError> {
    OptimizerError::expect(steps > 0, of, argument, steps as f64, "at least 1")
}

/// The number of `decay_steps` passed; an integer if `staircase`.
fn times(step: u64, decay_steps: u64, staircase: bool) -> f64 {
    let times = step as f64 / decay_steps as f64;
    if staircase { times.floor() } else { times }
}

/// A half wave from 1 at 0 to 0 at 1.
fn half_wave(part: f64) -> f64 {
    0.5 * (1.0 + (core::f64::consts::PI * part).cos())
}
