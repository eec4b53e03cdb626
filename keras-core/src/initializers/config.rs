//! Configurations of initializers, as in Keras' `get_config`.

use super::{Distribution, Fan, Initializer};
use crate::config::{Config, ConfigValue};

impl Initializer {
    /// The class and the arguments, as in Keras' `get_config`. `seed` is `None`, since the seed of the model is used.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Initializer::HE_NORMAL.config().class_name(), "HeNormal");
    /// let config = Initializer::RandomNormal { mean: 0.0, stddev: 0.5 }.config();
    /// assert_eq!(config.get("stddev").map(ToString::to_string).as_deref(), Some("0.5"));
    /// ```
    pub fn config(self) -> Config {
        let keras = |class| Config::new("keras.initializers", class);
        let random = |class| keras(class).with("seed", None::<i64>);
        match self {
            Self::Zeros => keras("Zeros"),
            Self::Ones => keras("Ones"),
            Self::Constant(value) => keras("Constant").with("value", value),
            Self::VarianceScaling { scale, fan, distribution } => {
                let config = match self {
                    Self::GLOROT_UNIFORM => random("GlorotUniform"),
                    Self::GLOROT_NORMAL => random("GlorotNormal"),
                    Self::HE_UNIFORM => random("HeUniform"),
                    Self::HE_NORMAL => random("HeNormal"),
                    Self::LECUN_UNIFORM => random("LecunUniform"),
                    Self::LECUN_NORMAL => random("LecunNormal"),
                    _ => random("VarianceScaling")
                        .with("scale", scale)
                        .with("mode", fan)
                        .with("distribution", distribution),
                };
                config.with("input_axes", None::<i64>).with("output_axes", None::<i64>)
            }
            Self::RandomNormal { mean, stddev } => random("RandomNormal").with("mean", mean).with("stddev", stddev),
            Self::RandomUniform { minval, maxval } => {
                random("RandomUniform").with("minval", minval).with("maxval", maxval)
            }
            Self::TruncatedNormal { mean, stddev } => {
                random("TruncatedNormal").with("mean", mean).with("stddev", stddev)
            }
            Self::Orthogonal { gain } => random("Orthogonal").with("gain", gain),
            Self::Identity { gain } => keras("Identity").with("gain", gain),
        }
    }
}

impl From<Fan> for ConfigValue {
    fn from(fan: Fan) -> Self {
        Self::from(match fan {
            Fan::In => "fan_in",
            Fan::Out => "fan_out",
            Fan::Average => "fan_avg",
        })
    }
}

impl From<Distribution> for ConfigValue {
    fn from(distribution: Distribution) -> Self {
        Self::from(match distribution {
            Distribution::TruncatedNormal => "truncated_normal",
            Distribution::UntruncatedNormal => "untruncated_normal",
            Distribution::Uniform => "uniform",
        })
    }
}
