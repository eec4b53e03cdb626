//! The built-in layers' arguments, in Keras' order: the only thing that the macros know of them.

// It is written from the layers' own schemas.
#[rustfmt::skip]
mod layers;
#[rustfmt::skip]
mod unavailable;

use layers::LAYERS;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Ident, spanned::Spanned};
use unavailable::UNAVAILABLE;

use crate::{
    kinds::{Kind, Parameter, is_none},
    parse::{Argument, Arguments},
    signature::{Input, Signature},
    suggestions::did_you_mean,
};

/// What is given by a name in a layer's call.
pub(crate) enum InCall {
    Input(&'static Input),
    Argument(&'static Parameter),
}

/// A built-in layer.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    alias: &'static str,
    /// What its call takes.
    pub(crate) call: Signature,
    pub(crate) has_weights: bool,
    /// Keras' arguments in its order, those that are not supported here included.
    parameters: &'static [Parameter],
    /// Whether it can be given a name: a layer, not an operation.
    has_name: bool,
}

impl Row {
    /// A layer of one input, without weights.
    pub(crate) const fn new(name: &'static str, parameters: &'static [Parameter]) -> Self {
        Self { name, alias: "", call: Signature::ONE, has_weights: false, parameters, has_name: true }
    }

    const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = alias;
        self
    }

    pub(crate) const fn of_several(mut self) -> Self {
        self.call = Signature::LIST;
        self
    }

    /// Says what its call takes, if that is not one tensor.
    #[cfg_attr(not(test), expect(dead_code, reason = "no layer takes anything else yet"))]
    pub(crate) const fn call(mut self, call: Signature) -> Self {
        self.call = call;
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
}

pub(crate) const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true }
}

pub(crate) const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false }
}

/// An argument of Keras that is not supported here, and holds its place, so that what follows keeps its own. It may be given
/// one of these values, which change nothing.
pub(crate) const fn unsupported(name: &'static str, accepted: &'static [&'static str]) -> Parameter {
    optional(name, Kind::Unsupported(accepted))
}

/// Keras' arguments of every layer that are not taken here, each with the values that change nothing.
const BASE: &[(&str, &[&str])] = &[
    ("dtype", &["None", "\"float32\""]),
    ("autocast", &["true"]),
    ("activity_regularizer", &["None"]),
    ("batch_size", &["None"]),
    ("batch_shape", &["None"]),
];

/// The row of a layer, if it is built in.
pub(crate) fn find(path: &syn::Path) -> Option<&'static Row> {
    let ident = path.segments.last()?.ident.to_string();
    let rows = LAYERS.iter();
    #[cfg(test)]
    let rows = rows.chain(crate::test_rows::TEST_ROWS);
    let mut rows = rows;
    rows.find(|row| row.name == ident || (!row.alias.is_empty() && row.alias == ident))
}

/// The names of the built-in layers.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    LAYERS.iter().map(|row| row.name)
}

/// Whether a path is called as a layer of Keras that is not available. It may be a custom layer.
pub(crate) fn is_unavailable(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|segment| UNAVAILABLE.iter().any(|name| segment.ident == name))
}

/// What to say of `layers::LSTM`, which is no custom layer.
pub(crate) fn unavailable(path: &syn::Path) -> Option<syn::Error> {
    let [.., module, class] = &path.segments.iter().map(|segment| &segment.ident).collect::<Vec<_>>()[..] else {
        return None;
    };
    let message = format!("`{class}` is a layer of Keras that is not available yet");
    (*module == "layers" && is_unavailable(path)).then(|| syn::Error::new_spanned(path, message))
}

/// Where layers are arguments.
const IN_WRAPPERS: &str = "only wrappers, such as TimeDistributed, take layers";

/// The first call of a layer of Keras in a value or in a list of values, if there is one.
pub(crate) fn layer_in(value: &Expr) -> Option<&Expr> {
    let is_layer = |value: &&Expr| match value {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path) if path.path.get_ident().is_some()
            && (find(&path.path).is_some() || is_unavailable(&path.path))),
        _ => false,
    };
    match value {
        Expr::Array(list) => list.elems.iter().find(is_layer),
        one => Some(one).filter(is_layer),
    }
}

impl Row {
    fn takes(&self) -> String {
        let names = self.names();
        if names.is_empty() { format!("{} takes no arguments", self.name) } else { format!("it takes {names}") }
    }

