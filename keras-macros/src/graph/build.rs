//! What both kinds of listing are made into a graph with.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Path, Result, ext::IdentExt, spanned::Spanned};

use super::{
    Call, CallArgument, Dtype, Graph, InputNode, LayerNode, NamedInput, Tensor,
    arrange::{Arranged, Operand},
    limits,
    names::{Counter, Taken, identifier},
    place,
};
use crate::{
    kinds::is_none,
    parse::{Argument, Arguments, Header, Listed},
    suggestions::did_you_mean,
};

/// The most inputs and outputs of a call and of a model: `MAX_INPUTS` and `MAX_OUTPUTS` of `keras_core::model`.
pub(super) const MOST: usize = 64;

/// A graph in the making, and what is wrong with it so far.
pub(super) struct Builder {
    pub(super) graph: Graph,
    pub(super) errors: Vec<Error>,
    generics: HashSet<String>,
    pub(super) taken: Taken,
    pub(super) counter: Counter,
    /// Tensors that a loop's body binds by the name of one outside of it.
    pub(super) shadows: HashMap<usize, String>,
    has_stopped: bool,
    /// The names of the types of layers that the macros do not know, by the places of their paths.
    aliases: HashMap<String, Ident>,
    /// How many names there are that have a number of their own.
    unique: usize,
}

impl Builder {
    /// `given`: the names that the listing gives to layers, which automatic ones go around.
    pub(super) fn new(header: Header) -> Self {
        let generics = header.generics.const_params().map(|parameter| parameter.ident.to_string()).collect();
        Self {
            graph: Graph {
                header,
                inputs: Vec::new(),
                layers: Vec::new(),
                calls: Vec::new(),
                tensors: Vec::new(),
                outputs: Vec::new(),
                outputs_by_name: false,
            },
            errors: Vec::new(),
            generics,
            taken: Taken::default(),
            counter: Counter::default(),
            shadows: HashMap::new(),
            has_stopped: false,
            aliases: HashMap::new(),
            unique: 0,
        }
    }

    pub(super) fn error(&mut self, span: Span, message: impl std::fmt::Display) {
        if !self.has_stopped {
            self.errors.push(Error::new(span, message));
        }
    }

    /// The last error: what comes after it is not looked at.
    pub(super) fn stop(&mut self, span: Span, message: impl std::fmt::Display) {
        self.error(span, message);
        self.has_stopped = true;
    }

    /// Whether something went beyond a limit.
    pub(super) fn has_stopped(&self) -> bool {
        self.has_stopped
    }

    /// A name for the type of a layer that the macros do not know. A block and a loop's body are written once, and so is this.
    pub(super) fn alias(&mut self, path: &Path) -> Ident {
        let alias = format_ident!("__LayerType{}", self.unique(), span = self.graph.header.ident.span());
        match place(path.span()) {
            Some(place) => self.aliases.entry(place).or_insert(alias).clone(),
            None => alias,
        }
    }

    /// A number for a name that nothing else has.
    pub(super) fn unique(&mut self) -> usize {
        self.unique += 1;
        self.unique - 1
    }

    /// Whether tokens mention a const parameter.
    pub(super) fn mentions_generics(&self, tokens: TokenStream) -> bool {
        !self.generics.is_empty()
            && tokens.into_iter().any(|token| match token {
                TokenTree::Ident(ident) => self.generics.contains(&ident.to_string()),
                TokenTree::Group(group) => self.mentions_generics(group.stream()),
                _ => false,
            })
    }

