//! The operations that a listing calls with tensors, without a layer: `exp(x)`, `sum(x, axis = 1)`, `x + y`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Ident, Path};

use crate::{
    kinds::{Kind, Parameter},
    parse::{Arguments, Operator},
    table::{Row, optional, required, unsupported},
};

/// An operation.
pub(crate) struct Operation {
    /// What a listing calls it by.
    pub(crate) name: &'static str,
    /// Keras' class, after which a summary calls it, and the arguments after the tensors.
    pub(crate) row: Row,
    /// The same, of two tensors.
    pub(crate) row_of_two: Row,
    pub(crate) made_of: MadeOf,
}

/// What an operation is made of.
#[derive(Clone, Copy)]
pub(crate) enum MadeOf {
    /// A type in `keras::ops`.
    Operation(&'static str),
    /// The layer `Softmax`.
    Softmax,
    /// The layer `Activation`, with this function.
    Activation(&'static str),
    /// An operator between two tensors, or a tensor and a number.
    Operator(Operator),
}

impl Operation {
    /// One of a type of its own.
    const fn new(name: &'static str, class: &'static str, of: &'static str, parameters: &'static [Parameter]) -> Self {
        Self {
            name,
            row: Row::new(class, parameters).without_name(),
            row_of_two: Row::new(class, parameters).without_name().of_several(),
            made_of: MadeOf::Operation(of),
        }
    }

    /// One that is an activation.
    const fn activation(name: &'static str, class: &'static str, function: &'static str) -> Self {
        Self::new(name, class, "", &[]).made_of(MadeOf::Activation(function))
    }

    /// One that an operator does.
    const fn operator(name: &'static str, class: &'static str, operator: Operator) -> Self {
        Self::new(name, class, "", &[]).made_of(MadeOf::Operator(operator))
    }

    const fn made_of(mut self, made_of: MadeOf) -> Self {
        self.made_of = made_of;
        self
    }

    /// The type and the expression of the layer that it is, after its tensors.
    pub(crate) fn layer(&self, span: Span, paren: Span, arguments: &Arguments) -> (Path, syn::Result<TokenStream>) {
        let path: Path = match self.made_of {
            MadeOf::Operation(of) => {
                let of = Ident::new(of, span);
                syn::parse_quote_spanned!(span=> ::keras::ops::#of)
            }
            MadeOf::Softmax => syn::parse_quote_spanned!(span=> ::keras::layers::Softmax),
            MadeOf::Activation(_) => syn::parse_quote_spanned!(span=> ::keras::layers::Activation),
            MadeOf::Operator(operator) => operator.between_tensors(span),
        };
        let mut expression = self.row.expression(&path, paren, arguments, &mut |_, _| Ok(None));
        if let (Ok(expression), MadeOf::Activation(function)) = (&mut expression, self.made_of) {
            let function = Ident::new(function, paren);
            *expression = quote_spanned!(paren=> <#path>::layer(::keras::activations::Activation::#function));
        }
        (path, expression)
    }
}

const AXIS: &[Parameter] = &[optional("axis", Kind::Axis)];
const LAST_AXIS: &[Parameter] = &[unsupported("axis", &["-1", "None"])];
const ALONG: &[Parameter] = &[required("axis", Kind::Axes), optional("keepdims", Kind::Bool)];
const RANDOM_NORMAL: &[Parameter] =
    &[optional("mean", Kind::Float), optional("stddev", Kind::Float), optional("stateful", Kind::Bool)];
const RANDOM_UNIFORM: &[Parameter] =
    &[optional("minval", Kind::Float), optional("maxval", Kind::Float), optional("stateful", Kind::Bool)];
const FROM_INITIAL: &[Parameter] =
    &[required("axis", Kind::Axes), optional("keepdims", Kind::Bool), unsupported("initial", &["None"])];

const OPERATIONS: &[Operation] = &[
    Operation::new("abs", "Absolute", "Absolute", &[]),
    Operation::new("absolute", "Absolute", "Absolute", &[]),
    Operation::operator("add", "Add", Operator::Add),
    Operation::new("amax", "Amax", "Max", ALONG),
    Operation::new("amin", "Amin", "Min", ALONG),
    Operation::new("clip", "Clip", "Clip", &[required("x_min", Kind::Float), required("x_max", Kind::Float)]),
    Operation::operator("divide", "Divide", Operator::Divide),
    Operation::activation("exp", "Exp", "Exponential"),
    Operation::activation("hard_sigmoid", "HardSigmoid", "HardSigmoid"),
    Operation::activation("hard_silu", "HardSilu", "HardSilu"),
    Operation::activation("hard_swish", "HardSilu", "HardSilu"),
    Operation::new("log", "Log", "Log", &[]),
    Operation::activation("log_sigmoid", "LogSigmoid", "LogSigmoid"),
    Operation::new("log_softmax", "LogSoftmax", "", LAST_AXIS).made_of(MadeOf::Activation("LogSoftmax")),
    Operation::operator("matmul", "Matmul", Operator::Matmul),
    Operation::new("max", "Max", "Max", FROM_INITIAL),
    Operation::operator("maximum", "Maximum", Operator::Maximum),
    Operation::new("mean", "Mean", "Mean", ALONG),
    Operation::new("min", "Min", "Min", FROM_INITIAL),
    Operation::operator("minimum", "Minimum", Operator::Minimum),
    Operation::operator("multiply", "Multiply", Operator::Multiply),
    Operation::new("negative", "Negative", "Negative", &[]),
    Operation::new("random_normal", "RandomNormal", "RandomNormal", RANDOM_NORMAL),
    Operation::new("random_uniform", "RandomUniform", "RandomUniform", RANDOM_UNIFORM),
    Operation::new("reciprocal", "Reciprocal", "Reciprocal", &[]),
    Operation::activation("relu", "Relu", "Relu"),
    Operation::activation("relu6", "Relu6", "Relu6"),
    Operation::new("reshape", "Reshape", "Reshape", &[required("newshape", Kind::Shape)]),
    Operation::new("rsqrt", "Rsqrt", "Rsqrt", &[]),
    Operation::activation("selu", "Selu", "Selu"),
    Operation::activation("sigmoid", "Sigmoid", "Sigmoid"),
    Operation::activation("silu", "Silu", "Silu"),
    Operation::new("softmax", "Softmax", "", AXIS).made_of(MadeOf::Softmax),
    Operation::activation("softplus", "Softplus", "Softplus"),
    Operation::activation("softsign", "Softsign", "Softsign"),
    Operation::new("sqrt", "Sqrt", "Sqrt", &[]),
    Operation::new("square", "Square", "Square", &[]),
    Operation::operator("subtract", "Subtract", Operator::Subtract),
    Operation::new("sum", "Sum", "Sum", ALONG),
    Operation::activation("swish", "Silu", "Silu"),
    Operation::activation("tanh", "Tanh", "Tanh"),
    Operation::new("transpose", "Transpose", "Transpose", &[required("axes", Kind::Shape)]),
    Operation::operator("true_divide", "TrueDivide", Operator::Divide),
];

/// `add_loss(x);`.
pub(crate) const ADD_LOSS: Row = Row::new("AddLoss", &[]);

/// A weight as a tensor, in the body of a layer.
pub(crate) const WEIGHT: Row = Row::new("Weight", &[]);

/// What `x[.., 0..3]` is.
pub(crate) const GET_ITEM: Row = Row::new("GetItem", &[]);

/// The operation of this name.
pub(crate) fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

/// The names of all operations.
pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> {
    OPERATIONS.iter().map(|operation| operation.name)
}

impl Operator {
    /// The operation that an operator is.
    pub(crate) fn operation(self) -> Option<&'static Operation> {
        find(match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "true_divide",
            Self::Matmul => "matmul",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
        })
    }

    /// The type between two tensors.
    pub(crate) fn between_tensors(self, span: Span) -> Path {
        let (module, name) = match self {
            Self::Add => ("layers", "Add"),
            Self::Subtract => ("layers", "Subtract"),
            Self::Multiply => ("layers", "Multiply"),
            Self::Divide => ("ops", "Divide"),
            Self::Matmul => ("ops", "Matmul"),
            Self::Maximum => ("layers", "Maximum"),
            Self::Minimum => ("layers", "Minimum"),
        };
        let (module, name) = (Ident::new(module, span), Ident::new(name, span));
        syn::parse_quote_spanned!(span=> ::keras::#module::#name)
    }

    /// The layer between a tensor and a number that follows it, or comes before it; there is none for products of matrices.
    ///
    /// The number of a layer's body is known only where the layer is called.
    pub(crate) fn with_number(
        self,
        span: Span,
        number: &TokenStream,
        is_first: bool,
        in_layer: bool,
    ) -> Option<(Path, TokenStream)> {
        if in_layer {
            let path: Path = syn::parse_quote_spanned!(span=> ::keras::ops::weighted::MultiplyAdd);
            let numbers = match (self, is_first) {
                (Self::Add, _) => Some(quote_spanned!(span=> 1.0, #number)),
                (Self::Subtract, false) => Some(quote_spanned!(span=> 1.0, -(#number))),
                (Self::Subtract, true) => Some(quote_spanned!(span=> -1.0, #number)),
                (Self::Multiply, _) => Some(quote_spanned!(span=> #number, 0.0)),
                _ => None,
            };
            if let Some(numbers) = numbers {
                let expression = quote_spanned!(span=> <#path>::layer(#numbers));
                return Some((path, expression));
            }
        }
        let rescaling: Path = syn::parse_quote_spanned!(span=> ::keras::layers::Rescaling);
        let clip: Path = syn::parse_quote_spanned!(span=> ::keras::ops::Clip);
        Some(match (self, is_first) {
            (Self::Add, _) => {
                let expression = quote_spanned!(span=> <#rescaling>::layer(&[1.0]).offset(const { &[#number] }));
                (rescaling, expression)
            }
            (Self::Subtract, false) => {
                let expression = quote_spanned!(span=> <#rescaling>::layer(&[1.0]).offset(const { &[-(#number)] }));
                (rescaling, expression)
            }
            (Self::Subtract, true) => {
                let expression = quote_spanned!(span=> <#rescaling>::layer(&[-1.0]).offset(const { &[#number] }));
                (rescaling, expression)
            }
            (Self::Multiply, _) => {
                let expression = quote_spanned!(span=> <#rescaling>::layer(const { &[#number] }));
                (rescaling, expression)
            }
            (Self::Divide, false) => {
                let divide_by: Path = syn::parse_quote_spanned!(span=> ::keras::ops::DivideBy);
                let expression = quote_spanned!(span=> <#divide_by>::layer(#number));
                (divide_by, expression)
            }
            (Self::Divide, true) => {
                let reciprocal: Path = syn::parse_quote_spanned!(span=> ::keras::ops::Reciprocal);
                let expression = quote_spanned!(span=> <#reciprocal>::layer().numerator(#number));
                (reciprocal, expression)
            }
            (Self::Maximum, false) => {
                let expression = quote_spanned!(span=> <#clip>::layer(#number, f32::INFINITY));
                (clip, expression)
            }
            (Self::Maximum, true) => {
                let expression = quote_spanned!(span=> <#clip>::layer(#number, f32::INFINITY).number_first());
                (clip, expression)
            }
            (Self::Minimum, false) => {
                let expression = quote_spanned!(span=> <#clip>::layer(f32::NEG_INFINITY, #number));
                (clip, expression)
            }
            (Self::Minimum, true) => {
                let expression = quote_spanned!(span=> <#clip>::layer(f32::NEG_INFINITY, #number).number_first());
                (clip, expression)
            }
            (Self::Matmul, _) => return None,
        })
    }
}
