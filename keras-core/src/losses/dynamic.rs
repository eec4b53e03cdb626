//! Losses that are chosen at run time.

use std::{fmt, marker::PhantomData};

use super::{
    BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy, CategoricalHinge, ClassLabels, CosineSimilarity, Dice, GradientAt, Hinge,
    Huber, KLDivergence, LogCosh, Loss, LossError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
    MeanSquaredLogarithmicError, Poisson, Prediction, Properties, Reduction, Row, RowGradient,
    SparseCategoricalCrossentropy, SquaredHinge, TargetView, Tversky, Values, rows,
};
use crate::config::{Arguments, Class, Classes, Config, ConfigError, FromArguments};

/// A kind of targets, [`ClassLabels`] or [`Values`]: of which a loss can be chosen at run time.
///
/// ```
/// use keras::losses::{self, KindOfTargets, Values};
///
/// fn name_of<T: KindOfTargets>(string: &str) -> Result<&'static str, keras::config::ConfigError> {
///     Ok(keras::losses::Loss::name(&losses::get::<T>(string)?))
/// }
///
/// assert_eq!(name_of::<Values>("mse")?, "mean_squared_error");
/// # Ok::<(), keras::config::ConfigError>(())
/// ```
pub trait KindOfTargets: Sized + 'static {
    /// The losses that take them.
    #[doc(hidden)]
    fn losses() -> &'static Losses<Self>;
}

/// The losses that take targets of a kind.
#[doc(hidden)]
pub struct Losses<T: 'static>(Classes<DynLoss<T>>);

impl KindOfTargets for ClassLabels {
    fn losses() -> &'static Losses<Self> {
        const LOSSES: &Losses<ClassLabels> = &Losses(Classes {
            module: MODULE,
            classes: &[
                class::<SparseCategoricalCrossentropy>(
                    "SparseCategoricalCrossentropy",
                    &["sparse_categorical_crossentropy"],
                ),
                class::<CategoricalGeneralizedCrossEntropy>(
                    "CategoricalGeneralizedCrossEntropy",
                    &["categorical_generalized_cross_entropy"],
                ),
            ],
        });
        LOSSES
    }
}

impl KindOfTargets for Values {
    fn losses() -> &'static Losses<Self> {
        const LOSSES: &Losses<Values> = &Losses(Classes {
            module: MODULE,
            classes: &[
                class::<BinaryCrossentropy>("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
                class::<BinaryFocalCrossentropy>("BinaryFocalCrossentropy", &["binary_focal_crossentropy"]),
                class::<CategoricalCrossentropy>("CategoricalCrossentropy", &["categorical_crossentropy"]),
                class::<CategoricalFocalCrossentropy>(
                    "CategoricalFocalCrossentropy",
                    &["categorical_focal_crossentropy"],
                ),
                class::<CategoricalHinge>("CategoricalHinge", &["categorical_hinge"]),
                class::<CosineSimilarity>("CosineSimilarity", &["cosine_similarity"]),
                class::<Dice>("Dice", &["dice"]),
                class::<Hinge>("Hinge", &["hinge"]),
                class::<Huber>("Huber", &["huber"]),
                class::<KLDivergence>("KLDivergence", &["kl_divergence", "kld", "KLD"]),
                class::<LogCosh>("LogCosh", &["log_cosh"]),
                class::<MeanAbsoluteError>("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
                class::<MeanAbsolutePercentageError>(
                    "MeanAbsolutePercentageError",
                    &["mean_absolute_percentage_error", "mape", "MAPE"],
                ),
                class::<MeanSquaredError>("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
                class::<MeanSquaredLogarithmicError>(
                    "MeanSquaredLogarithmicError",
                    &["mean_squared_logarithmic_error", "msle", "MSLE"],
                ),
                class::<Poisson>("Poisson", &["poisson"]),
                class::<SquaredHinge>("SquaredHinge", &["squared_hinge"]),
                class::<Tversky>("Tversky", &["tversky"]),
            ],
        });
        LOSSES
    }
}

const MODULE: &str = "keras.losses";

const fn class<L: Loss + FromArguments + 'static>(
    name: &'static str,
    strings: &'static [&'static str],
) -> Class<DynLoss<L::Target>> {
    fn make<L: Loss + FromArguments + 'static>(
        arguments: &mut Arguments<'_>,
    ) -> Result<DynLoss<L::Target>, ConfigError> {
        Ok(L::from_arguments(arguments)?.boxed())
    }
    Class { name, strings, make: make::<L> }
}