    /// Adds an input: `Input(28, 28, 1)`, `Input((28, 28, 1))`, `Input(shape = (28, 28, 1))`.
    pub(super) fn input(&mut self, name: Ident, listed: &Listed) -> usize {
        let paren = listed.arguments.span();
        let InputArguments { dims, name: given, dtype } = input_arguments(&listed.arguments).unwrap_or_else(|error| {
            self.errors.push(error);
            InputArguments::default()
        });
        let mut text = name.unraw().to_string();
        if let Some(given) = given {
            if self.graph.header.functional {
                let input = identifier(&given.value());
                self.error(given.span(), format!("the name of an input comes before it: `{input}: Input(4)`"));
            } else if given.value().is_empty() {
                self.error(given.span(), "a name must not be empty; without one, the input is called \"input_layer\"");
            } else {
                text = given.value();
            }
        }
        let name = if self.graph.header.functional { name } else { Ident::new(&identifier(&text), name.span()) };
        self.input_of(name, text, dims, dtype, listed.path.span(), paren)
    }

    pub(super) fn input_of(
        &mut self,
        name: Ident,
        name_text: String,
        dims: Vec<Expr>,
        dtype: Dtype,
        span: Span,
        paren: Span,
    ) -> usize {
        let lengths_depend: Vec<bool> = dims.iter().map(|dim| self.mentions_generics(dim.to_token_stream())).collect();
        let depends_on_generics = lengths_depend.contains(&true);
        if dims.len() > 5 {
            self.error(paren, "a sample has at most 5 axes, without the batch; merge two of them");
        }
        if self.graph.inputs.len() == MOST {
            self.error(
                name.span(),
                format!("a model has at most {MOST} inputs; join some of them into one tensor before the model"),
            );
        }
        self.taken.insert(&name_text);
        self.graph.tensors.push(Tensor { depends_on_generics, maker: None, span: name.span(), used: false });
        self.graph.inputs.push(InputNode {
            name,
            name_text,
            dims,
            dtype,
            span,
            paren,
            lengths_depend,
            depends_on_generics,
        });
        self.graph.tensors.len() - 1
    }

    /// Adds a call of a layer with one tensor, as `sequential!` makes them.
    pub(super) fn call_with_one(&mut self, layer: usize, tensor: usize, span: Span) -> usize {
        let origin = self.graph.layers[layer].span;
        self.call(&[origin], layer, &[Operand::tensor(tensor, span)], Vec::new(), span).start
    }

    /// Adds a call of which an output is taken at each of these places, and gives their tensors. What is wrong with its inputs
    /// ends the listing.
    pub(super) fn call(
        &mut self,
        taken: &[Span],
        layer: usize,
        operands: &[Operand],
        arguments: Vec<CallArgument>,
        span: Span,
    ) -> Range<usize> {
        let arranged = match self.graph.layers[layer].built_in {
            Some(row) => Arranged::new(row, operands, span),
            None => Ok(Arranged::as_given(operands)),
        };
        // Whatever follows from a layer that takes other tensors is no mistake of its own.
        let arranged = arranged.unwrap_or_else(|error| {
            if !self.has_stopped {
                self.errors.push(error);
                self.has_stopped = true;
            }
            Arranged::as_given(operands)
        });
        self.arranged_call(taken, layer, arranged, arguments, span)
    }

    /// The same, with inputs in their order.
    pub(super) fn arranged_call(
        &mut self,
        taken: &[Span],
        layer: usize,
        arranged: Arranged,
        arguments: Vec<CallArgument>,
        span: Span,
    ) -> Range<usize> {
        let Arranged { inputs, takes_list, named_inputs } = arranged;
        if inputs.len() > MOST {
            self.error(span, format!("a layer takes at most {MOST} inputs; join some of them first"));
        }
        let (output, call) = (self.graph.tensors.len(), self.graph.calls.len());
        if call == limits::CALLS {
            self.stop(span, limits::too_many_calls());
        }
        let depends_on_generics = self.graph.layers[layer].depends_on_generics
            || inputs.iter().any(|&input| self.graph.tensors[input].depends_on_generics);
        for &input in &inputs {
            self.graph.tensors[input].used = true;
        }
        self.graph.tensors.extend(taken.iter().enumerate().map(|(at, &span)| Tensor {
            depends_on_generics,
            maker: Some((call, at)),
            span,
            used: false,
        }));
        let node = &mut self.graph.layers[layer];
        let ordinal = node.calls;
        if ordinal == 0 {
            node.first_call = call;
        }
        node.calls += 1;
        let given = named_inputs.iter().map(NamedInput::parameter).chain(arguments.iter().map(CallArgument::parameter));
        for parameter in given {
            if !node.call_parameters.contains(&parameter) {
                node.call_parameters.push(parameter);
            }
        }
        let outputs = taken.len();
        let call = Call { layer, ordinal, inputs, takes_list, named_inputs, arguments, output, outputs, span };
        self.graph.calls.push(call);
        output..output + outputs
    }

