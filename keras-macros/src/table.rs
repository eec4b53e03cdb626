//! The built-in layers' arguments, in Keras' order: the only thing that the macros know of them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
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
    /// What Keras has after these and this layer does not; what it has between them is a `placeholder`.
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

/// An argument of Keras that is not supported here, and holds its place, so that what follows keeps its own.
const fn placeholder(name: &'static str) -> Parameter {
    optional(name, Kind::Unsupported)
}

/// Keras' arguments of every layer that are not taken here.
const BASE: &[&str] = &["dtype", "autocast", "activity_regularizer", "batch_size", "batch_shape"];

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
            optional("mask_zero", Kind::Bool),
        ],
    )
    .with_weights()
    .without(&["weights", "lora_rank", "lora_alpha", "quantization_config"]),
    Row::new("Activation", &[required("activation", Kind::Activation)]),
    Row::new(
        "Conv2D",
        &[
            required("filters", Kind::Integer),
            required("kernel_size", Kind::Size),
            optional("strides", Kind::Size),
            optional("padding", Kind::Padding),
            placeholder("data_format"),
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
    .alias("MaxPool2D")
    .without(&["data_format"]),
    Row::new(
        "AveragePooling2D",
        &[required("pool_size", Kind::Size), optional("strides", Kind::Size), optional("padding", Kind::Padding)],
    )
    .alias("AvgPool2D")
    .without(&["data_format"]),
    Row::new("Masking", &[optional("mask_value", Kind::Float)]),
    Row::new("GlobalAveragePooling1D", &[placeholder("data_format"), optional("keepdims", Kind::Bool)])
        .alias("GlobalAvgPool1D"),
    Row::new("GlobalMaxPooling2D", &[placeholder("data_format"), optional("keepdims", Kind::Bool)])
        .alias("GlobalMaxPool2D"),
    Row::new("GlobalAveragePooling2D", &[placeholder("data_format"), optional("keepdims", Kind::Bool)])
        .alias("GlobalAvgPool2D"),
    Row::new(
        "UpSampling2D",
        &[optional("size", Kind::Size), placeholder("data_format"), optional("interpolation", Kind::Interpolation)],
    ),
    Row::new("ZeroPadding2D", &[optional("padding", Kind::Border)]).without(&["data_format"]),
    Row::new("Cropping2D", &[optional("cropping", Kind::Border)]).without(&["data_format"]),
    Row::new("Rescaling", &[required("scale", Kind::Floats), optional("offset", Kind::Floats)]),
    Row::new("Identity", &[]),
    Row::new("Flatten", &[]).without(&["data_format"]),
    Row::new("Reshape", &[required("target_shape", Kind::Shape)]),
    Row::new("Permute", &[required("dims", Kind::Shape)]),
    Row::new("RepeatVector", &[required("n", Kind::Integer)]),
    Row::new("Dropout", &[required("rate", Kind::Float)]).without(&["noise_shape", "seed"]),
    Row::new("SpatialDropout2D", &[required("rate", Kind::Float)]).without(&["data_format", "seed"]),
    Row::new("GaussianDropout", &[required("rate", Kind::Float)]).without(&["seed"]),
    Row::new("GaussianNoise", &[required("stddev", Kind::Float)]).without(&["seed"]),
    Row::new("ActivityRegularization", &[optional("l1", Kind::Float), optional("l2", Kind::Float)]),
    Row::new("AlphaDropout", &[required("rate", Kind::Float)]).without(&["noise_shape", "seed"]),
    Row::new(
        "BatchNormalization",
        &[
            placeholder("axis"),
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
    .without(&["renorm", "renorm_clipping", "renorm_momentum", "synchronized"]),
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
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4 && *distance < known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The nearest of some names as a question, to end a message with.
pub(crate) fn did_you_mean<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(name, names).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default()
}

impl Row {
    fn takes(&self) -> String {
        let names = self.names();
        if names.is_empty() { format!("{} takes no arguments", self.name) } else { format!("it takes {names}") }
    }

    /// The arguments that there are here.
    fn supported(&self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().filter(|parameter| parameter.kind != Kind::Unsupported).map(|parameter| parameter.name)
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
        let mut given: Vec<Option<(Span, &Expr)>> = vec![None; self.places()];
        for (at, argument) in arguments.list.iter().enumerate() {
            match argument {
                Argument::Positional(value) => {
                    let Some(slot) = given.get_mut(at) else {
                        let count = self.supported().count();
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
                    if let Some(name) = self.unsupported_at(at).filter(|name| !is_default(name, value)) {
                        return Err(syn::Error::new_spanned(value, self.not_supported(name)));
                    }
                }
                Argument::Named(name, value) => {
                    let Some(at) = (0..given.len()).find(|&at| name == self.name_at(at)) else {
                        let of_any_layer = BASE.iter().find(|base| self.has_name && name == **base);
                        if of_any_layer.is_some_and(|base| is_default(base, value)) {
                            continue;
                        }
                        return Err(self.unknown(name));
                    };
                    if given[at].is_some() {
                        let message = format!(
                            "`{name}` is given twice; each argument is given once, by its place or by its name"
                        );
                        return Err(syn::Error::new(name.span(), message));
                    }
                    given[at] = Some((name.span(), value));
                    if let Some(text) = self.unsupported_at(at).filter(|text| !is_default(text, value)) {
                        return Err(syn::Error::new(name.span(), self.not_supported(text)));
                    }
                }
            }
        }
        let (mut positional, mut builders) = (Vec::new(), Vec::new());
        let supported = |parameter: &Parameter| parameter.kind != Kind::Unsupported;
        for (parameter, given) in self.parameters.iter().zip(given).filter(|(parameter, _)| supported(parameter)) {
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
        self.supported().collect::<Vec<_>>().join(", ")
    }

    /// How many arguments Keras has, of those that the row knows.
    fn places(&self) -> usize {
        self.parameters.len() + self.unsupported.len()
    }

    /// The argument at one of Keras' places.
    fn name_at(&self, at: usize) -> &'static str {
        match self.parameters.get(at) {
            Some(parameter) => parameter.name,
            None => self.unsupported[at - self.parameters.len()],
        }
    }

    /// The same, if it is not supported here.
    fn unsupported_at(&self, at: usize) -> Option<&'static str> {
        let is_supported = self.parameters.get(at).is_some_and(|parameter| parameter.kind != Kind::Unsupported);
        (!is_supported).then(|| self.name_at(at))
    }

    fn not_supported(&self, name: &str) -> String {
        format!(
            "`{name}` is an argument of Keras' {} that is not supported here; leave it out ({})",
            self.name,
            self.takes()
        )
    }

    fn unknown(&self, name: &Ident) -> syn::Error {
        let text = name.to_string();
        let message = if BASE.contains(&&*text) {
            self.not_supported(&text)
        } else if self.has_name && ["input_shape", "input_dim"].contains(&&*text) {
            format!(
                "`{text}` stands in the first layer of `sequential!` alone; remove it, a layer takes what comes before it"
            )
        } else {
            let of_layers = ["name", "trainable"].into_iter().filter(|_| self.has_name);
            let suggestion = did_you_mean(&text, self.supported().chain(of_layers));
            format!("{} has no argument `{text}`{suggestion} ({})", self.name, self.takes())
        };
        syn::Error::new(name.span(), message)
    }
}

/// Whether an argument that is not supported is given the one value that it has here: Keras' own default, which changes nothing.
fn is_default(name: &str, value: &Expr) -> bool {
    let defaults: &[&str] = match name {
        "axis" => &["None", "-1"],
        "data_format" => &["None", "\"channels_last\""],
        "dtype" => &["None", "\"float32\""],
        "autocast" => &["true"],
        "renorm" | "synchronized" => &["false"],
        "renorm_momentum" => &["0.99"],
        _ => &["None"],
    };
    defaults.contains(&&*value.to_token_stream().to_string().replace(' ', ""))
}
