//! Macros that declare optimizers.

/// Declares an optimizer by its [arguments](crate::arguments), of which the learning rate is the first, and, if it has one, by its
/// default weight decay. A field `common` holds the arguments that all optimizers have.
macro_rules! optimizer {
    (
        $(#[$attribute:meta])*
        pub struct $Name:ident $((weight_decay = $decay:literal))? {
            $(#[$doc:meta])*
            // From the declaration, so that an error of a program points there.
            $new:ident $learning_rate:ident: $LearningRate:ty = $rate:literal,
            $($body:tt)*
        }
    ) => {
        $crate::arguments::arguments! {
            $(#[$attribute])*
            #[doc = concat!(
                "\n\nThe default [learning rate](crate::optimizers::Optimizer::learning_rate) is ", $rate,
                $(", the default [weight decay](crate::optimizers::Optimizer::weight_decay) ", $decay,)? "."
            )]
            #[derive(Clone, Debug)]
            pub struct $Name { $($body)* }
            keeps { common: $crate::optimizers::Common }
            without $new
        }

        impl Default for $Name {
            fn default() -> Self {
                Self::$new($rate)
            }
        }

        impl $crate::config::FromArguments for $Name {
            fn from_arguments(
                arguments: &mut $crate::config::Arguments<'_>,
            ) -> Result<Self, $crate::config::ConfigError> {
                let mut made = Self::default();
                made.common.set_arguments(arguments)?;
                made.set_arguments(arguments)?;
                Ok(made)
            }
        }

        impl $Name {
            $(#[$doc])*
            ///
            /// ```
            /// use keras::prelude::*;
            ///
            #[doc = concat!("assert_eq!(", stringify!($Name), "::new(0.5).current_learning_rate(), 0.5);")]
            /// ```
            pub fn $new($learning_rate: $LearningRate) -> Self {
                let optimizer = Self::initial($crate::optimizers::Common::new($learning_rate));
                $(let optimizer = $crate::optimizers::Optimizer::weight_decay(optimizer, $decay);)?
                optimizer
            }
        }
    };
}

/// The methods of a declared [`Optimizer`](super::Optimizer) that say its name, its arguments and what all optimizers have.
macro_rules! described {
    ($name:literal) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn common(&self) -> &$crate::optimizers::Common {
            &self.common
        }

        fn common_mut(&mut self) -> &mut $crate::optimizers::Common {
            &mut self.common
        }

        fn config(&self) -> $crate::config::Config {
            let config = $crate::config::Config::new("keras.optimizers", Self::CLASS).with("name", $name);
            self.add_arguments(self.common.add_arguments(config))
        }

        // As for any optimizer, but compiled with this crate and not with each program.
        fn step_variables(
            &mut self,
            weights: &mut [f32],
            gradients: &[f32],
            variables: &[$crate::optimizers::Variable<'_>],
        ) -> Result<(), $crate::optimizers::OptimizerError> {
            $crate::optimizers::pass::step(self, weights, gradients, variables)
        }
    };
}

pub(super) use {described, optimizer};
