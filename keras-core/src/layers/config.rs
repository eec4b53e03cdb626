//! The values of layers' arguments in configurations, as Keras writes them.

use super::{Interpolation, Padding};
use crate::{
    activations::Activation,
    config::{Config, ConfigValue},
    constraints::{Constraint, Rule},
    initializers::{Distribution, Fan, Initializer},
    regularizers::{Mode, Regularizer},
    shape::{Axes, Integers},
};

/// One number by itself, several as a list.
pub(super) fn one_or_list<T: Into<ConfigValue> + Copy>(values: &[T]) -> ConfigValue {
    match values {
        [one] => (*one).into(),
        several => several.to_vec().into(),
    }
}

/// One number for both, where they are alike.
pub(super) fn one_or_pair<T: Into<ConfigValue> + PartialEq>((first, second): (T, T)) -> ConfigValue {
    if first == second { first.into() } else { (first, second).into() }
}

/// A name of Rust's as Keras writes it: `HardSigmoid` is `hard_sigmoid`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

macro_rules! from_names {
    ($($of:ty),+) => {$(
        impl From<$of> for ConfigValue {
            fn from(value: $of) -> Self {
                Self::Text(snake_case(&format!("{value:?}")))
            }
        }
    )+};
}

from_names!(Activation, Padding, Interpolation);

impl From<Integers> for ConfigValue {
    fn from(values: Integers) -> Self {
        values.as_slice().to_vec().into()
    }
}

impl From<Axes> for ConfigValue {
    fn from(axes: Axes) -> Self {
        axes.given().into()
    }
}

impl From<Initializer> for ConfigValue {
    fn from(initializer: Initializer) -> Self {
        let class = |name| Config::new("keras.initializers", name);
        let seeded = |name| class(name).with("seed", Self::None);
        Self::Object(match initializer {
            Initializer::Zeros => class("Zeros"),
            Initializer::Ones => class("Ones"),
            Initializer::Constant(value) => class("Constant").with("value", value),
            Initializer::RandomNormal { mean, stddev } => {
                seeded("RandomNormal").with("mean", mean).with("stddev", stddev)
            }
            Initializer::RandomUniform { minval, maxval } => {
                seeded("RandomUniform").with("minval", minval).with("maxval", maxval)
            }
            Initializer::TruncatedNormal { mean, stddev } => {
                seeded("TruncatedNormal").with("mean", mean).with("stddev", stddev)
            }
            Initializer::Orthogonal { gain } => seeded("Orthogonal").with("gain", gain),
            Initializer::Identity { gain } => class("Identity").with("gain", gain),
            Initializer::GLOROT_UNIFORM => seeded("GlorotUniform"),
            Initializer::GLOROT_NORMAL => seeded("GlorotNormal"),
            Initializer::HE_UNIFORM => seeded("HeUniform"),
            Initializer::HE_NORMAL => seeded("HeNormal"),
            Initializer::LECUN_UNIFORM => seeded("LecunUniform"),
            Initializer::LECUN_NORMAL => seeded("LecunNormal"),
            Initializer::VarianceScaling { scale, fan, distribution } => {
                let mode = match fan {
                    Fan::In => "fan_in",
                    Fan::Out => "fan_out",
                    Fan::Average => "fan_avg",
                };
                let distribution = match distribution {
                    Distribution::Uniform => "uniform",
                    Distribution::TruncatedNormal => "truncated_normal",
                    Distribution::UntruncatedNormal => "untruncated_normal",
                };
                let scaling = seeded("VarianceScaling").with("scale", scale);
                scaling.with("mode", mode).with("distribution", distribution)
            }
        })
    }
}

impl From<Regularizer> for ConfigValue {
    fn from(regularizer: Regularizer) -> Self {
        let class = |name| Config::new("keras.regularizers", name);
        Self::Object(match regularizer {
            Regularizer::None => return Self::None,
            Regularizer::L1(l1) => class("L1").with("l1", l1),
            Regularizer::L2(l2) => class("L2").with("l2", l2),
            Regularizer::L1L2 { l1, l2 } => class("L1L2").with("l1", l1).with("l2", l2),
            Regularizer::OrthogonalRegularizer { factor, mode } => {
                let mode = match mode {
                    Mode::Rows => "rows",
                    Mode::Columns => "columns",
                };
                class("OrthogonalRegularizer").with("factor", factor).with("mode", mode)
            }
            // Keras does not know it.
            Regularizer::Own(_) => Config::new("", "Penalty"),
        })
    }
}

impl From<Constraint> for ConfigValue {
    fn from(constraint: Constraint) -> Self {
        let class = |name| Config::new("keras.constraints", name);
        let axis = one_or_list(constraint.axis.given().as_slice());
        Self::Object(match constraint.rule {
            Rule::None => return Self::None,
            Rule::NonNeg => class("NonNeg"),
            Rule::UnitNorm => class("UnitNorm").with("axis", axis),
            Rule::Norm { min_value: 0.0, max_value, rate: 1.0 } => {
                class("MaxNorm").with("max_value", max_value).with("axis", axis)
            }
            Rule::Norm { min_value, max_value, rate } => {
                let bounds = class("MinMaxNorm").with("min_value", min_value).with("max_value", max_value);
                bounds.with("rate", rate).with("axis", axis)
            }
            // Keras does not know it.
            Rule::Own(_) => Config::new("", "Projection"),
        })
    }
}