    /// Nothing reads a tensor, and that is meant: it is bound to `_`.
    pub(super) fn drop_tensor(&mut self, tensor: usize) {
        self.graph.tensors[tensor].used = true;
    }

    /// A loop's body binds a tensor by a name of something outside of it, which stays what it is.
    pub(super) fn shadow(&mut self, tensor: usize, name: String) {
        self.shadows.insert(tensor, name);
    }

    /// The layer that makes a tensor.
    pub(super) fn layer_of(&self, tensor: usize) -> Option<&LayerNode> {
        let (call, _) = self.graph.tensors[tensor].maker?;
        Some(&self.graph.layers[self.graph.calls[call].layer])
    }
}

/// The arguments of an `Input`.
#[derive(Default)]
struct InputArguments {
    dims: Vec<Expr>,
    name: Option<LitStr>,
    dtype: Dtype,
}

/// The lengths in the parentheses of an `Input`, its name and its dtype.
fn input_arguments(group: &Group) -> Result<InputArguments> {
    let arguments = Arguments::from_tokens(group.stream())?;
    let (mut dims, mut given, mut dtype) = (Vec::new(), None, None);
    for argument in arguments.list {
        match argument {
            Argument::Positional(value) => dims.extend(spread(value)),
            Argument::Named(name, value) if name == "shape" && dims.is_empty() => dims.extend(spread(value)),
            Argument::Named(name, value) if name == "name" && given.is_none() => match value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => given = Some(text),
                other => return Err(Error::new_spanned(other, "`name` must be a string: name = \"image\"")),
            },
            Argument::Named(name, value) if name == "dtype" && dtype.is_none() => match value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => match Dtype::find(&text.value()) {
                    Some(found) => dtype = Some(found),
                    None => {
                        let (given, known) = (text.value(), Dtype::names().collect::<Vec<_>>().join(", "));
                        let suggestion = did_you_mean(&given, Dtype::names());
                        let message = format!("there is no input dtype \"{given}\"{suggestion} (known: {known})");
                        return Err(Error::new(text.span(), message));
                    }
                },
                other => return Err(Error::new_spanned(other, "`dtype` must be a string: dtype = \"int32\"")),
            },
            Argument::Named(name, _) => {
                return Err(Error::new(
                    name.span(),
                    format!(
                        "Input has no argument `{name}`; it takes lengths, and a dtype: Input(20, dtype = \"int32\")"
                    ),
                ));
            }
        }
    }
    for dim in &dims {
        let is_number = match dim {
            Expr::Lit(ExprLit { lit, .. }) => matches!(lit, Lit::Int(_)),
            Expr::Unary(unary) => !matches!(unary.op, syn::UnOp::Neg(_)),
            other => !is_none(other),
        };
        if !is_number {
            return Err(Error::new_spanned(
                dim,
                "a length must be an integer, and the batch is left out: Input(28, 28, 1)",
            ));
        }
    }
    Ok(InputArguments { dims, name: given, dtype: dtype.unwrap_or_default() })
}

/// The elements of a tuple, or the one expression.
pub(super) fn spread(value: Expr) -> Vec<Expr> {
    match value {
        Expr::Tuple(tuple) => tuple.elems.into_iter().collect(),
        Expr::Paren(inner) => vec![*inner.expr],
        other => vec![other],
    }
}