/// A loss with its defaults, by Keras' string or the name of its class. [Keras' `get`](https://keras.io/api/losses/).
///
/// The kind of targets is part of its type: `get::<ClassLabels>("sparse_categorical_crossentropy")`, `get::<Values>("mse")`.
/// Whether the model has enough outputs for the loss is checked when it sees the first batch.
///
/// # Errors
/// If there is no such loss, or it takes targets of another kind.
///
/// ```
/// use keras::{losses::{self, Values}, prelude::*};
///
/// sequential! { struct Line { Input(1), Dense(1) } }
///
/// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
/// for name in ["mse", "huber"] { // from the command line, say
///     let mut line = Line::with_seed(1);
///     let mut compiled = line.compile(SGD::new(0.1), losses::get::<Values>(name)?, ());
///     let history = compiled.fit(&x, &y).epochs(300).verbose(0).run()?;
///     assert!(history["loss"][299] < 0.01);
/// }
/// # Ok::<(), keras::Error>(())
/// ```
pub fn get<T: KindOfTargets>(name: &str) -> Result<DynLoss<T>, ConfigError> {
    T::losses().0.get(name)
}

/// A loss from its configuration, at run time: of [`Loss::config`], or Keras' JSON.
/// [Keras' `deserialize`](https://keras.io/api/losses/).
///
/// # Errors
/// If the class is not one of Keras' losses with targets of this kind, or the arguments are not those of the class.
///
/// ```
/// use keras::{losses::{self, Values}, prelude::*};
///
/// let config = r#"{"module": "keras.losses", "class_name": "Huber", "config": {"delta": 2.0, "reduction": "sum"}}"#;
/// let huber = losses::from_config::<Values>(&config.parse()?)?;
/// assert_eq!(huber.value(&[[0.0], [0.0]], &[[3.0], [1.0]])?, 2.0 * 3.0 - 0.5 * 4.0 + 0.5);
/// # Ok::<(), keras::Error>(())
/// ```
pub fn from_config<T: KindOfTargets>(config: &Config) -> Result<DynLoss<T>, ConfigError> {
    T::losses().0.make(config)
}

/// A loss of any type with targets of a kind, [`ClassLabels`] or [`Values`], which is chosen at run time: by [`get`],
/// [`from_config`], or [`Loss::boxed`].
///
/// ```
/// use keras::{losses::{DynLoss, Values}, prelude::*};
///
/// fn loss(is_robust: bool) -> DynLoss<Values> {
///     if is_robust { Huber::default().delta(0.5).boxed() } else { MeanSquaredError::default().boxed() }
/// }
///
/// assert_eq!(loss(true).value(&[[0.0]], &[[2.0]])?, 0.5 * 2.0 - 0.5 * 0.25);
/// assert_eq!(loss(false).value(&[[0.0]], &[[2.0]])?, 4.0);
/// # Ok::<(), keras::losses::LossError>(())
/// ```
pub struct DynLoss<T> {
    loss: Box<dyn Boxed>,
    targets: PhantomData<fn() -> T>,
}

