//! Schemas: the names of a layer and the arguments that it takes, as constants.
//!
//! Every layer declares its arguments once. Its struct and its methods, the macros' knowledge of it, its configuration and the
//! tables of the guide come from that declaration; the schema is what tools read of it.
//!
//! ```
//! use keras::{layers::Dropout, schema::{Form, Kind}};
//!
//! let schema = &Dropout::SCHEMA;
//! assert_eq!((schema.module, schema.class_name), ("keras.layers", "Dropout"));
//! let rate = schema.argument("rate").unwrap();
//! assert_eq!((rate.form, rate.doc), (Form::Required(Kind::Float), "Fraction of the inputs to drop, from 0 to less than 1"));
//! let takes: Vec<&str> = schema.supported().map(|argument| argument.name).collect();
//! assert_eq!(takes, ["rate"]); // Keras has `noise_shape` and `seed` besides
//! ```

/// What a layer is called, and which arguments it takes: `Dense::SCHEMA`.
///
/// ```
/// use keras::layers::{Conv2D, schemas};
///
/// assert_eq!(Conv2D::SCHEMA.aliases, ["Convolution2D"]);
/// assert_eq!(Conv2D::SCHEMA.weights, ["kernel", "bias"]);
/// assert!(schemas().any(|schema| *schema == Conv2D::SCHEMA)); // those of all built-in layers
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Where Keras has the class: `keras.layers`.
    pub module: &'static str,
    /// The name of the class.
    pub class_name: &'static str,
    /// Other names that Keras gives to the class.
    pub aliases: &'static [&'static str],
    /// The arguments in Keras' order, those that are not supported here included.
    pub arguments: &'static [Argument],
    /// The number of inputs.
    pub inputs: Arity,
    /// The names of the weights that the layer may have.
    pub weights: &'static [&'static str],
}

impl Schema {
    /// An argument by its name.
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

    /// The arguments that are supported here, in Keras' order.
    pub fn supported(&self) -> impl Iterator<Item = &'static Argument> {
        self.arguments.iter().filter(|argument| argument.kind().is_some())
    }
}

/// How many inputs a layer is called with.
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
    /// What it is, in a line; empty for an argument that is not supported.
    pub doc: &'static str,
    /// Whether it is supported, and its kind and default.
    pub form: Form,
}

impl Argument {
    /// The kind; none for an argument that is not supported.
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

    /// The default as a listing writes it; none for an argument that must be given.
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

/// Whether an argument is supported, and its kind and default.
///
/// ```
/// use keras::{layers::Flatten, schema::Form};
///
/// let form = Flatten::SCHEMA.argument("data_format").unwrap().form;
/// assert_eq!(form, Form::Unsupported(&["None", "\"channels_last\""]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It must be given.
    Required(Kind),
    /// It may be given. The text is the default, as a listing writes it.
    Optional(Kind, &'static str),
    /// Keras has it, and there is nothing of it here. It may be given one of these values all the same: the first is Keras'
    /// default, and the last says what the layer does.
    Unsupported(&'static [&'static str]),
}

/// What the value of an argument is.
///
/// ```
/// use keras::{layers::Conv2D, schema::Kind};
///
/// let sizes = Conv2D::SCHEMA.supported().filter(|argument| argument.kind() == Some(Kind::Size));
/// assert_eq!(sizes.map(|argument| argument.name).collect::<Vec<_>>(), ["kernel_size", "strides", "dilation_rate"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// A whole number for both axes of an image, or a pair: height and width.
    Size,
    /// The sides of an image: a whole number, a pair, or a pair of pairs.
    Border,
    /// A number.
    Float,
    /// A number, or a tuple of numbers.
    Floats,
    /// True or false.
    Bool,
    /// An axis.
    Axis,
    /// An axis of both inputs, or a pair.
    AxisPair,
    /// An axis, or a tuple of axes.
    Axes,
    /// An axis, a tuple of axes, or `None` for no axis.
    AxesOrNone,
    /// A tuple of whole numbers.
    Shape,
    /// An activation function.
    Activation,
    /// Padding at the border of an image.
    Padding,
    /// Interpolation of pixels.
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
