//! The second step: names are resolved, blocks and loops unrolled, and what is left is a flat graph.

mod build;
mod functional;
mod names;
mod sequential;

pub(crate) use functional::functional;
pub(crate) use sequential::sequential;

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Expr, Ident, Path};

use crate::{parse::Header, table::Row};

/// A model as a graph. Tensors are numbered: the inputs first, then the outputs of each call.
pub(crate) struct Graph {
    pub(crate) header: Header,
    pub(crate) inputs: Vec<InputNode>,
    pub(crate) layers: Vec<LayerNode>,
    pub(crate) calls: Vec<Call>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) outputs: Vec<OutputNode>,
}

impl Graph {
    /// Whether this is the first call of its layer (0), the second (1), …
    pub(crate) fn ordinal(&self, call: usize) -> usize {
        let layer = self.calls[call].layer;
        self.calls[..call].iter().filter(|earlier| earlier.layer == layer).count()
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
    /// What is wrong with its arguments: becomes the value of its constant, so that it is the one error.
    pub(crate) error: Option<syn::Error>,
}

impl LayerNode {
    /// The layer's type.
    pub(crate) fn path(&self) -> Path {
        self.alias.clone().map_or_else(|| self.path.clone(), Path::from)
    }

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
    /// The first tensor that it makes, and how many follow each other: an inner model may have several outputs.
    pub(crate) output: usize,
    pub(crate) outputs: usize,
    pub(crate) span: Span,
}

impl Call {
    /// Whether the layer's rule takes a list of inputs, instead of one.
    pub(crate) fn takes_list(&self) -> bool {
        self.list || self.inputs.len() != 1
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
    pub(crate) tensor: usize,
}

/// A listing that has no graph: its head, so that its name exists all the same, and what is wrong.
pub(crate) struct Failure {
    pub(crate) header: Header,
    pub(crate) errors: Vec<syn::Error>,
}

impl Failure {
    /// Of several errors at one place the first one counts: a block is resolved at each of its calls.
    fn new(header: Header, mut errors: Vec<syn::Error>) -> Box<Self> {
        let mut places = HashSet::new();
        errors.retain(|error| place(error.span()).is_none_or(|place| places.insert(place)));
        Box::new(Self { header, errors })
    }
}

/// Where a span lies. Spans cannot be compared but by how they are shown; outside of a compiler, in tests, they are all alike.
pub(crate) fn place(span: Span) -> Option<String> {
    proc_macro::is_available().then(|| format!("{span:?}"))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn sequential_errors(tokens: TokenStream) -> Vec<String> {
        match sequential(syn::parse2(tokens).unwrap()) {
            Ok(graph) => {
                graph.layers.iter().filter_map(|layer| layer.error.as_ref().map(ToString::to_string)).collect()
            }
            Err(failure) => failure.errors.iter().map(ToString::to_string).collect(),
        }
    }

    fn functional_graph(tokens: TokenStream) -> Result<Graph, Vec<String>> {
        functional(syn::parse2(tokens).unwrap())
            .map_err(|failure| failure.errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn layers_get_keras_names() {
        let parsed = syn::parse2(quote! {
            struct M { Input(4), Dense(3), Dense(2, name = "dense_1"), Dense(1), ReLU() }
        });
        let graph = sequential(parsed.unwrap()).ok().unwrap();
        let names: Vec<_> = graph.layers.iter().map(|layer| layer.name_text.as_str()).collect();
        assert_eq!(names, ["dense", "dense_1", "dense_2", "re_lu"]);
    }

    #[test]
    fn a_wrong_argument_is_the_layers_own_error() {
        let errors = sequential_errors(quote!(struct M { Input(4), Dense(3, activation = "rleu"), Dense() }));
        assert!(errors[0].contains("did you mean `relu`?"), "{errors:?}");
        assert!(errors[1].contains("Dense needs `units`"), "{errors:?}");
    }

    #[test]
    fn a_listing_starts_with_its_input() {
        assert!(sequential_errors(quote!(struct M { Dense(3) }))[0].contains("starts with its input"));
        assert!(sequential_errors(quote!(struct M { Dense(3, input_dim = 4) })).is_empty());
        assert!(
            sequential_errors(quote!(
                struct M {}
            ))[0]
                .contains("empty")
        );
    }

    #[test]
    fn blocks_and_loops_are_unrolled() {
        let graph = functional_graph(quote! {
            struct M(x: Input(4)) {
                fn block(x, units) { let y = Dense(units)(x); Add()([x, y]) }
                for _ in 0..3 { x = block(x, 4); }
                x
            }
        })
        .unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(graph.layers.len(), 6);
        assert_eq!(graph.layers[2].expression.to_string(), quote!(<Dense>::layer(4)).to_string());
        assert_eq!(graph.calls[1].inputs, [0, 1]);
    }

    #[test]
    fn a_shared_layer_is_one_layer() {
        let graph = functional_graph(quote! {
            struct M(a: Input(4), b: Input(4)) { let d = Dense(2); d(a) + d(b) }
        })
        .unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!((graph.layers.len(), graph.calls.len()), (2, 3));
    }

    #[test]
    fn what_leads_nowhere_is_an_error() {
        let errors = |tokens| functional_graph(tokens).err().unwrap();
        assert!(errors(quote!(struct M(a: Input(4), b: Input(4)) { Dense(2)(a) }))[0].contains("`b` is not used"));
        let unused = errors(quote!(struct M(a: Input(4)) { let x = Dense(1)(a); Dense(2)(a) }));
        assert!(unused[0].contains("the output of `dense` is not used"), "{unused:?}");
        assert!(errors(quote!(struct M(abc: Input(4)) { Dense(2)(abd) }))[0].contains("did you mean `abc`?"));
        let recursive = errors(quote!(struct M(a: Input(4)) { fn f(x) { f(x) } f(a) }));
        assert!(recursive[0].contains("calls itself"), "{recursive:?}");
    }
}
