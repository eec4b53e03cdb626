//! The second step: names are resolved, blocks and loops unrolled, and what is left is a flat graph.

mod arrange;
mod build;
mod finish;
mod functional;
mod layers;
mod limits;
pub(crate) mod loss;
mod names;
mod sequential;
#[cfg(test)]
mod tests;

pub(crate) use functional::{Composition, LayerParameter, declared, functional, tensor_ident};
pub(crate) use layers::alone;
pub(crate) use loss::loss;
pub(crate) use names::snake_case;
pub(crate) use sequential::sequential;

use std::{collections::HashSet, ops::Range};

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Expr, Ident, Path, PathArguments, parse_quote};

use crate::{kinds::Kind, parse::Header, table::Row};

/// A model as a graph. Tensors are numbered: the inputs first, then the outputs of each call.
pub(crate) struct Graph {
    pub(crate) header: Header,
    pub(crate) inputs: Vec<InputNode>,
    pub(crate) layers: Vec<LayerNode>,
    pub(crate) calls: Vec<Call>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) outputs: Vec<OutputNode>,
    /// Whether the listing ends in the struct of named outputs.
    pub(crate) outputs_by_name: bool,
}

impl Graph {
    /// The outputs as the fields of a struct.
    pub(crate) fn output_fields(&self) -> Vec<Ident> {
        let mut taken = HashSet::new();
        let field = |output: &OutputNode| {
            let mut name = names::identifier(&output.name);
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            output.field.clone().unwrap_or_else(|| Ident::new(&name, self.header.ident.span()))
        };
        self.outputs.iter().map(field).collect()
    }
}

/// An input.
pub(crate) struct InputNode {
    /// A valid identifier, unique in the model.
    pub(crate) name: Ident,
    /// The name as given.
    pub(crate) name_text: String,
    pub(crate) dims: Vec<Expr>,
    pub(crate) dtype: Dtype,
    /// Of `Input`, and of its parentheses.
    pub(crate) span: Span,
    pub(crate) paren: Span,
    /// Whether each length depends on const parameters, and whether one does.
    pub(crate) lengths_depend: Vec<bool>,
    pub(crate) depends_on_generics: bool,
}

/// The dtype of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dtype {
    #[default]
    Float32,
    Int32,
    UInt8,
    String,
}

impl Dtype {
    const ALL: [(&'static str, Self); 4] =
        [("float32", Self::Float32), ("int32", Self::Int32), ("uint8", Self::UInt8), ("string", Self::String)];

    /// The dtype of one of Keras' names.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, dtype)| *dtype)
    }

    /// All of the names.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(name, _)| *name)
    }

    /// The type of an element in Rust.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::Float32 | Self::String => "f32",
            Self::Int32 => "i32",
            Self::UInt8 => "u8",
        }
    }
}

/// A layer: its weights exist once, however often it is called.
#[derive(Clone)]
pub(crate) struct LayerNode {
    /// A valid identifier, unique in the model.
    pub(crate) name: Ident,
    /// The name as given.
    pub(crate) name_text: String,
    /// `Conv2D`.
    pub(crate) kind: String,
    pub(crate) path: Path,
    /// Stands for the path of a layer that the macros do not know: written once, it is reported once if there is no such
    /// layer.
    pub(crate) alias: Option<Ident>,
    /// Of the path, and of the parentheses.
    pub(crate) span: Span,
    pub(crate) paren: Span,
    pub(crate) built_in: Option<&'static Row>,
    /// `<Conv2D>::layer(16, (3, 3)).activation(…)`.
    pub(crate) expression: TokenStream,
    /// How many arguments its `layer` is given.
    pub(crate) positional: usize,
    pub(crate) trainable: bool,
    pub(crate) depends_on_generics: bool,
    /// The comments before it.
    pub(crate) docs: Vec<Attribute>,
    /// What some of its calls give beside the inputs of its rule.
    pub(crate) call_parameters: Vec<CallParameter>,
    /// Its first call, and how many there are.
    pub(crate) first_call: usize,
    calls: usize,
    /// The layers among its arguments, in the order of its row; `None` for one that is left out.
    pub(crate) layers: Vec<Option<LayerArgument>>,
    /// The type of the layer that it is an argument of.
    argument_of: Option<&'static str>,
    /// The operation that it is, as it is written: in the body of a layer.
    pub(crate) text: Option<String>,
    /// What is wrong with its arguments: becomes the value of its constant, so that it is the one error.
    pub(crate) error: Option<syn::Error>,
}

