//! Optimizers that are chosen at run time.

use std::fmt;

use super::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Common, Ftrl, Lamb, Lion, MultiOptimizer, Muon, Nadam,
    Optimizer, OptimizerError, RMSprop, SGD, ScheduleFreeAdamW, Span, Step, Variable, erased::Updates,
};
use crate::config::{Arguments, Class, Classes, Config, ConfigError, FromArguments};

/// All optimizers.
const OPTIMIZERS: Classes<DynOptimizer> = Classes {
    module: "keras.optimizers",
    classes: &[
        class::<SGD>("SGD", &["sgd"]),
        class::<RMSprop>("RMSprop", &["rmsprop"]),
        class::<Adam>("Adam", &["adam"]),
        class::<AdamW>("AdamW", &["adamw"]),
        class::<Adamax>("Adamax", &["adamax"]),
        class::<Nadam>("Nadam", &["nadam"]),
        class::<Adagrad>("Adagrad", &["adagrad"]),
        class::<Adadelta>("Adadelta", &["adadelta"]),
        class::<Adafactor>("Adafactor", &["adafactor"]),
        class::<Lion>("Lion", &["lion"]),
        class::<Lamb>("Lamb", &["lamb"]),
        class::<Ftrl>("Ftrl", &["ftrl"]),
        class::<MultiOptimizer>("MultiOptimizer", &["multioptimizer"]),
        class::<Muon>("Muon", &["muon"]),
        class::<ScheduleFreeAdamW>("ScheduleFreeAdamW", &["schedulefreeadamw"]),
    ],
};

const fn class<O: Optimizer + FromArguments + 'static>(
    name: &'static str,
    strings: &'static [&'static str],
) -> Class<DynOptimizer> {
    fn make<O: Optimizer + FromArguments + 'static>(
        arguments: &mut Arguments<'_>,
    ) -> Result<DynOptimizer, ConfigError> {
        Ok(O::from_arguments(arguments)?.boxed())
    }
    Class { name, strings, make: make::<O> }
}

/// An optimizer with its defaults, by Keras' string or the name of its class.
/// [Keras' `get`](https://keras.io/api/optimizers/).
///
/// # Errors
/// If there is no such optimizer.
///
/// ```
/// use keras::{optimizers, prelude::*};
///
/// sequential! { struct Line { Input(1), Dense(1) } }
///
/// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
/// for name in ["sgd", "adam"] { // from the command line, say
///     let mut line = Line::with_seed(1);
///     let optimizer = optimizers::get(name)?.learning_rate(0.1);
///     let history = line.compile(optimizer, MeanSquaredError::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
///     assert!(history["loss"][199] < 0.01);
/// }
/// # Ok::<(), keras::Error>(())
/// ```
pub fn get(name: &str) -> Result<DynOptimizer, ConfigError> {
    OPTIMIZERS.get(name)
}

/// An optimizer from its configuration, at run time: of [`Optimizer::config`], or Keras' JSON.
/// [Keras' `deserialize`](https://keras.io/api/optimizers/).
///
/// # Errors
/// If the class is not one of Keras' optimizers, or the arguments are not those of the class.
///
/// ```
/// use keras::{optimizers, prelude::*};
///
/// let config = r#"{
///     "module": "keras.optimizers",
///     "class_name": "SGD",
///     "config": {"learning_rate": 0.5, "momentum": 0.9, "clipnorm": 1.0}
/// }"#;
/// let mut weights = [1.0];
/// optimizers::from_config(&config.parse()?)?.step(&mut weights, &[8.0])?;
/// assert_eq!(weights, [0.5]);
/// # Ok::<(), keras::Error>(())
/// ```
pub fn from_config(config: &Config) -> Result<DynOptimizer, ConfigError> {
    OPTIMIZERS.make(config)
}

/// An optimizer of any type, which is chosen at run time: by [`get`], [`from_config`], or [`Optimizer::boxed`].
///
/// It costs nothing in a step: training calls every optimizer by a table of functions.
///
/// ```
/// use keras::{optimizers::DynOptimizer, prelude::*};
///
/// fn optimizer(is_large: bool) -> DynOptimizer {
///     if is_large { AdamW::new(1e-4).clipnorm(1.0).boxed() } else { SGD::new(0.1).boxed() }
/// }
///
/// assert_eq!((optimizer(true).name(), optimizer(false).name()), ("adam_w", "sgd"));
/// ```
pub struct DynOptimizer(Box<dyn Boxed>);

impl DynOptimizer {
    /// This optimizer; [`Optimizer::boxed`] is shorter.
    ///
    /// ```
    /// use keras::{optimizers::DynOptimizer, prelude::*};
    ///
    /// assert_eq!(DynOptimizer::new(SGD::new(0.5)).current_learning_rate(), 0.5);
    /// ```
    pub fn new(optimizer: impl Optimizer + 'static) -> Self {
        Self(Box::new(optimizer))
    }
}

