//! The arguments and the state of all optimizers: learning rate, decay, clipping, averages, number of steps.

use core::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{IntoLearningRate, LearningRate, OptimizerError};
use crate::config::{Arguments, Config, ConfigError};

/// The arguments and the state of all optimizers. The methods of [`Optimizer`](super::Optimizer) read and change it.
///
/// ```
/// use keras::{optimizers::Common, prelude::*};
///
/// let mut sgd = SGD::default();
/// *sgd.common_mut() = Common::new(0.5); // starts anew, with this learning rate
/// assert_eq!((sgd.current_learning_rate(), sgd.iterations()), (0.5, 0));
/// ```
#[derive(Clone, Debug)]
pub struct Common {
    pub(super) learning_rate: LearningRate,
    pub(super) weight_decay: Option<f32>,
    pub(super) excluded: Vec<String>,
    pub(super) clipnorm: Option<f32>,
    pub(super) clipvalue: Option<f32>,
    pub(super) global_clipnorm: Option<f32>,
    pub(super) use_ema: bool,
    pub(super) ema_momentum: f32,
    pub(super) ema_overwrite_frequency: Option<u64>,
    pub(super) gradient_accumulation_steps: u64,
    /// The number of calls of the optimizer.
    pub(super) calls: u64,
    /// The optimizer's slots, the averages of the weights, the accumulated gradients: each as long as the weights.
    pub(super) state: Vec<f32>,
    /// Memory of a step that needs some.
    pub(super) scratch: Scratch,
}

/// Memory that is kept from step to step, and is not part of the state.
#[derive(Debug, Default)]
pub(super) struct Scratch(Mutex<Vec<f32>>);