impl LayerNode {
    /// The layer's type.
    pub(crate) fn path(&self) -> Path {
        let mut path = self.alias.clone().map_or_else(|| self.path.clone(), Path::from);
        let types: Vec<Path> = self.given_layers().map(|argument| argument.node.path()).collect();
        if !types.is_empty()
            && let Some(last) = path.segments.last_mut()
        {
            last.arguments = PathArguments::AngleBracketed(parse_quote!(<#(#types),*>));
        }
        path
    }

    /// The layers among its arguments.
    pub(crate) fn given_layers(&self) -> impl Iterator<Item = &LayerArgument> {
        self.layers.iter().flatten()
    }

    /// The layer itself, and the layers among its arguments with theirs.
    pub(crate) fn with_arguments(&self) -> Vec<&Self> {
        let arguments = self.given_layers().flat_map(|argument| argument.node.with_arguments());
        std::iter::once(self).chain(arguments).collect()
    }

    /// Whether an accessor of its weights makes sense.
    pub(crate) fn may_have_weights(&self) -> bool {
        self.with_arguments().iter().any(|layer| layer.built_in.is_none_or(|row| row.has_weights))
    }
}

/// A layer that is an argument of another.
#[derive(Clone)]
pub(crate) struct LayerArgument {
    pub(crate) node: LayerNode,
    /// The variable that it is in the function that makes the outer layer.
    pub(crate) variable: Ident,
    /// Whether the outer layer must be given it.
    pub(crate) required: bool,
}

/// An argument of a layer's calls, or an input that may be left out: what the layer is told of by a builder method.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CallParameter {
    pub(crate) name: &'static str,
    pub(crate) of: CallParameterOf,
}

/// What a layer is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallParameterOf {
    /// An argument.
    Argument(Kind),
    /// The dimensions of a tensor.
    Tensor,
    /// The dimensions of a list of tensors.
    Tensors,
}

/// An input that was given and might have been left out.
pub(crate) struct NamedInput {
    pub(crate) name: &'static str,
    /// Its tensors among the call's inputs.
    pub(crate) place: Range<usize>,
    pub(crate) is_list: bool,
}

impl NamedInput {
    fn parameter(&self) -> CallParameter {
        let of = if self.is_list { CallParameterOf::Tensors } else { CallParameterOf::Tensor };
        CallParameter { name: self.name, of }
    }
}

/// An argument of a call.
pub(crate) struct CallArgument {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) value: TokenStream,
}

impl CallArgument {
    fn parameter(&self) -> CallParameter {
        CallParameter { name: self.name, of: CallParameterOf::Argument(self.kind) }
    }
}

/// A call of a layer.
pub(crate) struct Call {
    pub(crate) layer: usize,
    /// Whether this is the first call of its layer (0), the second (1), …
    pub(crate) ordinal: usize,
    /// The tensors that it takes: those of the inputs that must be given, and then those of the others.
    pub(crate) inputs: Vec<usize>,
    /// Whether the layer's rule takes a list of inputs, instead of one.
    pub(crate) takes_list: bool,
    pub(crate) named_inputs: Vec<NamedInput>,
    pub(crate) arguments: Vec<CallArgument>,
    /// The first tensor that it makes, and how many follow each other: an inner model may have several outputs.
    pub(crate) output: usize,
    pub(crate) outputs: usize,
    pub(crate) span: Span,
}

impl Call {
    /// The inputs of the layer's rule.
    pub(crate) fn rule_inputs(&self) -> &[usize] {
        let count = self.named_inputs.first().map_or(self.inputs.len(), |first| first.place.start);
        &self.inputs[..count]
    }
}

/// A tensor.
pub(crate) struct Tensor {
    pub(crate) depends_on_generics: bool,
    /// The call that makes it, and which of its outputs it is; an input has none.
    pub(crate) maker: Option<(usize, usize)>,
    /// Where it comes from: an input's name, a layer's; of a layer with several outputs, what each is bound to.
    pub(crate) span: Span,
    used: bool,
}

/// An output.
pub(crate) struct OutputNode {
    pub(crate) name: String,
    /// The field, of outputs by name.
    pub(crate) field: Option<Ident>,
    pub(crate) tensor: usize,
}

/// A listing that has no graph: its head, so that its name exists all the same, and what is wrong.
pub(crate) struct Failure {
    pub(crate) header: Header,
    pub(crate) errors: Vec<syn::Error>,
    /// The names of the inputs and of the outputs, as far as they are known.
    pub(crate) fields: [Vec<Ident>; 2],
}

impl Failure {
    /// Of a graph that is not complete.
    fn of_graph(graph: Graph, errors: Vec<syn::Error>) -> Box<Self> {
        let fields = [graph.inputs.iter().map(|input| input.name.clone()).collect(), graph.output_fields()];
        let mut failure = Self::new(graph.header, errors);
        failure.fields = fields;
        failure
    }

    /// Of several errors at one place the first one counts: a block is resolved at each of its calls.
    fn new(header: Header, mut errors: Vec<syn::Error>) -> Box<Self> {
        let mut places = HashSet::new();
        errors.retain(|error| place(error.span()).is_none_or(|place| places.insert(place)));
        Box::new(Self { header, errors, fields: [Vec::new(), Vec::new()] })
    }
}

/// Where a span lies. Spans cannot be compared but by how they are shown; outside of a compiler, in tests, they are all alike.
pub(crate) fn place(span: Span) -> Option<String> {
    proc_macro::is_available().then(|| format!("{span:?}"))
}
