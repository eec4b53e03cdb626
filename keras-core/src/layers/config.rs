//! The values of layers' arguments in configurations, as written by Keras.

use super::{Interpolation, Padding};
use crate::{
    activations::Activation,
    config::{Config, ConfigValue},
    constraints::Constraint,
    initializers::Initializer,
    regularizers::Regularizer,
    shape::{Axes, Integers},
};

/// A number, or a list of numbers.
pub(super) fn one_or_list<T: Into<ConfigValue> + Copy>(values: &[T]) -> ConfigValue {
    match values {
        [one] => (*one).into(),
        several => several.to_vec().into(),
    }
}

/// A number if both are equal, or a pair.
pub(super) fn one_or_pair<T: Into<ConfigValue> + PartialEq>((first, second): (T, T)) -> ConfigValue {
    if first == second { first.into() } else { (first, second).into() }
}

/// A Rust name in Keras' spelling: `HardSigmoid` is `hard_sigmoid`.
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

from_names!(Padding, Interpolation);

impl From<Activation> for ConfigValue {
    /// Keras' name; a function with arguments is an object.
    fn from(activation: Activation) -> Self {
        let function = |name| Config::new("keras.activations", name);
        match activation {
            Activation::GeluApproximate => function("gelu").with("approximate", true).into(),
            Activation::ExponentialUnit { alpha } => function("elu").with("alpha", alpha).into(),
            Activation::Rectifier { negative_slope, max_value, threshold } => function("relu")
                .with("negative_slope", negative_slope)
                .with("max_value", Some(max_value).filter(|value| value.is_finite()))
                .with("threshold", threshold)
                .into(),
            plain => Self::Text(snake_case(&format!("{plain:?}"))),
        }
    }
}

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
        initializer.config().into()
    }
}

impl From<Regularizer> for ConfigValue {
    fn from(regularizer: Regularizer) -> Self {
        regularizer.config().into()
    }
}

impl From<Constraint> for ConfigValue {
    fn from(constraint: Constraint) -> Self {
        constraint.config().into()
    }
}
