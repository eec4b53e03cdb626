//! Macros that declare losses.

/// Declares a loss by its [arguments](crate::arguments), to which `reduction` is added: all losses have it.
macro_rules! loss {
    ($(#[$attribute:meta])* pub struct $Name:ident { $($body:tt)* }) => {
        $crate::arguments::arguments! {
            $(#[$attribute])*
            pub struct $Name {
                $($body)*
                /// Reduction of the losses of a batch.
                ///
                /// ```
                /// use keras::{losses::Reduction, prelude::*};
                ///
                #[doc = concat!("let loss = ", stringify!($Name), "::default().reduction(Reduction::Sum);")]
                /// assert_eq!(Loss::reduction(&loss), Reduction::Sum);
                /// ```
                reduction: Reduction = Reduction::SumOverBatchSize,
            }
        }
    };
}

/// The methods of a declared [`Loss`](super::Loss) that say its name, its reduction and its arguments.
macro_rules! described {
    ($name:literal) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn reduction(&self) -> Reduction {
            self.reduction
        }

        fn config(&self) -> $crate::config::Config {
            let config = $crate::config::Config::new("keras.losses", Self::CLASS);
            self.add_arguments(config.with("name", $name).with("reduction", self.reduction))
        }
    };
}

pub(super) use {described, loss};
