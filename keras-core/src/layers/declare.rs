//! The declaration of layers, each argument given once.
//!
//! ```text
//! layer! {
//!     /// The documentation of the type.
//!     pub struct Pooling {
//!         /// Height and width of the window
//!         pool_size: Size,                        // required: a parameter of `layer`
//!         /// Padding at the border
//!         padding: Padding = "valid",             // optional, with a default: a method
//!         unsupported data_format = None | "channels_last",   // not supported; these values are accepted
//!         /// Steps of the window
//!         strides: Size = None => |layer| layer.window().into(),  // the value in `config`, if it differs
//!     }
//!     aliases: Pool;                              // aliases in Keras
//!     inputs: several;                            // a list of inputs instead of one
//!     masks: Passed;                              // a variant of `Masking` other than `Dropped`
//!     weights: kernel: Ix2, bias: Ix1;            // accessors by name, with their ranks
//! }
//! ```
//!
//! A layer that takes another layer as an argument is generic over its type, `L`: the type of an argument of kind `Layer`.
//!
//! Arguments are listed in Keras' order, written as in a model, each with a [`Kind`](crate::schema::Kind). The first line of
//! their documentation has no full stop: the default is appended. The declaration generates the struct, whose fields are named
//! after the arguments; `layer` and a method for each optional argument; `SCHEMA`; `config`; and a row of the macros' table.