/// The methods of an [`Optimizer`] that [`Updates`] does not have, object-safe.
trait Boxed: Updates {
    fn boxed_clone(&self) -> Box<dyn Boxed>;
    fn config(&self) -> Config;
    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError>;
}

impl<O: Optimizer + 'static> Boxed for O {
    fn boxed_clone(&self) -> Box<dyn Boxed> {
        Box::new(self.clone())
    }

    fn config(&self) -> Config {
        Optimizer::config(self)
    }

    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError> {
        Optimizer::step_variables(self, weights, gradients, variables)
    }
}

impl Clone for DynOptimizer {
    fn clone(&self) -> Self {
        Self(self.0.boxed_clone())
    }
}

impl fmt::Debug for DynOptimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DynOptimizer").field(&Boxed::config(&*self.0)).finish()
    }
}

impl Optimizer for DynOptimizer {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn updates_whole_variables(&self) -> bool {
        self.0.whole_variables()
    }

    fn slots(&self) -> usize {
        self.0.slots()
    }

    fn initial(&self, slot: usize) -> f32 {
        self.0.initial(slot)
    }

    fn common(&self) -> &Common {
        self.0.common()
    }

    fn common_mut(&mut self) -> &mut Common {
        self.0.common_mut()
    }

    fn config(&self) -> Config {
        Boxed::config(&*self.0)
    }

    fn check(&self) -> Result<(), OptimizerError> {
        self.0.check()
    }

    fn is_special(&self, variable: &Variable<'_>) -> bool {
        self.0.is_special(variable)
    }

    fn decay(&self, variable: &Variable<'_>, learning_rate: f32) -> f32 {
        self.0.decay(variable, learning_rate)
    }

    fn boxed(self) -> DynOptimizer {
        self
    }

    fn update(&self, step: Step, span: Span<'_>) {
        self.0.update(step, span);
    }

    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError> {
        Boxed::step_variables(&mut *self.0, weights, gradients, variables)
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Config, Lamb, OPTIMIZERS, Optimizer, SGD, Variable, from_config, get};
    use crate::optimizers::schedules::CosineDecay;

    #[test]
    fn every_string_makes_its_optimizer() {
        for Class { name, strings, .. } in OPTIMIZERS.classes {
            for string in [name].into_iter().chain(*strings) {
                match get(string) {
                    Ok(optimizer) => assert_eq!(optimizer.config().class_name(), *name),
                    Err(error) => assert_eq!(error.to_string(), "MultiOptimizer needs the argument `optimizer_map`"),
                }
            }
        }
    }

    #[test]
    fn steps_are_those_of_the_type() {
        // Lamb needs whole variables.
        let variables = [Variable::new("a", 0..2), Variable::new("b", 2..4)];
        let gradients = [0.1, -0.2, 0.3, 0.4];
        let (mut weights, mut same) = ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]);
        let mut lamb = Lamb::new(0.1).clipnorm(0.25);
        let mut boxed = lamb.clone().boxed().boxed();
        for _ in 0..3 {
            lamb.step_variables(&mut weights, &gradients, &variables).unwrap();
            boxed.step_variables(&mut same, &gradients, &variables).unwrap();
            boxed = boxed.clone();
        }
        assert_eq!(weights, same);
        assert_eq!((lamb.state(), lamb.calls()), (boxed.state(), boxed.calls()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let say = |arguments: &str| {
            let config = format!(r#"{{"module": "keras.optimizers", "class_name": "SGD", "config": {{{arguments}}}}}"#);
            from_config(&config.parse().unwrap()).unwrap_err().to_string()
        };
        assert_eq!(say(r#""beta_1": 0.5"#), "SGD has no argument `beta_1`");
        assert_eq!(say(r#""nesterov": 1"#), "SGD's `nesterov` is 1, but must be true or false");
        assert_eq!(
            say(r#""learning_rate": "a""#),
            "SGD's `learning_rate` is \"a\", but must be a number or a schedule"
        );
        assert_eq!(say(r#""loss_scale_factor": 2.0"#), "SGD's `loss_scale_factor` is 2.0, but must be null");
        let schedule = r#"{"class_name": "CosineDecay", "config": {"decay_steps": 3}}"#;
        assert_eq!(
            say(&format!(r#""learning_rate": {schedule}"#)),
            "CosineDecay needs the argument `initial_learning_rate`"
        );
        let config = Config::new("keras.losses", "SGD");
        assert!(from_config(&config).is_err());
        let scheduled = SGD::new(CosineDecay::new(0.5, 10)).config();
        assert_eq!(from_config(&scheduled).unwrap().config(), scheduled);
    }
}