impl<T> DynLoss<T> {
    /// This loss; [`Loss::boxed`] is shorter.
    ///
    /// ```
    /// use keras::{losses::DynLoss, prelude::*};
    ///
    /// assert_eq!(DynLoss::new(Hinge::default()).name(), "hinge");
    /// ```
    pub fn new(loss: impl Loss<Target = T> + 'static) -> Self {
        Self { loss: Box::new(loss), targets: PhantomData }
    }
}

impl<T> Clone for DynLoss<T> {
    fn clone(&self) -> Self {
        Self { loss: self.loss.boxed_clone(), targets: PhantomData }
    }
}

impl<T> fmt::Debug for DynLoss<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DynLoss").field(&self.loss.config()).finish()
    }
}

/// The methods of a [`Loss`], object-safe.
trait Boxed: Send + Sync {
    fn boxed_clone(&self) -> Box<dyn Boxed>;
    fn name(&self) -> &'static str;
    fn properties(&self) -> Properties;
    fn config(&self) -> Config;
    fn reduction(&self) -> Reduction;
    fn ignored_class(&self) -> Option<u32>;
    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError>;
    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32;
    fn rows(&self, rows: rows::Rows<'_>) -> bool;
    fn evaluate(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        gradient: Option<&mut [f32]>,
    ) -> Result<(f32, GradientAt), LossError>;
    fn evaluate_each(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<Vec<f32>, LossError>;
}

/// Implements methods that have only to be passed on; the others are written out.
macro_rules! forward {
    ($($method:ident($($argument:ident: $Argument:ty),*) $(-> $Result:ty)?;)*) => {
        impl<L: Loss + 'static> Boxed for L {
            fn boxed_clone(&self) -> Box<dyn Boxed> {
                Box::new(self.clone())
            }

            fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
                Loss::check(self, target, prediction)
            }

            fn evaluate(
                &self,
                target: TargetView<'_>,
                prediction: &Prediction<'_>,
                sample_weight: Option<&[f32]>,
                gradient: Option<&mut [f32]>,
            ) -> Result<(f32, GradientAt), LossError> {
                Loss::evaluate(self, target, prediction, sample_weight, gradient)
            }

            fn evaluate_each(
                &self,
                target: TargetView<'_>,
                prediction: &Prediction<'_>,
                sample_weight: Option<&[f32]>,
            ) -> Result<Vec<f32>, LossError> {
                Loss::evaluate_each(self, target, prediction, sample_weight)
            }

            $(fn $method(&self, $($argument: $Argument),*) $(-> $Result)? {
                Loss::$method(self, $($argument),*)
            })*
        }

        impl<T> Loss for DynLoss<T> {
            type Target = T;

            fn boxed(self) -> Self {
                self
            }

            /// The number of classes is checked as well: of a loss with a type, the compiler does so.
            fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
                let (minimum, found) = (self.loss.properties().minimum_last, prediction.dims.last());
                if found < minimum {
                    return Err(LossError::Classes { loss: self.loss.name(), minimum, found });
                }
                self.loss.check(target, prediction)
            }

            fn evaluate(
                &self,
                target: TargetView<'_>,
                prediction: &Prediction<'_>,
                sample_weight: Option<&[f32]>,
                gradient: Option<&mut [f32]>,
            ) -> Result<(f32, GradientAt), LossError> {
                Loss::check(self, target, prediction)?;
                self.loss.evaluate(target, prediction, sample_weight, gradient)
            }

            fn evaluate_each(
                &self,
                target: TargetView<'_>,
                prediction: &Prediction<'_>,
                sample_weight: Option<&[f32]>,
            ) -> Result<Vec<f32>, LossError> {
                Loss::check(self, target, prediction)?;
                self.loss.evaluate_each(target, prediction, sample_weight)
            }

            $(fn $method(&self, $($argument: $Argument),*) $(-> $Result)? {
                self.loss.$method($($argument),*)
            })*
        }
    };
}