/// Declares a layer: see the [module](self).
macro_rules! layer {
    ($(#[$meta:meta])* pub struct $name:ident { $($arguments:tt)* } $($more:tt)*) => {
        layer! { @declare $name [] [$(#[$meta])* #[derive(Clone, Copy, Debug)]] { $($arguments)* } $($more)* }
    };
    ($(#[$meta:meta])* pub struct $name:ident<$layer:ident> { $($arguments:tt)* } $($more:tt)*) => {
        layer! { @declare $name [$layer] [$(#[$meta])*] { $($arguments)* } $($more)* }
    };
    (@declare $name:ident $layer:tt $meta:tt { $($arguments:tt)* }
        $(aliases: $($alias:ident),+;)?
        $(inputs: $inputs:ident;)?
        $(masks: $masking:ident;)?
        $(weights: $($weight:ident: $axes:ident),+;)?
    ) => {
        layer! { @next
            [$name $layer $meta [$($($alias)+)?] [$($inputs)?] [$($masking)?] [$($($weight)+)?]]
            [] [] []
            $($arguments)*
        }
        $($crate::weights!($name { $($weight: $axes),+ });)?
    };

    // Argument by argument, collected in lists: required ones, optional ones, and all in order.
    (@next $head:tt [$($required:tt)*] $optional:tt [$($all:tt)*]
        #[doc = $doc:literal] $(#[$more:meta])* $argument:ident: $kind:ident, $($rest:tt)*
    ) => {
        layer! { @next $head
            [$($required)* [$argument $kind $doc]] $optional [$($all)* [required $argument $kind $doc]]
            $($rest)*
        }
    };
    (@next $head:tt $required:tt $optional:tt $all:tt
        #[doc = $doc:literal] $(#[$more:meta])* $argument:ident: $kind:ident = -$default:tt, $($rest:tt)*
    ) => {
        layer! { @optional $head $required $optional $all
            [$argument $kind [-$default] $doc [$(#[$more])*] []] $($rest)*
        }
    };
    (@next $head:tt $required:tt $optional:tt $all:tt
        #[doc = $doc:literal] $(#[$more:meta])*
        $argument:ident: $kind:ident = $default:tt $(=> $config:expr)?, $($rest:tt)*
    ) => {
        layer! { @optional $head $required $optional $all
            [$argument $kind [$default] $doc [$(#[$more])*] [$($config)?]] $($rest)*
        }
    };
    (@next $head:tt $required:tt $optional:tt $all:tt
        #[doc = $doc:literal] $(#[$more:meta])*
        $argument:ident: $kind:ident = -$default:tt => $config:expr, $($rest:tt)*
    ) => {
        layer! { @optional $head $required $optional $all
            [$argument $kind [-$default] $doc [$(#[$more])*] [$config]] $($rest)*
        }
    };
    (@next $head:tt $required:tt $optional:tt [$($all:tt)*] unsupported $argument:ident = -$default:tt, $($rest:tt)*) => {
        layer! { @next $head $required $optional [$($all)* [unsupported $argument [-$default]]] $($rest)* }
    };
    (@next $head:tt $required:tt $optional:tt [$($all:tt)*]
        unsupported $argument:ident = $default:tt $(| $other:tt)?, $($rest:tt)*
    ) => {
        layer! { @next $head $required $optional [$($all)* [unsupported $argument [$default] $([$other])?]] $($rest)* }
    };
    (@optional $head:tt $required:tt [$($optional:tt)*] [$($all:tt)*]
        [$argument:ident $kind:ident $default:tt $doc:literal $more:tt $config:tt] $($rest:tt)*
    ) => {
        layer! { @next $head $required
            [$($optional)* [$argument $kind $default $doc $more]]
            [$($all)* [optional $argument $kind $default $doc $config]]
            $($rest)*
        }
    };

    // The end of the list: all arguments.
    (@next
        [$name:ident [$($layer:ident)?] [$($meta:tt)*] [$($alias:ident)*] [$($inputs:ident)?] [$($masking:ident)?] [$($weight:ident)*]]
        [$([$required:ident $required_kind:ident $required_doc:literal])*]
        [$([$optional:ident $optional_kind:ident [$($default:tt)+] $doc:literal [$($more:tt)*]])*]
        [$($all:tt)*]
    ) => {
        $($meta)*
        ///
        /// # Masking
        #[doc = masking!(doc [$($inputs)?] $($masking)?)]
        ///
        /// # In a model
        /// ```text
        #[doc = listing!($name [$($required)*] [$($optional [$($default)+])*])]
        /// ```
        pub struct $name $(<$layer>)? {
            $($required: kind!(stored $required_kind []),)*
            $($optional: kind!(stored $optional_kind [$($default)+]),)*
        }

        impl $(<$layer>)? $name $(<$layer>)? {
            /// The layer's names and arguments.
            pub const SCHEMA: $crate::schema::Schema = $crate::schema::Schema {
                module: "keras.layers",
                class_name: stringify!($name),
                aliases: &[$(stringify!($alias)),*],
                arguments: &[$(argument!($all)),*],
                inputs: inputs!($($inputs)?),
                masking: masking!($($masking)?),
                weights: &[$(stringify!($weight)),*],
            };

            /// Creates the layer, with the defaults of the optional arguments.
            $(
                ///
                #[doc = concat!("- `", stringify!($required), "`:", $required_doc, ".")]
            )*
            pub const fn layer($($required: kind!(argument $required_kind)),*) -> Self {
                Self {
                    $($required: kind!(given $required_kind [] $required),)*
                    $($optional: kind!(default $optional_kind [$($default)+]),)*
                }
            }

            $(
                #[doc = concat!($doc, " (default: `", text!($($default)+), "`).")]
                $($more)*
                pub const fn $optional(mut self, $optional: kind!(argument $optional_kind)) -> Self {
                    self.$optional = kind!(given $optional_kind [$($default)+] $optional);
                    self
                }
            )*
        }

        #[cfg(feature = "std")]
        impl $(<$layer: $crate::layers::Layer>)? $name $(<$layer>)? {
            /// The configuration: names and values of the arguments, see [Keras' `get_config`](https://keras.io/api/layers/base_layer/).
            pub fn config(&self) -> $crate::config::Config {
                let config = $crate::config::Config::new(Self::SCHEMA.module, Self::SCHEMA.class_name);
                $(let config = config!(self config $all);)*
                config
            }
        }

        copied!($name [$($layer)?] [$($required)* $($optional)*]);
        extremes!($name [$($layer)?] [$($inputs)?] [$($required_kind)*] [$($optional)*]);
    };
}

/// Implements `Clone`, `Copy` and `Debug` for a generic layer: `derive` takes none whose fields have types that a macro writes.
macro_rules! copied {
    ($name:ident [] $fields:tt) => {};
    ($name:ident [$layer:ident] [$($field:ident)*]) => {
        impl<$layer: Copy> Clone for $name<$layer> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$layer: Copy> Copy for $name<$layer> {}

        impl<$layer: core::fmt::Debug> core::fmt::Debug for $name<$layer> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))*.finish()
            }
        }
    };
}

/// Builds a layer of extreme arguments for extreme inputs; one that has a layer as an argument says itself how.
macro_rules! extremes {
    ($name:ident [] [$($inputs:ident)?] [$($required:ident)*] [$($optional:ident)*]) => {
        #[cfg(test)]
        impl $crate::layers::extremes::Extremes for $name {
            fn build(from: &mut $crate::layers::extremes::Source) -> $crate::model::BuildResult {
                let layer = Self::layer($(from.make::<kind!(argument $required)>()),*);
                $(let layer = if from.make() { layer.$optional(from.make()) } else { layer };)*
                extreme_inputs!($($inputs)? layer from)
            }
        }
    };
    ($name:ident [$layer:ident] $inputs:tt $required:tt $optional:tt) => {};
}

/// A layer with all of its arguments, as written in a model.
macro_rules! listing {
    ($name:ident [] []) => { concat!(stringify!($name), "()") };
    ($name:ident [$($required:ident)*] [$($optional:ident [$($default:tt)+])*]) => {
        concat!(
            stringify!($name),
            "(\n"
            $(, "    ", stringify!($required), ",\n")*
            $(, "    ", stringify!($optional), " = ", text!($($default)+), ",\n")*,
            ")"
        )
    };
}

/// The source text of a value.
macro_rules! text {
    (-$value:tt) => {
        concat!("-", stringify!($value))
    };
    ($value:tt) => {
        stringify!($value)
    };
}

/// The row of an argument in a schema.
macro_rules! argument {
    ([required $argument:ident $kind:ident $doc:literal]) => {
        argument!(@row $argument $doc Required($crate::schema::Kind::$kind))
    };
    ([optional $argument:ident $kind:ident [$($default:tt)+] $doc:literal $config:tt]) => {
        argument!(@row $argument $doc Optional($crate::schema::Kind::$kind, text!($($default)+)))
    };
    ([unsupported $argument:ident $([$($value:tt)+])+]) => {
        argument!(@row $argument "" Unsupported(&[$(text!($($value)+)),+]))
    };
    (@row $argument:ident $doc:literal $form:ident $values:tt) => {
        $crate::schema::Argument {
            name: stringify!($argument),
            doc: $doc.trim_ascii(),
            form: $crate::schema::Form::$form $values,
        }
    };
}

/// The number of inputs in a schema.
macro_rules! inputs {
    () => {
        $crate::schema::Arity::One
    };
    (several) => {
        $crate::schema::Arity::Several
    };
}

/// In `impl Layer`: the configuration is the one that `layer!` has declared.
macro_rules! declared_config {
    () => {
        #[cfg(feature = "std")]
        fn config(&self) -> $crate::config::Config {
            self.config()
        }
    };
}

/// Masking in a schema, and in the documentation of a layer.
macro_rules! masking {
    () => {
        masking!(Dropped)
    };
    ($masking:ident) => {
        $crate::schema::Masking::$masking
    };
    (doc $inputs:tt) => {
        "The mask is dropped."
    };
    (doc [] Passed) => {
        "The mask is passed on."
    };
    (doc [several] Passed) => {
        "A mask is passed on if all inputs have one; a position is valid if it is valid in any input."
    };
    (doc $inputs:tt Consumed) => {
        "The mask is used, and dropped: masked steps are ignored."
    };
    (doc $inputs:tt Made) => {
        "The layer creates a mask for its output."
    };
    (doc $inputs:tt MadeOptionally) => {
        "The layer creates a mask for its output if `mask_zero` is true; otherwise the mask is dropped."
    };
    (doc $inputs:tt Combined) => {
        "The masks of the inputs are combined; an input without a mask is valid everywhere."
    };
    (doc $inputs:tt Refused) => {
        "A masked input is an error."
    };
}

/// A configuration with an additional argument.
#[cfg(feature = "std")]
macro_rules! config {
    ($self:ident $config:ident [required $argument:ident $kind:ident $doc:literal]) => {
        $config.with(stringify!($argument), kind!(config $kind [] $self.$argument))
    };
    ($self:ident $config:ident [optional $argument:ident $kind:ident $default:tt $doc:literal []]) => {
        $config.with(stringify!($argument), kind!(config $kind $default $self.$argument))
    };
    ($self:ident $config:ident [optional $argument:ident $kind:ident $default:tt $doc:literal [$value:expr]]) => {{
        let value: fn(&Self) -> $crate::config::ConfigValue = $value;
        $config.with(stringify!($argument), value($self))
    }};
    // The last value describes the behaviour of the layer.
    ($self:ident $config:ident [unsupported $argument:ident $first:tt $last:tt]) => {
        config!($self $config [unsupported $argument $last])
    };
    ($self:ident $config:ident [unsupported $argument:ident [None]]) => {
        $config.with(stringify!($argument), $crate::config::ConfigValue::None)
    };
    ($self:ident $config:ident [unsupported $argument:ident [$($value:tt)+]]) => {
        $config.with(stringify!($argument), $($value)+)
    };
}

/// Builds a layer for extreme inputs.
#[cfg(test)]
macro_rules! extreme_inputs {
    ($layer:ident $from:ident) => {
        $layer.build($from.dims())
    };
    (several $layer:ident $from:ident) => {
        $layer.build(&$from.several_dims())
    };
}

/// The values of each kind: the type of the argument, its stored type, its default and its configuration.
macro_rules! kind {
    // The type of the argument.
    (argument Integer) => { usize };
    (argument Size) => { (usize, usize) };
    (argument Border) => { ((usize, usize), (usize, usize)) };
    (argument Float) => { f32 };
    (argument Floats) => { &'static [f32] };
    (argument Bool) => { bool };
    (argument Axis) => { isize };
    (argument AxisPair) => { (isize, isize) };
    (argument Axes) => { &[isize] };
    (argument AxesOrNone) => { &[isize] };
    (argument Shape) => { &[isize] };
    (argument Activation) => { $crate::activations::Activation };
    (argument Padding) => { $crate::layers::Padding };
    (argument Interpolation) => { $crate::layers::Interpolation };
    (argument Initializer) => { $crate::initializers::Initializer };
    (argument Regularizer) => { $crate::regularizers::Regularizer };
    (argument Constraint) => { $crate::constraints::Constraint };
    (argument Layer) => { L };

    // Its stored type: an option if the default is `None` and the kind has no such value.
    (stored Regularizer [None]) => { kind!(argument Regularizer) };
    (stored Constraint [None]) => { kind!(argument Constraint) };
    (stored $kind:ident [None]) => { Option<kind!(stored $kind [])> };
    (stored Axes $default:tt) => { $crate::shape::Axes };
    (stored AxesOrNone $default:tt) => { $crate::shape::Axes };
    (stored Shape $default:tt) => { $crate::shape::Integers };
    (stored $kind:ident $default:tt) => { kind!(argument $kind) };

    // Conversion of an argument to its stored type.
    (given Regularizer [None] $value:ident) => { $value };
    (given Constraint [None] $value:ident) => { $value };
    (given $kind:ident [None] $value:ident) => { Some(kind!(given $kind [] $value)) };
    (given Axes $default:tt $value:ident) => { $crate::shape::Axes::new($value) };
    (given AxesOrNone $default:tt $value:ident) => { $crate::shape::Axes::new($value) };
    (given Shape $default:tt $value:ident) => { $crate::shape::Integers::new($value) };
    (given $kind:ident $default:tt $value:ident) => { $value };

    // The default, written as in a model.
    (default Regularizer [None]) => { $crate::regularizers::Regularizer::None };
    (default Constraint [None]) => { $crate::constraints::Constraint::NONE };
    (default $kind:ident [None]) => { None };
    (default Activation ["linear"]) => { $crate::activations::Activation::Linear };
    (default Padding ["valid"]) => { $crate::layers::Padding::Valid };
    (default Interpolation ["nearest"]) => { $crate::layers::Interpolation::Nearest };
    (default Initializer ["zeros"]) => { $crate::initializers::Initializer::ZEROS };
    (default Initializer ["ones"]) => { $crate::initializers::Initializer::ONES };
    (default Initializer ["glorot_uniform"]) => { $crate::initializers::Initializer::GLOROT_UNIFORM };
    (default Initializer ["uniform"]) => { $crate::initializers::Initializer::RANDOM_UNIFORM };
    (default Floats [$value:tt]) => { &[$value] };
    (default Axes [$($value:tt)+]) => { $crate::shape::Axes::new(&[$($value)+]) };
    (default AxesOrNone [$($value:tt)+]) => { $crate::shape::Axes::new(&[$($value)+]) };
    (default $kind:ident [$($value:tt)+]) => { $($value)+ };

    // The value in the configuration.
    (config Floats [None] $value:expr) => { $value.map($crate::layers::config::one_or_list) };
    (config Floats $default:tt $value:expr) => { $crate::layers::config::one_or_list($value) };
    (config AxisPair $default:tt $value:expr) => { $crate::layers::config::one_or_pair($value) };
    (config Layer $default:tt $value:expr) => { $crate::layers::Layer::config(&$value) };
    (config $kind:ident $default:tt $value:expr) => { $value };
}

/// Exports the layers of a family, and lists them: one that has a layer as an argument with some layer.
macro_rules! family {
    ($($module:ident::$name:ident $(<$layer:ident>)?),+ $(,)?) => {
        $(pub use $module::$name;)+

        pub(super) const SCHEMAS: &[&$crate::schema::Schema] = &[$(&<$name $(<$layer>)?>::SCHEMA),+];

        #[cfg(test)]
        pub(super) const EXTREMES: &[$crate::layers::extremes::Build] =
            &[$(<$name $(<$layer>)? as $crate::layers::extremes::Extremes>::build),+];
    };
}
