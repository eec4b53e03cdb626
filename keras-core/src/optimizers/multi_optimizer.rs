//! Several optimizers, each for some of the layers.

use super::{Common, DynOptimizer, Optimizer, OptimizerError, Span, Step, Variable, from_config};
use crate::config::{Arguments, Config, ConfigError, ConfigValue, FromArguments, FromConfig};

/// One optimizer for some layers, and another for the rest.
/// [Keras' `MultiOptimizer`](https://keras.io/api/optimizers/multi_optimizer/) with an `OptimizerMap`.
///
/// A layer is named by its path, `dense` or `encoder/dense`; the name of an inner model stands for all its layers. (Keras'
/// keys are regular expressions: `"encoder/.*"` is `encoder` here.) If several match, the first does.
///
/// Decay, clipping and so on are arguments of the optimizers that it consists of; averages of the weights (`use_ema`) are not
/// supported. Its learning rate is that of the default optimizer: a callback that changes it changes those of the others by the
/// same factor. Each optimizer has a state as long as all weights.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(1), Dense(4, name = "body"), Dense(1, name = "head") } }
///
/// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
/// let mut net = Net::with_seed(1);
/// let before = net.body().kernel().to_vec();
/// let optimizer = MultiOptimizer::new(SGD::new(0.0)).with("head", Adam::new(0.1)); // only the head learns
/// let history = net.compile(optimizer, MeanSquaredError::default(), ()).fit(&x, &y).epochs(50).verbose(0).run()?;
/// assert!(history["loss"][49] < history["loss"][0]);
/// assert_eq!(net.body().kernel().to_vec(), before);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MultiOptimizer {
    common: Common,
    /// The layers of each optimizer; no name stands for all others, which come last.
    parts: Vec<Part>,
    /// The variables of the last step: those of each optimizer follow from them.
    variables: Vec<Variable<'static>>,
}

#[derive(Clone, Debug)]
struct Part {
    layers: Option<String>,
    optimizer: DynOptimizer,
    /// All variables, of which those of other optimizers are not trainable.
    variables: Vec<Variable<'static>>,
}