impl Scratch {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<f32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Common {
    /// This learning rate; no decay, no clipping, no averages, no step yet.
    ///
    /// ```
    /// use keras::{optimizers::Common, prelude::*};
    ///
    /// let common = Common::new(0.5); // of a custom optimizer
    /// assert!(common.check("Mine").is_ok());
    /// ```
    pub fn new(learning_rate: impl IntoLearningRate) -> Self {
        Self {
            learning_rate: learning_rate.into_learning_rate(),
            weight_decay: None,
            excluded: Vec::new(),
            clipnorm: None,
            clipvalue: None,
            global_clipnorm: None,
            use_ema: false,
            ema_momentum: 0.99,
            ema_overwrite_frequency: None,
            gradient_accumulation_steps: 1,
            calls: 0,
            state: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Checks the arguments, of an optimizer of this name: for the [`check`](super::Optimizer::check) of a custom optimizer.
    ///
    /// ```
    /// use keras::{optimizers::{Common, OptimizerError}, prelude::*};
    ///
    /// let sgd = SGD::new(0.1).clipnorm(1.0).clipvalue(0.5);
    /// assert_eq!(sgd.common().check("sgd"), Err(OptimizerError::Clipping));
    /// ```
    pub fn check(&self, optimizer: &'static str) -> Result<(), OptimizerError> {
        let ways = [self.clipnorm, self.clipvalue, self.global_clipnorm];
        if ways.iter().flatten().count() > 1 {
            return Err(OptimizerError::Clipping);
        }
        let decay = self.weight_decay.unwrap_or(0.0);
        OptimizerError::expect(decay >= 0.0, optimizer, "weight_decay", decay.into(), "at least 0")?;
        let momentum = f64::from(self.ema_momentum);
        OptimizerError::expect((0.0..=1.0).contains(&momentum), optimizer, "ema_momentum", momentum, "from 0 to 1")?;
        for (argument, steps) in [
            ("ema_overwrite_frequency", self.ema_overwrite_frequency.unwrap_or(1)),
            ("gradient_accumulation_steps", self.gradient_accumulation_steps),
        ] {
            OptimizerError::expect(steps > 0, optimizer, argument, steps as f64, "at least 1")?;
        }
        self.learning_rate.check(optimizer)
    }

    /// Adds the arguments that all optimizers have to a configuration, for the [`config`](super::Optimizer::config) of a custom
    /// optimizer.
    ///
    /// ```
    /// use keras::{config::Config, optimizers::Common};
    ///
    /// let config = Common::new(0.5).add_arguments(Config::new("mine", "Mine"));
    /// assert_eq!(config.get("learning_rate").map(ToString::to_string).as_deref(), Some("0.5"));
    /// ```
    pub fn add_arguments(&self, config: Config) -> Config {
        // Without accumulation, Keras has no number of steps.
        let steps = Some(self.gradient_accumulation_steps).filter(|&steps| steps > 1);
        config
            .with("learning_rate", self.learning_rate.clone())
            .with("weight_decay", self.weight_decay)
            .with("clipnorm", self.clipnorm)
            .with("global_clipnorm", self.global_clipnorm)
            .with("clipvalue", self.clipvalue)
            .with("use_ema", self.use_ema)
            .with("ema_momentum", self.ema_momentum)
            .with("ema_overwrite_frequency", self.ema_overwrite_frequency)
            .with("loss_scale_factor", None::<f32>)
            .with("gradient_accumulation_steps", steps)
    }

    /// Sets the arguments that a configuration has.
    pub(super) fn set_arguments(&mut self, arguments: &mut Arguments<'_>) -> Result<(), ConfigError> {
        arguments.fixed("loss_scale_factor", None::<f32>.into())?;
        arguments.set("learning_rate", &mut self.learning_rate)?;
        for (argument, value) in [
            ("weight_decay", &mut self.weight_decay),
            ("clipnorm", &mut self.clipnorm),
            ("clipvalue", &mut self.clipvalue),
            ("global_clipnorm", &mut self.global_clipnorm),
        ] {
            arguments.set(argument, value)?;
        }
        arguments.set("use_ema", &mut self.use_ema)?;
        arguments.set("ema_momentum", &mut self.ema_momentum)?;
        arguments.set("ema_overwrite_frequency", &mut self.ema_overwrite_frequency)?;
        let steps: Option<Option<u64>> = arguments.optional("gradient_accumulation_steps")?;
        self.gradient_accumulation_steps = steps.flatten().unwrap_or(self.gradient_accumulation_steps);
        Ok(())
    }

    /// The size of the next step.
    pub(super) fn current_learning_rate(&self) -> f32 {
        self.learning_rate.at(self.calls)
    }

    /// The number of steps that changed the weights.
    pub(super) fn iterations(&self) -> u64 {
        self.calls / self.gradient_accumulation_steps.max(1)
    }

    /// The number of state values per weight in addition to the optimizer's own.
    pub(super) fn extra_slots(&self) -> usize {
        usize::from(self.use_ema) + usize::from(self.gradient_accumulation_steps > 1)
    }

    /// The range of the averages in the state, of an optimizer with this many slots.
    pub(super) fn average(&self, slots: usize) -> Option<Range<usize>> {
        let length = self.state.len() / (slots + self.extra_slots()).max(1);
        let range = length * slots..length * (slots + 1);
        Some(range).filter(|range| self.use_ema && !range.is_empty())
    }

    /// The fraction by which a variable's weights decay in a step.
    pub(super) fn decay(&self, name: &str, learning_rate: f32) -> f32 {
        match self.weight_decay {
            Some(decay) if !self.is_excluded(name) => decay * learning_rate,
            _ => 0.0,
        }
    }

    /// Whether a variable is excluded from the decay.
    pub(super) fn is_excluded(&self, name: &str) -> bool {
        self.excluded.iter().any(|part| name.contains(part))
    }

    /// Whether an argument is set that changes what a step does, other than the learning rate.
    pub(super) fn has_arguments(&self) -> bool {
        let numbers = [self.weight_decay, self.clipnorm, self.clipvalue, self.global_clipnorm];
        numbers.iter().any(Option::is_some) || self.use_ema || self.gradient_accumulation_steps != 1
    }
}
