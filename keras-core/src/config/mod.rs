//! Configurations: names and values of arguments, as returned by Keras' `get_config`.

mod arguments;
mod classes;
mod error;
mod json;

pub(crate) use arguments::{Arguments, FromArguments, FromConfig, text_values};
pub(crate) use classes::{Class, Classes};
pub use error::ConfigError;

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

/// The configuration of a layer, a loss, a metric, an optimizer or one of their components: its class, and its
/// arguments by name. See [Keras' `get_config`](https://keras.io/api/models/model_saving_apis/serialization_utils/).
///
/// Its `Display` is JSON, in Keras' serialization format, and so is the text that it is parsed from.
///
/// ```
/// use keras::config::{Config, ConfigValue};
///
/// let config = Config::new("keras.layers", "Dropout").with("rate", 0.5_f32).with("seed", None::<i64>);
/// assert_eq!((config.module(), config.class_name()), ("keras.layers", "Dropout"));
/// assert_eq!(config.get("rate"), Some(&ConfigValue::Float(0.5)));
/// assert_eq!(
///     config.to_string(),
///     r#"{"module": "keras.layers", "class_name": "Dropout", "config": {"rate": 0.5, "seed": null}}"#,
/// );
/// assert_eq!(config.to_string().parse::<Config>()?, config);
/// # Ok::<(), keras::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    module: Cow<'static, str>,
    class_name: Cow<'static, str>,
    entries: Vec<(Cow<'static, str>, ConfigValue)>,
}

/// The value of an argument in a [`Config`].
///
/// ```
/// use keras::config::ConfigValue;
///
/// assert_eq!(ConfigValue::from(0.001_f32), ConfigValue::Float(0.001)); // the shortest decimal, not the exact value of the f32
/// assert_eq!(ConfigValue::from((3_usize, 5_usize)).to_string(), "[3, 5]");
/// assert_eq!(ConfigValue::from(None::<f32>), ConfigValue::None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigValue {
    /// Python's `None`, `null` in JSON.
    None,
    /// True or false.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A floating point number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list or a tuple.
    List(Vec<ConfigValue>),
    /// A nested configuration, such as the initializer of a layer.
    Object(Config),
    /// Values by name, a `dict`.
    Map(Vec<(String, ConfigValue)>),
}

impl Config {
    /// The configuration of a class, without arguments; `module` is its module in Keras, such as `keras.layers`.
    ///
    /// ```
    /// use keras::config::Config;
    ///
    /// assert_eq!(Config::new("keras.layers", "Flatten").iter().count(), 0);
    /// ```
    pub fn new(module: impl Into<Cow<'static, str>>, class_name: impl Into<Cow<'static, str>>) -> Self {
        Self { module: module.into(), class_name: class_name.into(), entries: Vec::new() }
    }

    /// The configuration of a class that is not part of Keras, such as a custom loss, named by its path in Rust.
    ///
    /// ```
    /// use keras::config::Config;
    ///
    /// struct Mine;
    ///
    /// assert_eq!(Config::of::<Mine>().class_name(), "Mine");
    /// ```
    pub fn of<T: ?Sized>() -> Self {
        let path = std::any::type_name::<T>();
        // Generic arguments contain paths of their own.
        let end = path.find('<').unwrap_or(path.len());
        let (module, class_name) = path[..end].rsplit_once("::").unwrap_or(("", &path[..end]));
        Self::new(module, class_name)
    }

