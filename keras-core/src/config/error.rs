//! Errors of configurations.

/// A configuration from which nothing can be made.
///
/// ```
/// use keras::{config::ConfigError, optimizers};
///
/// let error = optimizers::get("adm").unwrap_err();
/// assert!(matches!(error, ConfigError::UnknownClass { .. }));
/// assert_eq!(error.to_string(), "there is no `adm` in keras.optimizers; did you mean `adam`?");
///
/// let config = r#"{"module": "keras.optimizers", "class_name": "Adam", "config": {"beta_1": "high"}}"#.parse()?;
/// let error = optimizers::from_config(&config).unwrap_err();
/// assert_eq!(error.to_string(), "Adam's `beta_1` is \"high\", but must be a number");
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A class that does not exist.
    #[error("there is no `{name}` in {module}; {}", crate::error::suggestion(name, known))]
    UnknownClass {
        /// The module in Keras.
        module: &'static str,
        /// The name.
        name: String,
        /// The known names.
        known: Vec<String>,
    },
    /// An argument that the class does not have.
    #[error("{class} has no argument `{argument}`")]
    UnknownArgument {
        /// The class.
        class: String,
        /// The argument.
        argument: String,
    },
    /// An argument without a default that is missing.
    #[error("{class} needs the argument `{argument}`")]
    MissingArgument {
        /// The class.
        class: String,
        /// The argument.
        argument: &'static str,
    },
    /// A value of the wrong kind, or one that is not supported.
    #[error("{class}'s `{argument}` is {found}, but must be {expected}")]
    Value {
        /// The class.
        class: String,
        /// The argument.
        argument: &'static str,
        /// The value, as JSON.
        found: String,
        /// The possible values.
        expected: String,
    },
    /// A text that is not the JSON of a configuration.
    #[error("the configuration is not valid at byte {at}: {what}")]
    Json {
        /// The position in the text.
        at: usize,
        /// The expected text.
        what: &'static str,
    },
}