    /// The arguments that there are here.
    fn supported(&self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().filter(|parameter| parameter.is_supported()).map(|parameter| parameter.name)
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
    ///
    /// An argument for which `other` has an expression is that one: a layer.
    pub(crate) fn expression(
        &self,
        path: &syn::Path,
        paren: Span,
        arguments: &Arguments,
        other: &mut dyn FnMut(&Parameter, &Expr) -> syn::Result<Option<TokenStream>>,
    ) -> syn::Result<TokenStream> {
        let mut given: Vec<Option<(Span, &Expr)>> = vec![None; self.parameters.len()];
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
                    let parameter = &self.parameters[at];
                    if !parameter.accepts(value) {
                        return Err(syn::Error::new_spanned(value, self.not_supported(parameter.name)));
                    }
                }
                Argument::Named(name, value) => {
                    let Some(at) = self.parameters.iter().position(|parameter| name == parameter.name) else {
                        let of_any_layer = BASE.iter().find(|(base, _)| self.has_name && name == base);
                        if of_any_layer.is_some_and(|(_, accepted)| is_one_of(value, accepted)) {
                            continue;
                        }
                        return Err(self.unknown(name));
                    };
                    if given[at].is_some() {
                        let message =
                            format!("`{name}` is given twice; each argument is given once, by position or by name");
                        return Err(syn::Error::new(name.span(), message));
                    }
                    given[at] = Some((name.span(), value));
                    let parameter = &self.parameters[at];
                    if !parameter.accepts(value) {
                        return Err(syn::Error::new(name.span(), self.not_supported(parameter.name)));
                    }
                }
            }
        }
        let (mut positional, mut builders) = (Vec::new(), Vec::new());
        for (parameter, given) in self.parameters.iter().zip(given).filter(|(parameter, _)| parameter.is_supported()) {
            let value = match given {
                Some((_, value)) if is_none(value) && parameter.may_be_left_out() => continue,
                Some((span, value)) => match other(parameter, value)? {
                    Some(expression) => (span, expression),
                    None => (span, self.value(parameter, value)?),
                },
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

    /// The expression of an argument that is not a layer.
    fn value(&self, parameter: &Parameter, value: &Expr) -> syn::Result<TokenStream> {
        if let Some(layer) = layer_in(value) {
            let message =
                format!("`{}` of {} must be a constant, not a layer; {IN_WRAPPERS}", parameter.name, self.name);
            return Err(syn::Error::new_spanned(layer, message));
        }
        parameter.value(self.name, value)
    }

    /// The arguments that are layers.
    pub(crate) fn layer_parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        self.parameters.iter().filter(|parameter| parameter.kind == Kind::Layer)
    }

    /// What to say of a tensor or a layer in the place of a constant.
    pub(crate) fn not_constant(&self, parameter: &Parameter, name: &Ident, is_layer: bool) -> syn::Error {
        let (parameter, layer) = (parameter.name, self.name);
        let message = if is_layer {
            format!("`{parameter}` of {layer} must be a constant, but `{name}` is a layer; {IN_WRAPPERS}")
        } else {
            format!(
                "`{parameter}` of {layer} must be a constant, but `{name}` is a tensor; tensors go in the parentheses \
                 of the call: {layer}(…)(x)"
            )
        };
        syn::Error::new(name.span(), message)
    }

    /// What a name in the layer's call stands for.
    pub(crate) fn in_call(&self, name: &Ident) -> syn::Result<InCall> {
        let text = name.to_string();
        if let Some(input) = self.call.inputs.iter().find(|input| input.name == text) {
            return Ok(InCall::Input(input));
        }
        if let Some(argument) = self.call.arguments.iter().find(|argument| argument.name == text) {
            return Ok(InCall::Argument(argument));
        }
        let layer = self.name;
        let is_of_the_layer = self.supported().chain(["name", "trainable"]).any(|known| known == text) && self.has_name;
        let message = if is_of_the_layer {
            format!(
                "`{text}` is an argument of the layer, and goes in the layer's parentheses: {layer}(…, {text} = …)(x)"
            )
        } else {
            let suggestion = did_you_mean(&text, self.call.names());
            format!("a call of {layer} has no argument `{text}`{suggestion} ({})", self.call.takes())
        };
        Err(syn::Error::new(name.span(), message))
    }

    fn names(&self) -> String {
        self.supported().collect::<Vec<_>>().join(", ")
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
        let message = if BASE.iter().any(|(base, _)| *base == text) {
            self.not_supported(&text)
        } else if self.has_name && ["input_shape", "input_dim"].contains(&&*text) {
            format!(
                "`{text}` is allowed only in the first layer of `sequential!`; remove it: a layer takes the output of the preceding one"
            )
        } else {
            let of_layers = ["name", "trainable"].into_iter().filter(|_| self.has_name);
            let suggestion = did_you_mean(&text, self.supported().chain(of_layers));
            format!("{} has no argument `{text}`{suggestion} ({})", self.name, self.takes())
        };
        syn::Error::new(name.span(), message)
    }
}

impl Parameter {
    fn is_supported(&self) -> bool {
        !matches!(self.kind, Kind::Unsupported(_))
    }

    /// Whether it is supported, or is given one of the values that change nothing.
    fn accepts(&self, value: &Expr) -> bool {
        match self.kind {
            Kind::Unsupported(accepted) => is_one_of(value, accepted),
            _ => true,
        }
    }
}

fn is_one_of(value: &Expr, texts: &[&str]) -> bool {
    texts.contains(&&*value.to_token_stream().to_string().replace(' ', ""))
}