    /// Adds an argument, or replaces its value.
    ///
    /// ```
    /// use keras::config::Config;
    ///
    /// let config = Config::new("keras.layers", "ReLU").with("max_value", 6.0_f32);
    /// assert_eq!(config.get("max_value").map(ToString::to_string).as_deref(), Some("6.0"));
    /// ```
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<ConfigValue>) -> Self {
        self.set(name.into(), value.into());
        self
    }

    #[inline(never)]
    fn set(&mut self, name: Cow<'static, str>, value: ConfigValue) {
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.entries.push((name, value)),
        }
    }

    /// The module of the class in Keras: `keras.layers`.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The name of the class: `Conv2D`.
    pub fn class_name(&self) -> &str {
        &self.class_name
    }

    /// The value of an argument.
    pub fn get(&self, name: &str) -> Option<&ConfigValue> {
        self.entries.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All arguments, in Keras' order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ConfigValue)> {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"module\": \"{}\", \"class_name\": \"{}\", \"config\": {{", self.module, self.class_name)?;
        for (at, (name, value)) in self.entries.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}\"{name}\": {value}")?;
        }
        f.write_str("}}")
    }
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("null"),
            Self::Bool(on) => write!(f, "{on}"),
            Self::Integer(number) => write!(f, "{number}"),
            // As Python's `json` writes NaN and infinity.
            Self::Float(number) if number.is_nan() => f.write_str("NaN"),
            Self::Float(number) if number.is_infinite() => {
                f.write_str(if *number > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "{}", Quoted(text)),
            Self::List(values) => {
                f.write_str("[")?;
                for (at, value) in values.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
            Self::Object(config) => write!(f, "{config}"),
            Self::Map(entries) => {
                f.write_str("{")?;
                for (at, (name, value)) in entries.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {value}", Quoted(name))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A text as JSON, in quotation marks.
pub(crate) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}"),
                '\n' => f.write_str("\\n"),
                '\t' => f.write_str("\\t"),
                '\r' => f.write_str("\\r"),
                '\0'..' ' => write!(f, "\\u{:04x}", character as u32),
                _ => f.write_char(character),
            }?;
        }
        f.write_char('"')
    }
}

impl From<bool> for ConfigValue {
    fn from(on: bool) -> Self {
        Self::Bool(on)
    }
}

macro_rules! from_integers {
    ($($integer:ty),+) => {$(
        impl From<$integer> for ConfigValue {
            fn from(number: $integer) -> Self {
                i64::try_from(number).map_or(Self::Float(number as f64), Self::Integer)
            }
        }
    )+};
}

from_integers!(i32, i64, isize, u8, u32, u64, usize);

impl From<f64> for ConfigValue {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<f32> for ConfigValue {
    /// The shortest decimal that is parsed to the same number: `0.001`, not the stored 0.0010000000474974513.
    fn from(number: f32) -> Self {
        Self::Float(number.to_string().parse().unwrap_or(f64::from(number)))
    }
}

impl From<&str> for ConfigValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ConfigValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Config> for ConfigValue {
    fn from(config: Config) -> Self {
        Self::Object(config)
    }
}

impl<T: Into<ConfigValue>> From<Option<T>> for ConfigValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl<T: Into<ConfigValue>> From<Vec<T>> for ConfigValue {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<A: Into<ConfigValue>, B: Into<ConfigValue>> From<(A, B)> for ConfigValue {
    fn from((first, second): (A, B)) -> Self {
        Self::List(vec![first.into(), second.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_texts_are_read_as_they_were() {
        let text: String = (0..0x250).filter_map(char::from_u32).chain("€ 🦀".chars()).collect();
        let quoted = Quoted(&text).to_string();
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        assert_eq!(Quoted("a \"b\"\n\u{1}").to_string(), r#""a \"b\"\n\u0001""#);
    }

    #[test]
    fn values_print_as_json() {
        let text = ConfigValue::from(vec![1.5_f32, 0.1]).to_string();
        assert_eq!(text, "[1.5, 0.1]");
        assert_eq!(ConfigValue::from("a \"b\"\n").to_string(), r#""a \"b\"\n""#);
        assert_eq!(ConfigValue::from(1e-7_f32).to_string(), "1e-7");
        assert_eq!(ConfigValue::from(((1_usize, 2_usize), (3_usize, 4_usize))).to_string(), "[[1, 2], [3, 4]]");
        let nested =
            Config::new("keras.layers", "Dense").with("kernel_initializer", Config::new("keras.initializers", "Zeros"));
        serde_json::from_str::<serde_json::Value>(&nested.to_string()).expect("valid JSON");
    }
}
