//! The arguments of a class, read from a configuration.

use super::{Config, ConfigError, ConfigValue};

/// What can be an argument.
pub(crate) trait FromConfig: Sized {
    /// The possible values, in words.
    const EXPECTED: &'static str;

    /// The value; `None` if it is of another kind.
    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError>;
}

/// What can be made from the arguments of a configuration.
pub(crate) trait FromArguments: Sized {
    /// Makes it; arguments that are missing have their defaults.
    fn from_arguments(arguments: &mut Arguments<'_>) -> Result<Self, ConfigError>;
}

/// The arguments of a configuration, which are to be read completely.
pub(crate) struct Arguments<'a> {
    config: &'a Config,
    read: Vec<&'a str>,
}

impl<'a> Arguments<'a> {
    /// The arguments, of which `name` and `dtype` are those of every object: the dtype must be that of our computations.
    pub(crate) fn new(config: &'a Config) -> Self {
        Self { config, read: Vec::new() }
    }

    /// The class, for errors.
    fn class(&self) -> String {
        self.config.class_name().to_owned()
    }

    fn find(&mut self, argument: &str) -> Option<&'a ConfigValue> {
        let (name, value) = self.config.iter().find(|(name, _)| *name == argument)?;
        self.read.push(name);
        Some(value)
    }

    /// The value of an argument, if it is there.
    pub(crate) fn optional<T: FromConfig>(&mut self, argument: &'static str) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.find(argument) else { return Ok(None) };
        match T::from_config(value)? {
            Some(value) => Ok(Some(value)),
            None => Err(self.misfit(argument, value, T::EXPECTED.to_owned())),
        }
    }

    /// The value of an argument that has no default.
    pub(crate) fn required<T: FromConfig>(&mut self, argument: &'static str) -> Result<T, ConfigError> {
        let class = self.class();
        self.optional(argument)?.ok_or(ConfigError::MissingArgument { class, argument })
    }

    /// Sets an argument, if it is there.
    pub(crate) fn set<T: FromConfig>(&mut self, argument: &'static str, to: &mut T) -> Result<(), ConfigError> {
        if let Some(value) = self.optional(argument)? {
            *to = value;
        }
        Ok(())
    }

    /// Checks an argument of which only one value is supported.
    pub(crate) fn fixed(&mut self, argument: &'static str, only: ConfigValue) -> Result<(), ConfigError> {
        match self.find(argument) {
            Some(value) if *value != only => Err(self.misfit(argument, value, only.to_string())),
            _ => Ok(()),
        }
    }

    /// Leaves an argument out of account.
    pub(crate) fn skip(&mut self, argument: &str) {
        self.find(argument);
    }

    fn misfit(&self, argument: &'static str, found: &ConfigValue, expected: String) -> ConfigError {
        ConfigError::Value { class: self.class(), argument, found: found.to_string(), expected }
    }

    /// Checks that all arguments were read.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        match self.config.iter().find(|(name, _)| !self.read.contains(name)) {
            Some((name, _)) => Err(ConfigError::UnknownArgument { class: self.class(), argument: name.to_owned() }),
            None => Ok(()),
        }
    }
}

macro_rules! from_config {
    ($($Type:ty, $expected:literal: $($pattern:pat => $value:expr),+;)+) => {$(
        impl FromConfig for $Type {
            const EXPECTED: &'static str = $expected;

            fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
                Ok(match *value {
                    $($pattern => $value,)+
                    _ => None,
                })
            }
        }
    )+};
}

from_config! {
    bool, "true or false": ConfigValue::Bool(on) => Some(on);
    f64, "a number": ConfigValue::Float(number) => Some(number), ConfigValue::Integer(number) => Some(number as f64);
    f32, "a number":
        ConfigValue::Float(number) => Some(number as f32), ConfigValue::Integer(number) => Some(number as f32);
    i32, "an integer": ConfigValue::Integer(number) => number.try_into().ok();
    i64, "an integer": ConfigValue::Integer(number) => Some(number);
    u32, "an integer that is not negative": ConfigValue::Integer(number) => number.try_into().ok();
    u64, "an integer that is not negative": ConfigValue::Integer(number) => number.try_into().ok();
    usize, "an integer that is not negative": ConfigValue::Integer(number) => number.try_into().ok();
}

impl FromConfig for String {
    const EXPECTED: &'static str = "a text";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        let ConfigValue::Text(text) = value else { return Ok(None) };
        Ok(Some(text.clone()))
    }
}

impl<T: FromConfig> FromConfig for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        match value {
            ConfigValue::None => Ok(Some(None)),
            value => Ok(T::from_config(value)?.map(Some)),
        }
    }
}

impl<T: FromConfig> FromConfig for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        let ConfigValue::List(values) = value else { return Ok(None) };
        values.iter().map(T::from_config).collect()
    }
}

/// Implements the conversions of an enum whose values are texts in Keras.
macro_rules! text_values {
    ($Type:ident { $($Variant:ident = $text:literal),+ $(,)? }) => {
        impl From<$Type> for $crate::config::ConfigValue {
            fn from(value: $Type) -> Self {
                Self::from(match value {
                    $($Type::$Variant => $text,)+
                })
            }
        }

        impl $crate::config::FromConfig for $Type {
            const EXPECTED: &'static str = concat!("one of" $(, " \"", $text, "\"")+);

            fn from_config(
                value: &$crate::config::ConfigValue,
            ) -> Result<Option<Self>, $crate::config::ConfigError> {
                let $crate::config::ConfigValue::Text(text) = value else { return Ok(None) };
                Ok(match text.as_str() {
                    $($text => Some(Self::$Variant),)+
                    _ => None,
                })
            }
        }
    };
}

pub(crate) use text_values;