forward! {
    name() -> &'static str;
    properties() -> Properties;
    config() -> Config;
    reduction() -> Reduction;
    ignored_class() -> Option<u32>;
    row(row: Row<'_>, gradient: RowGradient<'_>) -> f32;
    rows(rows: rows::Rows<'_>) -> bool;
}

#[cfg(test)]
mod tests {
    use super::{
        BinaryCrossentropy, ClassLabels, Dice, Loss, Prediction, SparseCategoricalCrossentropy, TargetView, Values,
        from_config, get,
    };
    use crate::{losses::Logits, shape::Dims};

    #[test]
    fn values_and_gradients_are_those_of_the_type() {
        let (values, logits) = ([0.5, 0.9, 0.2, 0.4], [0.0, 2.2, -1.4, -0.4]);
        let prediction =
            Prediction { values: &values, dims: Dims::new(&[2]), count: 2, logits: Some((Logits::Sigmoid, &logits)) };
        let target = TargetView::Values(&[0.0, 1.0, 1.0, 0.0]);
        let weights: Option<&[f32]> = Some(&[0.5, 2.0]);
        let both = |typed: &dyn Fn(&mut [f32]) -> f32, chosen: &dyn Fn(&mut [f32]) -> f32| {
            let (mut first, mut second) = ([0.0; 4], [0.0; 4]);
            assert_eq!(typed(&mut first), chosen(&mut second));
            assert_eq!(first, second);
            assert!(first.iter().any(|&g| g != 0.0));
        };
        let (entropy, dice) = (BinaryCrossentropy::default(), Dice::default());
        let chosen = [entropy.boxed(), dice.boxed()];
        both(&|gradient| entropy.evaluate(target, &prediction, weights, Some(gradient)).unwrap().0, &|gradient| {
            chosen[0].evaluate(target, &prediction, weights, Some(gradient)).unwrap().0
        });
        both(&|gradient| dice.evaluate(target, &prediction, None, Some(gradient)).unwrap().0, &|gradient| {
            chosen[1].clone().evaluate(target, &prediction, None, Some(gradient)).unwrap().0
        });
        assert_eq!(
            chosen[0].evaluate_each(target, &prediction, weights).unwrap(),
            entropy.evaluate_each(target, &prediction, weights).unwrap()
        );
    }

    /// In training a batch may be taken in slices, and these losses are not means over samples.
    #[test]
    fn a_loss_of_the_whole_batch_stays_one() {
        for name in ["dice", "tversky"] {
            assert!(crate::training::AnyLoss::whole_batch(&get::<Values>(name).unwrap()), "{name}");
        }
        assert!(!crate::training::AnyLoss::whole_batch(&get::<Values>("mse").unwrap()));
        assert!(crate::training::AnyLoss::whole_batch(
            &SparseCategoricalCrossentropy::default().ignore_class(7).boxed()
        ));
    }

    #[test]
    fn targets_are_part_of_the_type() {
        assert_eq!(
            get::<ClassLabels>("sparse_categorical_crossentropy").unwrap().name(),
            "sparse_categorical_crossentropy"
        );
        assert!(get::<Values>("sparse_categorical_crossentropy").is_err());
        let ignoring = SparseCategoricalCrossentropy::default().ignore_class(7);
        let chosen = from_config::<ClassLabels>(&ignoring.config()).unwrap();
        assert_eq!((chosen.ignored_class(), chosen.config()), (Some(7), ignoring.config()));
        let error = get::<Values>("mean_squared_eror").unwrap_err().to_string();
        assert_eq!(error, "there is no `mean_squared_eror` in keras.losses; did you mean `mean_squared_error`?");
    }

    #[test]
    fn too_few_classes_are_an_error_of_the_first_batch() {
        let loss = get::<Values>("categorical_crossentropy").unwrap();
        let error = loss.value(&[[1.0], [0.0]], &[[0.5], [0.5]]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "categorical_crossentropy needs at least 2 classes, but the output's last axis is 1 long"
        );
    }
}
