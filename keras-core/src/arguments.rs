//! Declaration of the arguments of losses, metrics, optimizers and schedules.

use crate::config::ConfigValue;

/// Declares a type by its arguments: name, type, default, documentation.
///
/// ```text
/// arguments! {
///     /// Documentation of the type, with its example.
///     #[derive(Clone, Debug)]
///     pub struct Thing {
///         /// The number of classes.
///         new classes: usize,                          // a parameter of `new`
///         /// The threshold.
///         threshold: f32 = 0.5,                        // `.threshold(0.7)` sets it
///         /// The only class that counts.
///         class_id: usize,                             // `None` unless set by `.class_id(3)`
///         /// The weight of each class.
///         weights: &[f32] => Vec<f32>,                 // converted by `into`, with or without a default
///         const axis = -1,                             // an argument of Keras with a fixed value
///     }
///     keeps { mean: Mean }                             // fields that are not arguments
/// }
/// ```
///
/// expands to the struct, a table of its arguments in its documentation, a method for each argument, `new` or
/// `Default`, `add_arguments`, which adds them to a [`Config`](crate::config::Config), and
/// [`FromArguments`](crate::config::FromArguments). With `without new` at the
/// end, the type provides `initial` instead, whose parameters are the fields of `keeps`.
macro_rules! arguments {
    (
        $(#[$attribute:meta])*
        pub struct $Name:ident { $($body:tt)* }
        $(keeps { $($kept:ident: $Kept:ty),* $(,)? })?
        $(without $new:ident)?
    ) => {
        $crate::arguments::arguments! {
            @read [$(#[$attribute])* $Name [$($($kept: $Kept),*)?] [$($new)?]] [] [] [] $($body)*
        }
    };

    // One argument after the other goes into a list: the parameters of `new`, those that are set, those that are fixed.
    (@read $head:tt $given:tt $set:tt [$($fixed:tt)*] const $name:ident = $value:expr, $($rest:tt)*) => {
        $crate::arguments::arguments! { @read $head $given $set [$($fixed)* $name ($value)] $($rest)* }
    };
    (
        @read $head:tt [$($given:tt)*] $set:tt $fixed:tt
        #[doc = $line:expr] $(#[$doc:meta])* new $name:ident: $Given:ty => $Type:ty, $($rest:tt)*
    ) => {
        $crate::arguments::arguments! {
            @read $head [$($given)* { into $name [$line] ($Given) ($Type) }] $set $fixed $($rest)*
        }
    };
    (
        @read $head:tt [$($given:tt)*] $set:tt $fixed:tt
        #[doc = $line:expr] $(#[$doc:meta])* new $name:ident: $Type:ty, $($rest:tt)*
    ) => {
        $crate::arguments::arguments! {
            @read $head [$($given)* { as_is $name [$line] ($Type) ($Type) }] $set $fixed $($rest)*
        }
    };
    (
        @read $head:tt $given:tt [$($set:tt)*] $fixed:tt
        #[doc = $line:expr] $(#[$doc:meta])* $name:ident: $Given:ty => $Type:ty = $default:expr, $($rest:tt)*
    ) => {
        $crate::arguments::arguments! {
            @read $head $given
            [$($set)* { into $name [$line] [$(#[$doc])*] ($Given) ($Type) ($default) }] $fixed $($rest)*
        }
    };
    (
        @read $head:tt $given:tt [$($set:tt)*] $fixed:tt
        #[doc = $line:expr] $(#[$doc:meta])* $name:ident: $Type:ty = $default:expr, $($rest:tt)*
    ) => {
        $crate::arguments::arguments! {
            @read $head $given
            [$($set)* { as_is $name [$line] [$(#[$doc])*] ($Type) ($Type) ($default) }] $fixed $($rest)*
        }
    };
    (
        @read $head:tt $given:tt [$($set:tt)*] $fixed:tt
        #[doc = $line:expr] $(#[$doc:meta])* $name:ident: $Given:ty => $Type:ty, $($rest:tt)*
    ) => {
        $crate::arguments::arguments! {
            @read $head $given
            [$($set)* { some_into $name [$line] [$(#[$doc])*] ($Given) (Option<$Type>) (None) }] $fixed $($rest)*
        }
    };
    (
        @read $head:tt $given:tt [$($set:tt)*] $fixed:tt
        #[doc = $line:expr] $(#[$doc:meta])* $name:ident: $Type:ty, $($rest:tt)*
    ) => {
        $crate::arguments::arguments! {
            @read $head $given
            [$($set)* { some $name [$line] [$(#[$doc])*] ($Type) (Option<$Type>) (None) }] $fixed $($rest)*
        }
    };

    // All are read.
    (
        @read [$(#[$attribute:meta])* $Name:ident [$($kept:ident: $Kept:ty),*] [$($without:ident)?]]
        [$({ $given_how:ident $given:ident [$given_line:expr] ($Given:ty) ($GivenType:ty) })*]
        [$({ $how:ident $set:ident [$line:expr] [$(#[$doc:meta])*] ($Set:ty) ($Type:ty) ($default:expr) })*]
        [$($fixed:ident ($value:expr))*]
    ) => {
        $(#[$attribute])*
        #[doc = $crate::arguments::arguments!(@table $($given)* $($set)*)]
        $(#[doc = concat!("| `", stringify!($given), "` | | ", $given_line, " |")])*
        $(#[doc = concat!(
            "| [`", stringify!($set), "`](Self::", stringify!($set), ") | `", stringify!($default), "` | ", $line, " |"
        )])*
        pub struct $Name {
            $($given: $GivenType,)*
            $($set: $Type,)*
            $($kept: $Kept,)*
        }

        impl $Name {
            /// The name of the class in Keras.
            const CLASS: &'static str = stringify!($Name);

            /// The default of every argument that has one.
            const fn initial($($given: $GivenType,)* $($kept: $Kept,)*) -> Self {
                Self { $($given,)* $($set: $default,)* $($kept,)* }
            }

            $($crate::arguments::arguments! {
                @setter $how $set ($Set)
                #[doc = $line]
                $(#[$doc])*
                #[doc = concat!("\n\nDefault: `", stringify!($default), "`.")]
            })*

            /// Sets the arguments that a configuration has.
            #[allow(dead_code, reason = "not every type is made from a configuration")]
            fn set_arguments(
                &mut self,
                arguments: &mut $crate::config::Arguments<'_>,
            ) -> Result<(), $crate::config::ConfigError> {
                $(arguments.fixed(stringify!($fixed), $value.into())?;)*
                $(arguments.set(stringify!($given), &mut self.$given)?;)*
                $(arguments.set(stringify!($set), &mut self.$set)?;)*
                let _ = arguments;
                Ok(())
            }

            /// Adds the arguments to a configuration.
            fn add_arguments(&self, config: $crate::config::Config) -> $crate::config::Config {
                config
                    $(.with(stringify!($given), $crate::arguments::value(&self.$given)))*
                    $(.with(stringify!($set), $crate::arguments::value(&self.$set)))*
                    $(.with(stringify!($fixed), $value))*
            }
        }

        $crate::arguments::arguments! {
            @new [$($without)?] $Name [$($kept: $Kept),*] $({ $given_how $given ($Given) })*
        }
        $crate::arguments::arguments! { @from [$($without)?] $Name [$($Kept),*] [$($given)*] }
    };

    (@from [new] $($rest:tt)*) => {};
    (@from [] $Name:ident [$($Kept:ty),*] [$($given:ident)*]) => {
        impl $crate::config::FromArguments for $Name {
            fn from_arguments(
                arguments: &mut $crate::config::Arguments<'_>,
            ) -> Result<Self, $crate::config::ConfigError> {
                let mut made = Self::initial(
                    $(arguments.required(stringify!($given))?,)*
                    $(<$Kept>::default(),)*
                );
                made.set_arguments(arguments)?;
                Ok(made)
            }
        }
    };

    (@table) => { "" };
    (@table $($argument:ident)+) => { "\n\n| argument | default | |\n|---|---|---|" };

    (@setter into $set:ident ($Set:ty) $(#[$doc:meta])*) => {
        $(#[$doc])*
        pub fn $set(mut self, $set: $Set) -> Self {
            self.$set = $set.into();
            self
        }
    };
    (@setter some_into $set:ident ($Set:ty) $(#[$doc:meta])*) => {
        $(#[$doc])*
        pub fn $set(mut self, $set: $Set) -> Self {
            self.$set = Some($set.into());
            self
        }
    };
    (@setter as_is $set:ident ($Set:ty) $(#[$doc:meta])*) => {
        $(#[$doc])*
        pub const fn $set(mut self, $set: $Set) -> Self {
            self.$set = $set;
            self
        }
    };
    (@setter some $set:ident ($Set:ty) $(#[$doc:meta])*) => {
        $(#[$doc])*
        pub const fn $set(mut self, $set: $Set) -> Self {
            self.$set = Some($set);
            self
        }
    };

    (@new [new] $($rest:tt)*) => {};
    (@new [] $Name:ident [$($kept:ident: $Kept:ty),*]) => {
        impl Default for $Name {
            fn default() -> Self {
                Self::initial($(<$Kept>::default()),*)
            }
        }
    };
    (@new [] $Name:ident [] $({ as_is $given:ident ($Given:ty) })+) => {
        impl $Name {
            /// With these arguments; all others have their defaults.
            pub const fn new($($given: $Given),+) -> Self {
                Self::initial($($given),+)
            }
        }
    };
    (@new [] $Name:ident [$($kept:ident: $Kept:ty),*] $({ $how:ident $given:ident ($Given:ty) })+) => {
        impl $Name {
            /// With these arguments; all others have their defaults.
            pub fn new($($given: $Given),+) -> Self {
                Self::initial($($crate::arguments::arguments!(@convert $how $given),)+ $(<$Kept>::default()),*)
            }
        }
    };

    (@convert as_is $given:ident) => { $given };
    (@convert into $given:ident) => { $given.into() };
}

pub(crate) use arguments;

/// The value of an argument.
pub(crate) fn value<T: Clone + Into<ConfigValue>>(argument: &T) -> ConfigValue {
    argument.clone().into()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    arguments! {
        /// One of each kind.
        #[derive(Clone, Debug)]
        pub struct Every {
            /// The number of classes.
            new classes: usize,
            /// The names of the classes.
            new names: &[i64] => Vec<i64>,
            /// The threshold.
            threshold: f32 = 0.5,
            /// The only class that counts.
            class_id: usize,
            /// The weight of each class.
            weights: &[f32] => Vec<f32> = Vec::new(),
            /// More of them.
            more: &[f32] => Vec<f32>,
            const axis = -1,
        }
        keeps { total: f64 }
    }

    arguments! {
        /// Its constructor is constant.
        #[derive(Clone, Copy, Debug)]
        pub struct Constant {
            /// The first.
            new first: u64,
            /// The second.
            second: bool = true,
        }
    }

    arguments! {
        /// It has no arguments.
        #[derive(Clone, Copy, Debug)]
        pub struct Nothing {}
    }

    #[test]
    fn arguments_are_set_and_told() {
        let every = Every::new(3, &[7, 8]);
        assert_eq!(every.total, 0.0);
        let told = |every: &Every| every.add_arguments(Config::new("here", Every::CLASS)).to_string();
        assert_eq!(
            told(&every),
            r#"{"module": "here", "class_name": "Every", "config": {"classes": 3, "names": [7, 8], "threshold": 0.5, "class_id": null, "weights": [], "more": null, "axis": -1}}"#
        );
        let set = told(&every.threshold(0.75).class_id(2).weights(&[0.25]).more(&[0.5]));
        assert!(set.contains(r#""threshold": 0.75, "class_id": 2, "weights": [0.25], "more": [0.5]"#), "{set}");
        const CONSTANT: Constant = Constant::new(5).second(false);
        assert_eq!((CONSTANT.first, CONSTANT.second), (5, false));
        assert_eq!(CONSTANT.add_arguments(Config::new("here", Constant::CLASS)).iter().count(), 2);
        assert_eq!(Nothing::default().add_arguments(Config::new("here", Nothing::CLASS)).iter().count(), 0);
    }
}
