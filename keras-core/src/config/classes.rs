//! The classes of a module, by name.

use super::{Arguments, Config, ConfigError};

/// A class that can be made from its configuration, as a `T`.
pub(crate) struct Class<T> {
    /// Its name in Keras.
    pub(crate) name: &'static str,
    /// Keras' strings for it.
    pub(crate) strings: &'static [&'static str],
    pub(crate) make: fn(&mut Arguments<'_>) -> Result<T, ConfigError>,
}

/// The classes of a module of Keras.
pub(crate) struct Classes<T: 'static> {
    pub(crate) module: &'static str,
    pub(crate) classes: &'static [Class<T>],
}

impl<T> Classes<T> {
    /// Makes an object with the defaults of its arguments, by one of Keras' strings or by the name of its class.
    pub(crate) fn get(&self, name: &str) -> Result<T, ConfigError> {
        let class = self.find(name)?;
        let config = Config::new(self.module, class.name);
        (class.make)(&mut Arguments::new(&config))
    }

    /// Makes an object from its configuration.
    pub(crate) fn make(&self, config: &Config) -> Result<T, ConfigError> {
        if !["", self.module].contains(&config.module()) {
            return Err(self.unknown(&format!("{}.{}", config.module(), config.class_name())));
        }
        let class = self.find(config.class_name())?;
        let mut arguments = Arguments::new(config);
        arguments.skip("name");
        let made = (class.make)(&mut arguments)?;
        arguments.finish()?;
        Ok(made)
    }

    fn find(&self, name: &str) -> Result<&Class<T>, ConfigError> {
        let is_meant = |class: &&Class<T>| class.name.eq_ignore_ascii_case(name) || class.strings.contains(&name);
        self.classes.iter().find(is_meant).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> ConfigError {
        let strings = self.classes.iter().map(|class| class.strings.first().copied().unwrap_or(class.name));
        let known = strings.map(str::to_owned).collect();
        ConfigError::UnknownClass { module: self.module, name: name.to_owned(), known }
    }
}
