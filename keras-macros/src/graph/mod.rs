//! The second step: names are resolved, blocks and loops unrolled, and what is left is a flat graph.

mod build;
mod functional;
mod names;
mod sequential;

pub(crate) use functional::functional;
pub(crate) use sequential::sequential;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Path};

use crate::{parse::Header, table::Row};

/// A model as a graph. Tensors are numbered: the inputs first, then the output of each call.
pub(crate) struct Graph {
    pub(crate) header: Header,
    pub(crate) inputs: Vec<InputNode>,
    pub(crate) layers: Vec<LayerNode>,
    pub(crate) calls: Vec<Call>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) outputs: Vec<OutputNode>,
}

/// An input.
pub(crate) struct InputNode {
    pub(crate) name: Ident,
    pub(crate) dims: Vec<Expr>,
    /// Of `Input`, and of its parentheses.
    pub(crate) span: Span,
    pub(crate) paren: Span,
    pub(crate) depends_on_generics: bool,
}

/// A layer: its weights exist once, however often it is called.
pub(crate) struct LayerNode {
    /// A valid identifier, unique in the model.
    pub(crate) name: Ident,
    /// The name as given.
    pub(crate) name_text: String,
    /// `Conv2D`.
    pub(crate) kind: String,
    pub(crate) path: Path,
    /// Of the path, and of the parentheses.
    pub(crate) span: Span,
    pub(crate) paren: Span,
    pub(crate) built_in: Option<&'static Row>,
    /// `<Conv2D>::layer(16, (3, 3)).activation(…)`.
    pub(crate) expression: TokenStream,
    pub(crate) trainable: bool,
    pub(crate) depends_on_generics: bool,
    /// What is wrong with its arguments: becomes the value of its constant, so that it is the one error.
    pub(crate) error: Option<syn::Error>,
}

impl LayerNode {
    /// Whether an accessor of its weights makes sense.
    pub(crate) fn may_have_weights(&self) -> bool {
        self.built_in.is_none_or(|row| row.has_weights)
    }
}

/// A call of a layer.
pub(crate) struct Call {
    pub(crate) layer: usize,
    pub(crate) inputs: Vec<usize>,
    /// Whether the inputs were given as a list.
    pub(crate) list: bool,
    pub(crate) output: usize,
    pub(crate) span: Span,
}

/// A tensor.
pub(crate) struct Tensor {
    pub(crate) depends_on_generics: bool,
    /// Where it comes from: an input's name, a layer's.
    span: Span,
    used: bool,
}

/// An output.
pub(crate) struct OutputNode {
    pub(crate) name: String,
    pub(crate) tensor: usize,
}

/// A listing that has no graph: its head, from which the struct is made all the same, and what is wrong.
pub(crate) struct Failure {
    pub(crate) header: Header,
    pub(crate) errors: Vec<syn::Error>,
}

impl Failure {
    fn new(header: Header, errors: Vec<syn::Error>) -> Box<Self> {
        Box::new(Self { header, errors })
    }
}

/// All errors as one.
pub(crate) fn combine(errors: Vec<syn::Error>) -> Option<syn::Error> {
    errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    })
}
