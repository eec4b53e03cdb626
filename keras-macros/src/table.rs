//! The built-in layers' arguments, in Keras' order: the only thing that the macros know of them.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprLit, Ident, Lit, LitStr, spanned::Spanned};

use crate::parse::{Argument, Arguments};

/// What an argument can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A whole number.
    Integer,
    /// One whole number for both ways, or a pair.
    Size,
    Float,
    Bool,
    Activation,
    Padding,
    Initializer,
    Regularizer,
    /// A tuple of lengths.
    Shape,
    /// A whole number that may be negative.
    Axis,
}

struct Parameter {
    name: &'static str,
    kind: Kind,
    required: bool,
}

/// How many inputs a layer takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inputs {
    One,
    /// A list of two or more.
    List,
}

/// A built-in layer.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    alias: &'static str,
    pub(crate) inputs: Inputs,
    pub(crate) has_weights: bool,
    parameters: &'static [Parameter],
    /// What Keras has and this layer does not.
    unsupported: &'static [&'static str],
}

const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false }
}

/// Keras' arguments of every layer that are not taken here.
const BASE: &[&str] = &["dtype", "autocast", "activity_regularizer", "data_format", "batch_size", "batch_shape"];

const ROWS: &[Row] = &[
    Row {
        name: "Dense",
        alias: "",
        inputs: Inputs::One,
        has_weights: true,
        parameters: &[
            required("units", Kind::Integer),
            optional("activation", Kind::Activation),
            optional("use_bias", Kind::Bool),
            optional("kernel_initializer", Kind::Initializer),
            optional("bias_initializer", Kind::Initializer),
            optional("kernel_regularizer", Kind::Regularizer),
        ],
        unsupported: &["bias_regularizer", "kernel_constraint", "bias_constraint", "lora_rank", "lora_alpha"],
    },
    Row {
        name: "Activation",
        alias: "",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[required("activation", Kind::Activation)],
        unsupported: &[],
    },
    Row {
        name: "Conv2D",
        alias: "Convolution2D",
        inputs: Inputs::One,
        has_weights: true,
        parameters: &[
            required("filters", Kind::Integer),
            required("kernel_size", Kind::Size),
            optional("strides", Kind::Size),
            optional("padding", Kind::Padding),
            optional("dilation_rate", Kind::Size),
            optional("groups", Kind::Integer),
            optional("activation", Kind::Activation),
            optional("use_bias", Kind::Bool),
            optional("kernel_initializer", Kind::Initializer),
            optional("bias_initializer", Kind::Initializer),
            optional("kernel_regularizer", Kind::Regularizer),
        ],
        unsupported: &["bias_regularizer", "kernel_constraint", "bias_constraint"],
    },
    Row {
        name: "MaxPooling2D",
        alias: "MaxPool2D",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[
            optional("pool_size", Kind::Size),
            optional("strides", Kind::Size),
            optional("padding", Kind::Padding),
        ],
        unsupported: &[],
    },
    Row {
        name: "AveragePooling2D",
        alias: "AvgPool2D",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[
            required("pool_size", Kind::Size),
            optional("strides", Kind::Size),
            optional("padding", Kind::Padding),
        ],
        unsupported: &[],
    },
    Row {
        name: "GlobalAveragePooling2D",
        alias: "GlobalAvgPool2D",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[optional("keepdims", Kind::Bool)],
        unsupported: &[],
    },
    Row { name: "Flatten", alias: "", inputs: Inputs::One, has_weights: false, parameters: &[], unsupported: &[] },
    Row {
        name: "Reshape",
        alias: "",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[required("target_shape", Kind::Shape)],
        unsupported: &[],
    },
    Row {
        name: "Dropout",
        alias: "",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[required("rate", Kind::Float)],
        unsupported: &["noise_shape", "seed"],
    },
    Row {
        name: "BatchNormalization",
        alias: "",
        inputs: Inputs::One,
        has_weights: true,
        parameters: &[
            optional("momentum", Kind::Float),
            optional("epsilon", Kind::Float),
            optional("center", Kind::Bool),
            optional("scale", Kind::Bool),
            optional("beta_initializer", Kind::Initializer),
            optional("gamma_initializer", Kind::Initializer),
            optional("moving_mean_initializer", Kind::Initializer),
            optional("moving_variance_initializer", Kind::Initializer),
        ],
        unsupported: &[
            "axis",
            "beta_regularizer",
            "gamma_regularizer",
            "beta_constraint",
            "gamma_constraint",
            "renorm",
            "synchronized",
        ],
    },
    Row { name: "Subtract", alias: "", inputs: Inputs::List, has_weights: false, parameters: &[], unsupported: &[] },
    Row { name: "Multiply", alias: "", inputs: Inputs::List, has_weights: false, parameters: &[], unsupported: &[] },
    Row { name: "Add", alias: "", inputs: Inputs::List, has_weights: false, parameters: &[], unsupported: &[] },
    Row {
        name: "Concatenate",
        alias: "",
        inputs: Inputs::List,
        has_weights: false,
        parameters: &[optional("axis", Kind::Axis)],
        unsupported: &[],
    },
    Row {
        name: "Softmax",
        alias: "",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[optional("axis", Kind::Axis)],
        unsupported: &[],
    },
    Row {
        name: "ELU",
        alias: "",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[optional("alpha", Kind::Float)],
        unsupported: &[],
    },
    Row {
        name: "ReLU",
        alias: "",
        inputs: Inputs::One,
        has_weights: false,
        parameters: &[
            optional("max_value", Kind::Float),
            optional("negative_slope", Kind::Float),
            optional("threshold", Kind::Float),
        ],
        unsupported: &[],
    },
];

