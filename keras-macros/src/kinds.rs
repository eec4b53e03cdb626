//! What an argument can be, and the names that stand for its values.

use syn::Expr;

/// What an argument can be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number.
    Integer,
    /// One whole number for both ways, or a pair.
    Size,
    /// What is at the four sides of an image: a whole number, a pair, or a pair of pairs.
    Border,
    Float,
    Bool,
    Activation,
    Padding,
    Interpolation,
    Initializer,
    Regularizer,
    Constraint,
    /// A tuple of lengths.
    Shape,
    /// A whole number that may be negative.
    Axis,
    /// One axis of both inputs, or a pair.
    AxisPair,
    /// An axis, or a tuple of axes.
    Axes,
    /// The same, or `None` for none of them.
    AxesOrNone,
    /// A number, or a tuple of numbers.
    Floats,
    /// A layer.
    Layer,
    /// What Keras takes and this layer does not: one of these values, of which nothing is made.
    Unsupported(&'static [&'static str]),
}

impl Kind {
    /// What an argument of a custom layer is if its value is in quotes, and what to call it then.
    pub(crate) fn by_name(argument: &str) -> Option<(&'static str, Self)> {
        const KINDS: [(&str, Kind); 5] = [
            ("activation", Kind::Activation),
            ("initializer", Kind::Initializer),
            ("regularizer", Kind::Regularizer),
            ("constraint", Kind::Constraint),
            ("padding", Kind::Padding),
        ];
        let is_it =
            |name: &str| argument.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('_'));
        KINDS.into_iter().find(|(name, _)| is_it(name))
    }

    /// What an argument of a call is, in words.
    pub(crate) fn literal(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Integer => "an integer",
            _ => "a number",
        }
    }
}

/// An argument: its name, what it can be, and whether it must be given.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

pub(crate) const ACTIVATIONS: &[(&str, &str)] = &[
    ("elu", "Elu"),
    ("exponential", "Exponential"),
    ("gelu", "Gelu"),
    ("hard_sigmoid", "HardSigmoid"),
    ("hard_silu", "HardSilu"),
    ("hard_swish", "HardSilu"),
    ("leaky_relu", "LeakyRelu"),
    ("linear", "Linear"),
    ("log_sigmoid", "LogSigmoid"),
    ("log_softmax", "LogSoftmax"),
    ("mish", "Mish"),
    ("relu", "Relu"),
    ("relu6", "Relu6"),
    ("selu", "Selu"),
    ("sigmoid", "Sigmoid"),
    ("silu", "Silu"),
    ("softmax", "Softmax"),
    ("softplus", "Softplus"),
    ("softsign", "Softsign"),
    ("swish", "Silu"),
    ("tanh", "Tanh"),
];
pub(crate) const PADDINGS: &[(&str, &str)] = &[("valid", "Valid"), ("same", "Same")];
pub(crate) const INTERPOLATIONS: &[(&str, &str)] = &[("nearest", "Nearest"), ("bilinear", "Bilinear")];
pub(crate) const INITIALIZERS: &[(&str, &str)] = &[
    ("zeros", "ZEROS"),
    ("ones", "ONES"),
    ("zero", "ZEROS"),
    ("one", "ONES"),
    ("glorot_uniform", "GLOROT_UNIFORM"),
    ("glorot_normal", "GLOROT_NORMAL"),
    ("he_uniform", "HE_UNIFORM"),
    ("he_normal", "HE_NORMAL"),
    ("lecun_uniform", "LECUN_UNIFORM"),
    ("lecun_normal", "LECUN_NORMAL"),
    ("random_normal", "RANDOM_NORMAL"),
    ("random_uniform", "RANDOM_UNIFORM"),
    ("normal", "RANDOM_NORMAL"),
    ("uniform", "RANDOM_UNIFORM"),
    ("truncated_normal", "TRUNCATED_NORMAL"),
    ("orthogonal", "ORTHOGONAL"),
    ("identity", "IDENTITY"),
];
pub(crate) const REGULARIZERS: &[(&str, &str)] =
    &[("l1", "L1_DEFAULT"), ("l2", "L2_DEFAULT"), ("orthogonal_regularizer", "ORTHOGONAL_REGULARIZER_DEFAULT")];
pub(crate) const CONSTRAINTS: &[(&str, &str)] =
    &[("max_norm", "MAX_NORM"), ("min_max_norm", "MIN_MAX_NORM"), ("non_neg", "NON_NEG"), ("unit_norm", "UNIT_NORM")];

impl Parameter {
    /// Whether `None` means that nothing is given.
    pub(crate) fn may_be_left_out(&self) -> bool {
        !self.required && self.kind != Kind::AxesOrNone
    }

    /// The strings that the value may be.
    pub(crate) fn strings(&self) -> &'static [(&'static str, &'static str)] {
        match self.kind {
            Kind::Activation => ACTIVATIONS,
            Kind::Padding => PADDINGS,
            Kind::Interpolation => INTERPOLATIONS,
            Kind::Initializer => INITIALIZERS,
            Kind::Regularizer => REGULARIZERS,
            Kind::Constraint => CONSTRAINTS,
            _ => &[],
        }
    }
}

/// Whether there is an activation of this name.
pub(crate) fn is_activation(name: &str) -> bool {
    ACTIVATIONS.iter().any(|(known, _)| *known == name)
}

/// Whether a value is `None`.
pub(crate) fn is_none(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident("None"))
}