impl Part {
    fn matches(&self, variable: &str) -> bool {
        self.layers.as_ref().is_none_or(|layers| {
            variable.strip_prefix(layers.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

impl MultiOptimizer {
    /// All layers have this optimizer that are not given another.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(MultiOptimizer::new(SGD::new(0.5)).current_learning_rate(), 0.5);
    /// ```
    pub fn new(default: impl Optimizer + 'static) -> Self {
        let all = Part { layers: None, optimizer: default.boxed(), variables: Vec::new() };
        // Its own learning rate is not used.
        Self { common: Common::new(0.0), parts: vec![all], variables: Vec::new() }
    }

    /// A layer, or all layers of an inner model, with an optimizer of their own.
    ///
    /// ```
    /// use keras::{optimizers::Variable, prelude::*};
    ///
    /// let mut optimizer = MultiOptimizer::new(SGD::new(1.0)).with("head", SGD::new(0.5));
    /// let mut weights = [0.0, 0.0];
    /// let variables = [Variable::new("body/bias", 0..1), Variable::new("head/bias", 1..2)];
    /// optimizer.step_variables(&mut weights, &[-1.0, -1.0], &variables)?;
    /// assert_eq!(weights, [1.0, 0.5]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn with(mut self, layers: &str, optimizer: impl Optimizer + 'static) -> Self {
        let part = Part { layers: Some(layers.to_owned()), optimizer: optimizer.boxed(), variables: Vec::new() };
        self.parts.insert(self.parts.len() - 1, part);
        self
    }

    /// The optimizers, with the layers of each; the default one comes last, without layers.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let optimizer = MultiOptimizer::new(SGD::default()).with("head", Adam::default());
    /// let names: Vec<_> = optimizer.optimizers().map(|(layers, optimizer)| (layers, optimizer.name())).collect();
    /// assert_eq!(names, [(Some("head"), "adam"), (None, "sgd")]);
    /// ```
    pub fn optimizers(&self) -> impl Iterator<Item = (Option<&str>, &DynOptimizer)> {
        self.parts.iter().map(|part| (part.layers.as_deref(), &part.optimizer))
    }

    fn default_optimizer(&self) -> Option<&DynOptimizer> {
        self.parts.last().map(|part| &part.optimizer)
    }

    /// Finds the variables of each optimizer, if they are not those of the last step.
    fn divide(&mut self, variables: &[Variable<'_>]) -> Result<(), OptimizerError> {
        if self.variables == variables {
            return Ok(());
        }
        let owned = |variable: &Variable<'_>| Variable {
            name: variable.name.to_string().into(),
            range: variable.range.clone(),
            trainable: variable.trainable,
            dims: variable.dims,
        };
        let of = |variable: &Variable<'_>| self.parts.iter().position(|part| part.matches(&variable.name));
        let owners: Vec<Option<usize>> = variables.iter().map(of).collect();
        for (index, part) in self.parts.iter_mut().enumerate() {
            if part.layers.is_some() && !owners.contains(&Some(index)) {
                return Err(OptimizerError::NoLayers { index });
            }
            let mine = |(variable, owner): (&Variable<'_>, &Option<usize>)| Variable {
                trainable: variable.trainable && *owner == Some(index),
                ..owned(variable)
            };
            part.variables = variables.iter().zip(&owners).map(mine).collect();
        }
        self.variables = variables.iter().map(owned).collect();
        Ok(())
    }
}

/// The end of a regular expression that matches a layer and all layers within.
const AND_WITHIN: &str = "(/.*)?";

impl FromConfig for DynOptimizer {
    const EXPECTED: &'static str = "the configuration of an optimizer";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        let ConfigValue::Object(config) = value else { return Ok(None) };
        from_config(config).map(Some)
    }
}

/// Keras' `OptimizerMap`, whose keys are paths of layers, with `/.*` or `(/.*)?` for all layers within.
struct OptimizerMap(MultiOptimizer);

impl FromConfig for OptimizerMap {
    const EXPECTED: &'static str = "an OptimizerMap whose keys are paths of layers";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        let ConfigValue::Object(config) = value else { return Ok(None) };
        let mut arguments = Arguments::new(config);
        let mut optimizer = MultiOptimizer::new(arguments.required::<DynOptimizer>("default_optimizer")?);
        arguments.skip("optimizer_map");
        arguments.finish()?;
        let Some(ConfigValue::Map(map)) = config.get("optimizer_map") else { return Ok(None) };
        for (pattern, value) in map {
            let layers = pattern.strip_suffix(AND_WITHIN).or(pattern.strip_suffix("/.*")).unwrap_or(pattern);
            let is_path = !layers.contains(|character| "()[]{}*+?.|^$\\".contains(character));
            match DynOptimizer::from_config(value)? {
                Some(other) if is_path => optimizer = optimizer.with(layers, other),
                _ => return Ok(None),
            }
        }
        Ok(Some(Self(optimizer)))
    }
}

impl FromArguments for MultiOptimizer {
    fn from_arguments(arguments: &mut Arguments<'_>) -> Result<Self, ConfigError> {
        arguments.fixed("loss_scale_factor", ConfigValue::None)?;
        Ok(arguments.required::<OptimizerMap>("optimizer_map")?.0)
    }
}

impl Optimizer for MultiOptimizer {
    fn name(&self) -> &'static str {
        "multi_optimizer"
    }

    fn slots(&self) -> usize {
        0
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn config(&self) -> Config {
        let map = self.parts.iter().filter_map(|part| {
            let layers = part.layers.as_ref()?;
            Some((format!("{layers}{AND_WITHIN}"), part.optimizer.config().into()))
        });
        let map = Config::new("keras.optimizers", "OptimizerMap")
            .with("default_optimizer", self.default_optimizer().map(Optimizer::config))
            .with("optimizer_map", ConfigValue::Map(map.collect()));
        Config::new("keras.optimizers", "MultiOptimizer")
            .with("optimizer_map", map)
            .with("loss_scale_factor", None::<f32>)
            .with("name", self.name())
    }

    fn check(&self) -> Result<(), OptimizerError> {
        if self.common.has_arguments() {
            return Err(OptimizerError::OfAll);
        }
        for part in &self.parts {
            part.optimizer.check()?;
            if part.optimizer.common().use_ema {
                let expected = "false for an optimizer of some layers";
                OptimizerError::expect(false, part.optimizer.name(), "use_ema", 1.0, expected)?;
            }
        }
        Ok(())
    }

    fn current_learning_rate(&self) -> f32 {
        self.default_optimizer().map_or(0.0, Optimizer::current_learning_rate)
    }

    fn is_scheduled(&self) -> bool {
        self.parts.iter().any(|part| part.optimizer.is_scheduled())
    }

    fn set_learning_rate(&mut self, learning_rate: f32) {
        let current = self.current_learning_rate();
        // From zero, there is no factor: the others keep theirs.
        let factor = if current == 0.0 { 1.0 } else { learning_rate / current };
        for part in &mut self.parts {
            let rate = part.optimizer.current_learning_rate();
            part.optimizer.set_learning_rate(if part.layers.is_none() { learning_rate } else { rate * factor });
        }
    }

    /// Each optimizer updates its own variables.
    fn update(&self, _: Step, _: Span<'_>) {}

    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError> {
        self.check()?;
        self.divide(variables)?;
        for part in &mut self.parts {
            part.optimizer.step_variables(weights, gradients, &part.variables)?;
        }
        self.common.calls += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{MultiOptimizer, Optimizer, OptimizerError, Variable};
    use crate::optimizers::{Adam, Lamb, SGD};

    fn variables() -> [Variable<'static>; 3] {
        [
            Variable::new("encoder/dense/bias", 0..1),
            Variable::new("encoder_2/bias", 1..2),
            Variable::new("head/bias", 2..4),
        ]
    }

    #[test]
    fn layers_are_named_by_their_path() {
        let mut weights = [0.0; 4];
        let mut optimizer =
            MultiOptimizer::new(SGD::new(1.0)).with("encoder", SGD::new(0.25)).with("head", Lamb::new(0.1));
        optimizer.step_variables(&mut weights, &[-1.0; 4], &variables()).unwrap();
        assert_eq!(weights[..2], [0.25, 1.0]);
        let (mut alone, mut lamb) = ([0.0; 2], Lamb::new(0.1));
        lamb.step(&mut alone, &[-1.0; 2]).unwrap();
        assert_eq!(weights[2..], alone);
        optimizer.step_variables(&mut weights, &[-1.0; 4], &variables()).unwrap();
        lamb.step(&mut alone, &[-1.0; 2]).unwrap();
        assert_eq!(weights[2..], alone);
        assert_eq!(optimizer.iterations(), 2);
        optimizer.set_learning_rate(0.5);
        let rates: Vec<f32> = optimizer.optimizers().map(|(_, optimizer)| optimizer.current_learning_rate()).collect();
        assert_eq!(rates, [0.125, 0.05, 0.5]);
        let mut optimizer = MultiOptimizer::new(SGD::new(0.0)).with("head", SGD::new(0.5));
        optimizer.set_learning_rate(0.0);
        let rates: Vec<f32> = optimizer.optimizers().map(|(_, optimizer)| optimizer.current_learning_rate()).collect();
        assert_eq!(rates, [0.5, 0.0]);
    }

    #[test]
    fn frozen_layers_stay() {
        let mut variables = variables();
        variables[2].trainable = false;
        let mut weights = [0.0; 4];
        let mut optimizer = MultiOptimizer::new(SGD::new(1.0)).with("head", Adam::new(0.5));
        optimizer.step_variables(&mut weights, &[-1.0; 4], &variables).unwrap();
        assert_eq!(weights, [1.0, 1.0, 0.0, 0.0]);
        variables[2].trainable = true;
        optimizer.step_variables(&mut weights, &[-1.0; 4], &variables).unwrap();
        assert!(weights[2] > 0.3);
    }

    #[test]
    fn what_does_not_go_together_is_said() {
        let step = |mut optimizer: MultiOptimizer| {
            let mut weights = [0.0; 4];
            let error = optimizer.step_variables(&mut weights, &[-1.0; 4], &variables()).unwrap_err();
            assert_eq!(weights, [0.0; 4], "nothing is changed");
            error
        };
        let sgd = || MultiOptimizer::new(SGD::new(1.0));
        assert_eq!(step(sgd().with("haed", SGD::new(1.0))), OptimizerError::NoLayers { index: 0 });
        assert_eq!(step(sgd().clipnorm(1.0)), OptimizerError::OfAll);
        assert!(matches!(
            step(sgd().with("head", Adam::default().use_ema(true))),
            OptimizerError::Argument { argument: "use_ema", .. }
        ));
        assert!(matches!(step(sgd().with("head", Adam::new(f32::NAN))), OptimizerError::Argument { .. }));
    }
}