const ACTIVATIONS: &[(&str, &str)] = &[
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
const PADDINGS: &[(&str, &str)] = &[("valid", "Valid"), ("same", "Same")];
const INITIALIZERS: &[(&str, &str)] = &[
    ("zeros", "ZEROS"),
    ("ones", "ONES"),
    ("glorot_uniform", "GLOROT_UNIFORM"),
    ("glorot_normal", "GLOROT_NORMAL"),
    ("he_uniform", "HE_UNIFORM"),
    ("he_normal", "HE_NORMAL"),
    ("lecun_uniform", "LECUN_UNIFORM"),
    ("lecun_normal", "LECUN_NORMAL"),
    ("random_normal", "RANDOM_NORMAL"),
    ("random_uniform", "RANDOM_UNIFORM"),
    ("truncated_normal", "TRUNCATED_NORMAL"),
];
const REGULARIZERS: &[(&str, &str)] = &[("l1", "L1_DEFAULT"), ("l2", "L2_DEFAULT")];

/// The row of a layer, if it is built in.
pub(crate) fn find(path: &syn::Path) -> Option<&'static Row> {
    let ident = path.segments.last()?.ident.to_string();
    ROWS.iter().find(|row| row.name == ident || (!row.alias.is_empty() && row.alias == ident))
}

/// Whether a name may be that of a built-in layer, misspelt.
pub(crate) fn resembles(name: &str) -> bool {
    nearest(name, ROWS.iter().map(|row| row.name)).is_some()
}

