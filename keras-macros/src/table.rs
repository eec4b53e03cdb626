//! The built-in layers' arguments, in Keras' order: the only thing that the macros know of them.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Ident, spanned::Spanned};

use crate::{
    parse::{Argument, Arguments},
    values::{Kind, Parameter, is_none},
};

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
    /// Whether it can be given a name: a layer, not an operation.
    has_name: bool,
}

impl Row {
    /// A layer of one input, without weights.
    pub(crate) const fn new(name: &'static str, parameters: &'static [Parameter]) -> Self {
        Self { name, alias: "", inputs: Inputs::One, has_weights: false, parameters, unsupported: &[], has_name: true }
    }

    const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = alias;
        self
    }

    pub(crate) const fn of_several(mut self) -> Self {
        self.inputs = Inputs::List;
        self
    }

    const fn with_weights(mut self) -> Self {
        self.has_weights = true;
        self
    }

    pub(crate) const fn without_name(mut self) -> Self {
        self.has_name = false;
        self
    }

    pub(crate) const fn without(mut self, unsupported: &'static [&'static str]) -> Self {
        self.unsupported = unsupported;
        self
    }
}

pub(crate) const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true }
}

pub(crate) const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false }
}

/// Keras' arguments of every layer that are not taken here.
const BASE: &[&str] = &["dtype", "autocast", "activity_regularizer", "data_format", "batch_size", "batch_shape"];

const ROWS: &[Row] = &[
    Row::new(
        "Dense",
        &[
            required("units", Kind::Integer),
            optional("activation", Kind::Activation),
            optional("use_bias", Kind::Bool),
            optional("kernel_initializer", Kind::Initializer),
            optional("bias_initializer", Kind::Initializer),
            optional("kernel_regularizer", Kind::Regularizer),
            optional("bias_regularizer", Kind::Regularizer),
            optional("activity_regularizer", Kind::Regularizer),
            optional("kernel_constraint", Kind::Constraint),
            optional("bias_constraint", Kind::Constraint),
        ],
    )
    .with_weights()
    .without(&["lora_rank", "lora_alpha", "quantization_config"]),
    Row::new(
        "Embedding",
        &[
            required("input_dim", Kind::Integer),
            required("output_dim", Kind::Integer),
            optional("embeddings_initializer", Kind::Initializer),
            optional("embeddings_regularizer", Kind::Regularizer),
            optional("embeddings_constraint", Kind::Constraint),
        ],
    )
    .with_weights()
    .without(&["mask_zero", "weights", "lora_rank", "lora_alpha", "quantization_config"]),
    Row::new("Activation", &[required("activation", Kind::Activation)]),
    Row::new(
        "Conv2D",
        &[
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
            optional("bias_regularizer", Kind::Regularizer),
            optional("activity_regularizer", Kind::Regularizer),
            optional("kernel_constraint", Kind::Constraint),
            optional("bias_constraint", Kind::Constraint),
        ],
    )
    .alias("Convolution2D")
    .with_weights(),
    Row::new(
        "MaxPooling2D",
        &[optional("pool_size", Kind::Size), optional("strides", Kind::Size), optional("padding", Kind::Padding)],
    )
    .alias("MaxPool2D"),
    Row::new(
        "AveragePooling2D",
        &[required("pool_size", Kind::Size), optional("strides", Kind::Size), optional("padding", Kind::Padding)],
    )
    .alias("AvgPool2D"),
    Row::new("GlobalMaxPooling2D", &[optional("keepdims", Kind::Bool)]).alias("GlobalMaxPool2D"),
    Row::new("GlobalAveragePooling2D", &[optional("keepdims", Kind::Bool)]).alias("GlobalAvgPool2D"),
    Row::new("UpSampling2D", &[optional("size", Kind::Size), optional("interpolation", Kind::Interpolation)]),
    Row::new("ZeroPadding2D", &[optional("padding", Kind::Border)]),
    Row::new("Cropping2D", &[optional("cropping", Kind::Border)]),
    Row::new("Rescaling", &[required("scale", Kind::Floats), optional("offset", Kind::Floats)]),
    Row::new("Identity", &[]),
    Row::new("Flatten", &[]),
    Row::new("Reshape", &[required("target_shape", Kind::Shape)]),
    Row::new("Permute", &[required("dims", Kind::Shape)]),
    Row::new("RepeatVector", &[required("n", Kind::Integer)]),
    Row::new("Dropout", &[required("rate", Kind::Float)]).without(&["noise_shape", "seed"]),
    Row::new("SpatialDropout2D", &[required("rate", Kind::Float)]).without(&["seed"]),
    Row::new("GaussianDropout", &[required("rate", Kind::Float)]).without(&["seed"]),
    Row::new("GaussianNoise", &[required("stddev", Kind::Float)]).without(&["seed"]),
    Row::new("ActivityRegularization", &[optional("l1", Kind::Float), optional("l2", Kind::Float)]),
    Row::new("AlphaDropout", &[required("rate", Kind::Float)]).without(&["noise_shape", "seed"]),
    Row::new(
        "BatchNormalization",
        &[
            optional("momentum", Kind::Float),
            optional("epsilon", Kind::Float),
            optional("center", Kind::Bool),
            optional("scale", Kind::Bool),
            optional("beta_initializer", Kind::Initializer),
            optional("gamma_initializer", Kind::Initializer),
            optional("moving_mean_initializer", Kind::Initializer),
            optional("moving_variance_initializer", Kind::Initializer),
            optional("beta_regularizer", Kind::Regularizer),
            optional("gamma_regularizer", Kind::Regularizer),
            optional("beta_constraint", Kind::Constraint),
            optional("gamma_constraint", Kind::Constraint),
        ],
    )
    .with_weights()
    .without(&["axis", "renorm", "renorm_clipping", "renorm_momentum", "synchronized"]),
    Row::new(
        "LayerNormalization",
        &[
            optional("axis", Kind::Axes),
            optional("epsilon", Kind::Float),
            optional("center", Kind::Bool),
            optional("scale", Kind::Bool),
            optional("beta_initializer", Kind::Initializer),
            optional("gamma_initializer", Kind::Initializer),
            optional("beta_regularizer", Kind::Regularizer),
            optional("gamma_regularizer", Kind::Regularizer),
            optional("beta_constraint", Kind::Constraint),
            optional("gamma_constraint", Kind::Constraint),
        ],
    )
    .with_weights(),
    Row::new(
        "Normalization",
        &[
            optional("axis", Kind::AxesOrNone),
            optional("mean", Kind::Floats),
            optional("variance", Kind::Floats),
            optional("invert", Kind::Bool),
        ],
    )
    .with_weights(),
    Row::new("Subtract", &[]).of_several(),
    Row::new("Multiply", &[]).of_several(),
    Row::new("Add", &[]).of_several(),
    Row::new("Average", &[]).of_several(),
    Row::new("Maximum", &[]).of_several(),
    Row::new("Minimum", &[]).of_several(),
    Row::new("Dot", &[required("axes", Kind::AxisPair), optional("normalize", Kind::Bool)]).of_several(),
    Row::new("Concatenate", &[optional("axis", Kind::Axis)]).of_several(),
    Row::new("Softmax", &[optional("axis", Kind::Axis)]),
    Row::new("ELU", &[optional("alpha", Kind::Float)]),
    Row::new("LeakyReLU", &[optional("negative_slope", Kind::Float)]),
    Row::new(
        "PReLU",
        &[
            optional("alpha_initializer", Kind::Initializer),
            optional("alpha_regularizer", Kind::Regularizer),
            optional("alpha_constraint", Kind::Constraint),
            optional("shared_axes", Kind::Axes),
        ],
    )
    .with_weights(),
    Row::new(
        "ReLU",
        &[
            optional("max_value", Kind::Float),
            optional("negative_slope", Kind::Float),
            optional("threshold", Kind::Float),
        ],
    ),
];

