//! A macro for the declarations of schedules.

/// The methods of a declared schedule that say its name, here and in Keras, and its arguments.
macro_rules! described {
    ($name:literal) => {
        fn name(&self) -> &'static str {
            Self::CLASS
        }

        fn config(&self) -> $crate::config::Config {
            let config = $crate::config::Config::new("keras.optimizers.schedules", Self::CLASS);
            self.add_arguments(config).with("name", $name)
        }
    };
}

pub(super) use described;