/// The nearest of some names, if it is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    names
        .map(|known| (strsim::osa_distance(&lower, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

fn did_you_mean<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(name, names).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default()
}

impl Row {
    fn takes(&self) -> String {
        let names: Vec<_> = self.parameters.iter().map(|parameter| parameter.name).collect();
        if names.is_empty() {
            format!("{} takes no arguments", self.name)
        } else {
            format!("it takes {}", names.join(", "))
        }
    }

    /// The expression of the layer: `<Conv2D>::layer(16, (3, 3)).activation(Activation::Relu)`.
    pub(crate) fn expression(&self, path: &syn::Path, paren: Span, arguments: &Arguments) -> syn::Result<TokenStream> {
        let mut given: Vec<Option<(Span, &Expr)>> = self.parameters.iter().map(|_| None).collect();
        for (at, argument) in arguments.list.iter().enumerate() {
            match argument {
                Argument::Positional(value) => {
                    let Some(slot) = given.get_mut(at) else {
                        let count = self.parameters.len();
                        return Err(syn::Error::new_spanned(
                            value,
                            if count == 0 {
                                self.takes()
                            } else {
                                format!(
                                    "{} takes {count} arguments at most, in this order: {}",
                                    self.name,
                                    self.names()
                                )
                            },
                        ));
                    };
                    *slot = Some((value.span(), value));
                }
                Argument::Named(name, value) => {
                    let Some(at) = self.parameters.iter().position(|parameter| name == parameter.name) else {
                        return Err(self.unknown(name));
                    };
                    if given[at].is_some() {
                        return Err(syn::Error::new(name.span(), format!("`{name}` is given twice")));
                    }
                    given[at] = Some((name.span(), value));
                }
            }
        }
        let (mut positional, mut builders) = (Vec::new(), Vec::new());
        for (parameter, given) in self.parameters.iter().zip(given) {
            let value = match given {
                Some((_, value)) if is_none(value) && !parameter.required => continue,
                Some((span, value)) => (span, parameter.value(self.name, value)?),
                None if parameter.required => {
                    return Err(syn::Error::new(
                        paren,
                        format!("{} needs `{}`; {}", self.name, parameter.name, self.takes()),
                    ));
                }
                None => continue,
            };
            if parameter.required {
                positional.push(value.1);
            } else {
                let method = Ident::new(parameter.name, value.0);
                let value = value.1;
                builders.push(quote_spanned!(paren=> .#method(#value)));
            }
        }
        Ok(quote_spanned!(paren=> <#path>::layer(#(#positional),*) #(#builders)*))
    }

    fn names(&self) -> String {
        self.parameters.iter().map(|parameter| parameter.name).collect::<Vec<_>>().join(", ")
    }

    fn unknown(&self, name: &Ident) -> syn::Error {
        let text = name.to_string();
        let message = if self.unsupported.contains(&&*text) || BASE.contains(&&*text) {
            format!("`{text}` is an argument of Keras' {} that is not supported here; {}", self.name, self.takes())
        } else {
            let names = self.parameters.iter().map(|parameter| parameter.name).chain(["name", "trainable"]);
            format!("{} has no argument `{text}`{} ({})", self.name, did_you_mean(&text, names), self.takes())
        };
        syn::Error::new(name.span(), message)
    }
}

fn is_none(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident("None"))
}

impl Parameter {
    fn value(&self, layer: &str, value: &Expr) -> syn::Result<TokenStream> {
        let wrong =
            |expected: &str| Err(syn::Error::new_spanned(value, format!("`{}` of {layer} is {expected}", self.name)));
        let literal = match value {
            Expr::Lit(ExprLit { lit, .. }) => Some(lit),
            _ => None,
        };
        let is_negative = matches!(value, Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)));
        match (self.kind, literal) {
            (Kind::Activation, Some(Lit::Str(text))) => {
                self.named(text, ACTIVATIONS, quote!(::keras::activations::Activation))
            }
            (Kind::Padding, Some(Lit::Str(text))) => self.named(text, PADDINGS, quote!(::keras::layers::Padding)),
            (Kind::Initializer, Some(Lit::Str(text))) => {
                self.named(text, INITIALIZERS, quote!(::keras::initializers::Initializer))
            }
            (Kind::Regularizer, Some(Lit::Str(text))) => {
                self.named(text, REGULARIZERS, quote!(::keras::regularizers::Regularizer))
            }
            (Kind::Activation, Some(_)) => wrong("a string such as \"relu\""),
            (Kind::Padding, Some(_)) => wrong("\"valid\" or \"same\""),
            (Kind::Initializer, Some(_)) => wrong("a string such as \"he_normal\""),
            (Kind::Regularizer, Some(_)) => wrong("\"l1\", \"l2\", or Regularizer::l2(0.001)"),
            (Kind::Integer, Some(Lit::Int(_))) => Ok(quote!(#value)),
            (Kind::Integer, Some(_)) => wrong("a whole number"),
            (Kind::Integer, None) if is_negative => wrong("a positive whole number"),
            (Kind::Float, Some(Lit::Int(number))) => {
                let float = syn::LitFloat::new(&format!("{}f32", number.base10_digits()), number.span());
                Ok(quote!(#float))
            }
            (Kind::Float, Some(Lit::Float(_)) | None) => Ok(quote!(#value)),
            (Kind::Float, Some(_)) => wrong("a number"),
            (Kind::Bool, Some(Lit::Bool(_)) | None) => Ok(quote!(#value)),
            (Kind::Bool, Some(_)) => wrong("true or false"),
            (Kind::Axis, Some(Lit::Int(_)) | None) => Ok(quote!(#value)),
            (Kind::Axis, Some(_)) => wrong("a whole number"),
            (Kind::Size, Some(Lit::Int(_))) => Ok(quote_spanned!(value.span()=> (#value, #value))),
            (Kind::Size, Some(_)) => wrong("a whole number, or two of them: (3, 5)"),
            (Kind::Size, None) => match value {
                Expr::Tuple(tuple) if tuple.elems.len() == 2 => Ok(quote!(#value)),
                Expr::Tuple(_) => wrong("a whole number, or two of them: (3, 5)"),
                _ if is_negative => wrong("a positive whole number, or two of them: (3, 5)"),
                _ => Ok(quote_spanned!(value.span()=> { let size = #value; (size, size) })),
            },
            (Kind::Shape, _) => {
                let lengths: Vec<&Expr> = match value {
                    Expr::Tuple(tuple) => tuple.elems.iter().collect(),
                    Expr::Array(array) => array.elems.iter().collect(),
                    Expr::Paren(inner) => vec![&inner.expr],
                    other => vec![other],
                };
                if let Some(wrong) = lengths
                    .iter()
                    .find(|length| matches!(length, Expr::Lit(ExprLit { lit, .. }) if !matches!(lit, Lit::Int(_))))
                {
                    return Err(syn::Error::new_spanned(
                        wrong,
                        format!("`{}` of {layer} is a tuple of whole numbers", self.name),
                    ));
                }
                Ok(quote_spanned!(value.span()=> &[#((#lengths) as isize),*]))
            }
            (_, None) => Ok(quote!(#value)),
        }
    }

    fn named(
        &self,
        text: &LitStr,
        names: &[(&'static str, &'static str)],
        path: TokenStream,
    ) -> syn::Result<TokenStream> {
        let given = text.value();
        match names.iter().find(|(name, _)| *name == given) {
            Some((_, constant)) => {
                let constant = Ident::new(constant, text.span());
                Ok(quote_spanned!(text.span()=> #path::#constant))
            }
            None => {
                let suggestion = did_you_mean(&given, names.iter().map(|(name, _)| *name));
                let known = names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                Err(syn::Error::new(
                    text.span(),
                    format!("there is no {} \"{given}\"{suggestion} (known: {known})", self.name.replace('_', " ")),
                ))
            }
        }
    }
}