/// The row of a layer, if it is built in.
pub(crate) fn find(path: &syn::Path) -> Option<&'static Row> {
    let ident = path.segments.last()?.ident.to_string();
    ROWS.iter().find(|row| row.name == ident || (!row.alias.is_empty() && row.alias == ident))
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

/// The nearest of some names as a question, to end a message with.
pub(crate) fn did_you_mean<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
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

    /// The layer's type, where another of Keras' names for it was written.
    pub(crate) fn path(&self, written: &syn::Path) -> syn::Path {
        let mut path = written.clone();
        if let Some(last) = path.segments.last_mut() {
            last.ident = Ident::new(self.name, last.ident.span());
        }
        path
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
                        let message = format!(
                            "`{name}` is given twice; each argument is given once, by its place or by its name"
                        );
                        return Err(syn::Error::new(name.span(), message));
                    }
                    given[at] = Some((name.span(), value));
                }
            }
        }
        let (mut positional, mut builders) = (Vec::new(), Vec::new());
        for (parameter, given) in self.parameters.iter().zip(given) {
            let value = match given {
                Some((_, value)) if is_none(value) && parameter.may_be_left_out() => continue,
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
            format!(
                "`{text}` is an argument of Keras' {} that is not supported here; leave it out ({})",
                self.name,
                self.takes()
            )
        } else {
            let of_layers = ["name", "trainable"].into_iter().filter(|_| self.has_name);
            let names = self.parameters.iter().map(|parameter| parameter.name).chain(of_layers);
            format!("{} has no argument `{text}`{} ({})", self.name, did_you_mean(&text, names), self.takes())
        };
        syn::Error::new(name.span(), message)
    }
}
