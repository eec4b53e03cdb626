//! Schemas: the names and arguments of layers, as constants.
//!
//! Every layer declares its arguments once. The struct and its methods, the macros' table of layers, the configuration
//! and the tables of the guide are generated from that declaration; the schema makes it available to tools.
//!
//! ```
//! use keras::{layers::Dropout, schema::{Form, Kind}};
//!
//! let schema = &Dropout::SCHEMA;
//! assert_eq!((schema.module, schema.class_name), ("keras.layers", "Dropout"));
//! let rate = schema.argument("rate").unwrap();
//! assert_eq!((rate.form, rate.doc), (Form::Required(Kind::Float), "Fraction of the inputs to drop, from 0 to less than 1"));
//! let takes: Vec<&str> = schema.supported().map(|argument| argument.name).collect();
//! assert_eq!(takes, ["rate"]); // Keras' `noise_shape` and `seed` are not supported
//! ```

/// The names and arguments of a layer: `Dense::SCHEMA`.
///
/// ```
/// use keras::layers::{Conv2D, schemas};
///
/// assert_eq!(Conv2D::SCHEMA.aliases, ["Convolution2D"]);
/// assert_eq!(Conv2D::SCHEMA.weights, ["kernel", "bias"]);
/// assert!(schemas().any(|schema| *schema == Conv2D::SCHEMA)); // the schemas of all built-in layers
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The module of the class in Keras: `keras.layers`.
    pub module: &'static str,
    /// The name of the class.
    pub class_name: &'static str,
    /// Aliases of the class in Keras.
    pub aliases: &'static [&'static str],
    /// The arguments in Keras' order, including unsupported ones.
    pub arguments: &'static [Argument],
    /// The number of inputs.
    pub inputs: Arity,
    /// The treatment of masks.
    pub masking: Masking,
    /// The names of the possible weights.
    pub weights: &'static [&'static str],
}

impl Schema {
    /// An argument by name.
    ///
    /// ```
    /// use keras::layers::Dense;
    ///
    /// assert_eq!(Dense::SCHEMA.argument("activation").unwrap().default(), Some("\"linear\""));
    /// assert!(Dense::SCHEMA.argument("filters").is_none());
    /// ```
    pub fn argument(&self, name: &str) -> Option<&'static Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// The supported arguments, in Keras' order.
    pub fn supported(&self) -> impl Iterator<Item = &'static Argument> {
        self.arguments.iter().filter(|argument| argument.kind().is_some())
    }
}

/// The number of inputs that a layer is called on.
///
/// ```
/// use keras::{layers::{Add, Dense}, schema::Arity};
///
/// assert_eq!((Dense::SCHEMA.inputs, Add::SCHEMA.inputs), (Arity::One, Arity::Several));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// One tensor: `Dense(3)(x)`.
    One,
    /// A list of tensors: `Add()([x, y])`.
    Several,
}

/// How a layer treats the masks of its inputs; [`Masks`](crate::layers::Masks) has the details for given inputs.
///
/// See [Keras' masking](https://keras.io/guides/understanding_masking_and_padding/).
///
/// ```
/// use keras::{layers::{Conv2D, Dense, Masking as MaskingLayer}, schema::Masking};
///
/// assert_eq!((Dense::SCHEMA.masking, Conv2D::SCHEMA.masking), (Masking::Passed, Masking::Dropped));
/// assert_eq!(MaskingLayer::SCHEMA.masking, Masking::Made);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masking {
    /// The layer does not support masking: the output has no mask.
    Dropped,
    /// The mask is passed on.
    Passed,
    /// The mask is used and dropped.
    Consumed,
    /// The layer creates a mask.
    Made,
    /// The layer creates a mask if an argument says so, and drops masks otherwise.
    MadeOptionally,
    /// The masks of the inputs are combined.
    Combined,
    /// A masked input is an error.
    Refused,
}

/// An argument of a layer.
///
/// ```
/// use keras::{layers::MaxPooling2D, schema::{Form, Kind}};
///
/// let padding = MaxPooling2D::SCHEMA.argument("padding").unwrap();
/// assert_eq!(padding.form, Form::Optional(Kind::Padding, "\"valid\""));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The name, as in Keras.
    pub name: &'static str,
    /// A one-line description; empty for an unsupported argument.
    pub doc: &'static str,
    /// Whether it is supported, with its kind and default.
    pub form: Form,
}

impl Argument {
    /// The kind; `None` for an unsupported argument.
    ///
    /// ```
    /// use keras::{layers::Conv2D, schema::Kind};
    ///
    /// assert_eq!(Conv2D::SCHEMA.argument("strides").unwrap().kind(), Some(Kind::Size));
    /// assert_eq!(Conv2D::SCHEMA.argument("data_format").unwrap().kind(), None);
    /// ```
    pub const fn kind(&self) -> Option<Kind> {
        match self.form {
            Form::Required(kind) | Form::Optional(kind, _) => Some(kind),
            Form::Unsupported(_) => None,
        }
    }

    /// The default, as written in a model; `None` for a required argument.
    ///
    /// ```
    /// use keras::layers::Conv2D;
    ///
    /// assert_eq!(Conv2D::SCHEMA.argument("strides").unwrap().default(), Some("(1, 1)"));
    /// assert_eq!(Conv2D::SCHEMA.argument("filters").unwrap().default(), None);
    /// ```
    pub const fn default(&self) -> Option<&'static str> {
        match self.form {
            Form::Required(_) => None,
            Form::Optional(_, default) => Some(default),
            Form::Unsupported([default, ..]) => Some(*default),
            Form::Unsupported([]) => None,
        }
    }
}

/// Whether an argument is supported, with its kind and default.
///
/// ```
/// use keras::{layers::Flatten, schema::Form};
///
/// let form = Flatten::SCHEMA.argument("data_format").unwrap().form;
/// assert_eq!(form, Form::Unsupported(&["None", "\"channels_last\""]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A required argument.
    Required(Kind),
    /// An optional argument, with its default as written in a model.
    Optional(Kind, &'static str),
    /// An unsupported argument of Keras. These values are accepted, since they change nothing: the first is Keras'
    /// default, the last describes the behaviour of the layer.
    Unsupported(&'static [&'static str]),
}

/// The kind of an argument's value.
///
/// ```
/// use keras::{layers::Conv2D, schema::Kind};
///
/// let sizes = Conv2D::SCHEMA.supported().filter(|argument| argument.kind() == Some(Kind::Size));
/// assert_eq!(sizes.map(|argument| argument.name).collect::<Vec<_>>(), ["kernel_size", "strides", "dilation_rate"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer.
    Integer,
    /// An integer for both axes of an image, or a pair: height and width.
    Size,
    /// The sides of an image: an integer, a pair, or a pair of pairs.
    Border,
    /// A floating point number.
    Float,
    /// A number or a tuple of numbers.
    Floats,
    /// A boolean.
    Bool,
    /// An axis.
    Axis,
    /// An axis of both inputs, or a pair of axes.
    AxisPair,
    /// An axis or a tuple of axes.
    Axes,
    /// An axis, a tuple of axes, or `None` for no axis.
    AxesOrNone,
    /// A tuple of integers.
    Shape,
    /// An activation function.
    Activation,
    /// The padding mode of an image.
    Padding,
    /// The interpolation of pixels.
    Interpolation,
    /// An initializer.
    Initializer,
    /// A regularizer.
    Regularizer,
    /// A constraint.
    Constraint,
    /// A layer.
    Layer,
}
