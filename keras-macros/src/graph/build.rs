//! What both kinds of listing are made into a graph with.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Path, Result, ext::IdentExt, spanned::Spanned};

use super::{
    Call, CallArgument, Dtype, Failure, Graph, InputNode, LayerNode, NamedInput, OutputNode, Tensor,
    arrange::{Arranged, Operand},
    limits,
    names::{Counter, Taken, identifier, reserved, snake_case},
};
use crate::{
    kinds::is_none,
    parse::{Argument, Arguments, Header, Listed},
    suggestions::did_you_mean,
    table::{self, Row},
};

/// The most inputs and outputs of a call and of a model: `MAX_INPUTS` and `MAX_OUTPUTS` of `keras_core::model`.
const MOST: usize = 16;

/// A graph in the making, and what is wrong with it so far.
pub(super) struct Builder {
    pub(super) graph: Graph,
    pub(super) errors: Vec<Error>,
    generics: HashSet<String>,
    taken: Taken,
    counter: Counter,
    /// Tensors that a loop's body binds by the name of one outside of it.
    shadows: HashMap<usize, String>,
    has_stopped: bool,
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
            },
            errors: Vec::new(),
            generics,
            taken: Taken::default(),
            counter: Counter::default(),
            shadows: HashMap::new(),
            has_stopped: false,
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

    /// Whether tokens mention a const parameter.
    fn mentions_generics(&self, tokens: TokenStream) -> bool {
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
                self.error(given.span(), format!("the name of an input stands before it: `{input}: Input(4)`"));
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
        let depends_on_generics = self.mentions_generics(quote!(#(#dims),*));
        if dims.len() > 5 {
            self.error(paren, "a sample has at most 5 axes (the batch is not counted); make two of them one");
        }
        if self.graph.inputs.len() == MOST {
            self.error(name.span(), "a model has at most 16 inputs; join some of them first");
        }
        self.taken.insert(&name_text);
        self.graph.tensors.push(Tensor { depends_on_generics, maker: None, span: name.span(), used: false });
        self.graph.inputs.push(InputNode { name, name_text, dims, dtype, span, paren, depends_on_generics });
        self.graph.tensors.len() - 1
    }

    /// Adds a layer; what is wrong with its arguments becomes its constant's error.
    pub(super) fn layer(&mut self, path: &Path, arguments: &Group) -> usize {
        let row = table::find(path);
        let path = &row.map_or_else(|| path.clone(), |row| row.path(path));
        let class = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let kind = row.map_or_else(|| class.clone(), |row| row.name.to_owned());
        let depends_on_generics = self.mentions_generics(quote!(#path #arguments));
        let alias = (row.is_none() && !depends_on_generics)
            .then(|| format_ident!("__LayerType{}", self.graph.layers.len(), span = self.graph.header.ident.span()));
        let (mut given_name, mut trainable, mut positional) = (None, true, 0);
        let expression = Arguments::from_tokens(arguments.stream()).and_then(|mut arguments_list| {
            let mut rest = Vec::new();
            let (mut name_seen, mut trainable_seen) = (false, false);
            for argument in arguments_list.list {
                match argument {
                    Argument::Named(key, value) if key == "name" => {
                        if std::mem::replace(&mut name_seen, true) {
                            return Err(Error::new(key.span(), "`name` is given twice; a layer has one name"));
                        }
                        match &value {
                            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => given_name = Some(text.clone()),
                            other => return Err(Error::new_spanned(other, "`name` is a string: name = \"scores\"")),
                        }
                    }
                    Argument::Named(key, value) if key == "trainable" => {
                        if std::mem::replace(&mut trainable_seen, true) {
                            return Err(Error::new(key.span(), "`trainable` is given twice; remove one of them"));
                        }
                        match &value {
                            Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) => trainable = on.value,
                            other => return Err(Error::new_spanned(other, "`trainable` is true or false")),
                        }
                    }
                    other => rest.push(other),
                }
            }
            arguments_list.list = rest;
            positional = arguments_list.list.iter().filter(|given| matches!(given, Argument::Positional(_))).count();
            if let Some(error) = function_of_a_type(path) {
                return Err(error);
            }
            match row {
                Some(row) => row.expression(path, arguments.span(), &arguments_list),
                None => {
                    if let Some(layer) = arguments_list.list.iter().find_map(layer_as_argument) {
                        return Err(layer);
                    }
                    let alias = alias.clone().map(|mut alias| {
                        alias.set_span(path.span().resolved_at(alias.span()));
                        alias
                    });
                    let path = alias.map_or_else(|| path.clone(), Path::from);
                    Ok(passed_on(&path, arguments.span(), &arguments_list))
                }
            }
        });
        let (expression, mut error) = match expression {
            Ok(expression) => (expression, None),
            Err(error) => (TokenStream::new(), Some(error)),
        };
        let name_text = match given_name {
            Some(text) => {
                let name = text.value();
                if name.is_empty() || self.taken.contains(&name) {
                    let message = if name.is_empty() {
                        "a name must not be empty; without one, the layer gets Keras' own".to_owned()
                    } else {
                        format!("the name \"{name}\" is taken; every layer of a model needs a name of its own")
                    };
                    error.get_or_insert(Error::new(text.span(), message));
                    self.counter.next(&snake_case(&class), |name| self.taken.contains(name))
                } else if let Some(what) = reserved(&name) {
                    error.get_or_insert(Error::new(
                        text.span(),
                        format!("\"{name}\" is the name of a {what} of every model; give the layer another name"),
                    ));
                    self.counter.next(&snake_case(&class), |name| self.taken.contains(name))
                } else {
                    name
                }
            }
            None => self.counter.next(&snake_case(&kind), |name| self.taken.contains(name) || reserved(name).is_some()),
        };
        self.taken.insert(&name_text);
        self.graph.layers.push(LayerNode {
            name: Ident::new(&identifier(&name_text), path.span()),
            name_text,
            kind,
            path: path.clone(),
            alias,
            span: path.span(),
            paren: arguments.span(),
            built_in: row,
            expression,
            positional,
            trainable,
            depends_on_generics,
            docs: Vec::new(),
            call_parameters: Vec::new(),
            first_call: 0,
            calls: 0,
            error,
        });
        self.graph.layers.len() - 1
    }

    /// Adds an operation on tensors: a layer without weights, of this type and expression, called as Keras calls it.
    pub(super) fn operation(
        &mut self,
        row: &'static Row,
        path: Path,
        paren: Span,
        expression: Result<TokenStream>,
    ) -> usize {
        let name_text = self.counter.next(&snake_case(row.name), |name| self.taken.contains(name));
        self.taken.insert(&name_text);
        let (expression, error) = match expression {
            Ok(expression) => (expression, None),
            Err(error) => (TokenStream::new(), Some(error)),
        };
        self.graph.layers.push(LayerNode {
            name: Ident::new(&identifier(&name_text), path.span()),
            name_text,
            kind: row.name.to_owned(),
            alias: None,
            span: path.span(),
            path,
            paren,
            built_in: Some(row),
            depends_on_generics: self.mentions_generics(expression.clone()),
            expression,
            positional: 0,
            trainable: true,
            docs: Vec::new(),
            call_parameters: Vec::new(),
            first_call: 0,
            calls: 0,
            error,
        });
        self.graph.layers.len() - 1
    }

    /// Adds a call of a layer with one tensor, as `sequential!` makes them.
    pub(super) fn call_with_one(&mut self, layer: usize, tensor: usize, span: Span) -> usize {
        let origin = self.graph.layers[layer].span;
        self.call(&[origin], layer, &[Operand::tensor(tensor, span)], Vec::new(), span).start
    }

    /// Adds a call of which an output is taken at each of these places, and gives their tensors. What is wrong with its inputs
    /// becomes the error of the layer's constant.
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
        let arranged = arranged.unwrap_or_else(|error| {
            self.graph.layers[layer].error.get_or_insert(error);
            Arranged::as_given(operands)
        });
        self.arranged_call(taken, layer, arranged, arguments, span)
    }

    /// The same, with inputs in their order.
    fn arranged_call(
        &mut self,
        taken: &[Span],
        layer: usize,
        arranged: Arranged,
        arguments: Vec<CallArgument>,
        span: Span,
    ) -> Range<usize> {
        let Arranged { inputs, takes_list, named_inputs } = arranged;
        if inputs.len() > MOST {
            self.error(span, "a layer takes at most 16 inputs; join some of them first");
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
    fn layer_of(&self, tensor: usize) -> Option<&LayerNode> {
        let (call, _) = self.graph.tensors[tensor].maker?;
        Some(&self.graph.layers[self.graph.calls[call].layer])
    }

    /// Makes tensors the outputs, and checks that everything leads to them.
    pub(super) fn finish(mut self, outputs: Vec<(usize, Span)>) -> std::result::Result<Graph, Box<Failure>> {
        let (mut names, mut is_output) = (Counter::default(), HashSet::new());
        let mut taken = HashSet::new();
        for (tensor, span) in outputs {
            if tensor < self.graph.inputs.len() {
                self.error(span, "an output must come from a layer, but this is an input; call a layer with it, such as `Identity()(…)`");
                continue;
            }
            if !is_output.insert(tensor) {
                self.error(span, "this tensor is an output already; list each once");
                continue;
            }
            if self.graph.outputs.len() == MOST {
                self.error(span, "a model has at most 16 outputs; join some of them first");
            }
            self.graph.tensors[tensor].used = true;
            let base = self.layer_of(tensor).map(|layer| layer.name_text.clone()).unwrap_or_default();
            let name = names.next(&base, |name| taken.contains(name));
            taken.insert(name.clone());
            self.graph.outputs.push(OutputNode { name, tensor });
        }
        if self.errors.is_empty() {
            // A loop's body is there once, and is reported once. Spans cannot be compared but by how they are shown.
            let mut reported = HashSet::new();
            for at in 0..self.graph.tensors.len() {
                let Tensor { span, used, maker, .. } = self.graph.tensors[at];
                if !used && reported.insert(format!("{span:?}")) {
                    let message = match maker {
                        None => {
                            format!(
                                "the input `{}` is not used; use it, or remove it from the head",
                                self.graph.inputs[at].name_text
                            )
                        }
                        Some((call, output)) => {
                            let Call { layer, outputs, .. } = self.graph.calls[call];
                            let name = &self.graph.layers[layer].name_text;
                            if let Some(outer) = self.shadows.get(&at) {
                                format!(
                                    "the output of `{name}` is not used; write `{outer} = …;`: \
                                     `let` ends with the loop's body"
                                )
                            } else if outputs == 1 {
                                format!("the output of `{name}` is not used; use it, or remove the call")
                            } else {
                                format!("output {output} of `{name}` is not used; use it, or bind it to `_`")
                            }
                        }
                    };
                    self.error(span, message);
                }
            }
            for layer in 0..self.graph.layers.len() {
                let LayerNode { calls, span, name_text, .. } = &self.graph.layers[layer];
                if *calls == 0 {
                    let message =
                        format!("the layer `{name_text}` is never called; call it with a tensor, or remove it");
                    self.error(*span, message);
                }
            }
        }
        self.sort_layers();
        let generic = !self.graph.header.generics.params.is_empty();
        if self.errors.is_empty() && generic && self.graph.header.output.is_none() {
            let span = self.graph.header.ident.span();
            self.error(
                span,
                "a model with const parameters must state its output: `-> Shape1<CLASSES>` \
                 (a tuple of shapes with several outputs)",
            );
        }
        let count = self.graph.outputs.len();
        let stated = match &self.graph.header.output {
            Some(syn::Type::Tuple(tuple)) => Some((tuple.span(), tuple.elems.len())),
            Some(one) => Some((one.span(), 1)),
            None => None,
        };
        if let Some((span, stated)) = stated
            && self.errors.is_empty()
            && stated != count
        {
            self.error(
                span,
                if count == 1 {
                    format!("the model has 1 output, but the shapes of {stated} are stated: state one")
                } else {
                    format!(
                        "the model has {count} outputs, but the shapes of {stated} are stated: state a tuple of all"
                    )
                },
            );
        }
        if self.errors.is_empty() && !self.graph.outputs.is_empty() {
            Ok(self.graph)
        } else {
            Err(Failure::new(self.graph.header, self.errors))
        }
    }
}

impl Builder {
    /// Puts the layers in the order of their first calls, as a summary lists them; their names stay.
    fn sort_layers(&mut self) {
        let mut order: Vec<usize> = (0..self.graph.layers.len()).collect();
        order.sort_by_key(|&layer| self.graph.layers[layer].first_call);
        let mut places = vec![0; order.len()];
        for (place, &layer) in order.iter().enumerate() {
            places[layer] = place;
        }
        for call in &mut self.graph.calls {
            call.layer = places[call.layer];
        }
        let mut layers: Vec<Option<LayerNode>> = std::mem::take(&mut self.graph.layers).into_iter().map(Some).collect();
        self.graph.layers = order.into_iter().filter_map(|layer| layers[layer].take()).collect();
    }
}

/// What to say of `Dense::new(10)`.
fn function_of_a_type(path: &Path) -> Option<Error> {
    let mut segments = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let (function, class) = (segments.next()?, segments.next()?);
    let is_class = class.starts_with(char::is_uppercase) && !function.starts_with(char::is_uppercase);
    is_class.then(|| Error::new_spanned(path, format!("a layer is called by its name alone: `{class}(…)`")))
}

/// What to say of `TimeDistributed(Dense(10))`, and of `Sequential([Dense(10)])`.
fn layer_as_argument(argument: &Argument) -> Option<Error> {
    let (Argument::Positional(value) | Argument::Named(_, value)) = argument;
    let values: Vec<&Expr> = match value {
        Expr::Array(array) => array.elems.iter().collect(),
        one => vec![one],
    };
    let is_layer = |value: &&Expr| match value {
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Path(path) if path.path.get_ident().is_some() && table::find(&path.path).is_some())
        }
        _ => false,
    };
    values.into_iter().find(is_layer).map(|layer| {
        Error::new_spanned(
            layer,
            "no layer takes a layer as an argument; what stands for several is a model of its own, a listing that is a layer of this one",
        )
    })
}

/// A layer that the macros do not know: positional arguments to `layer`, the others to methods of their names.
fn passed_on(path: &Path, paren: Span, arguments: &Arguments) -> TokenStream {
    let (mut positional, mut builders) = (Vec::new(), Vec::new());
    for argument in &arguments.list {
        match argument {
            Argument::Positional(value) => positional.push(value),
            Argument::Named(name, value) => builders.push(quote_spanned!(paren=> .#name(#value))),
        }
    }
    // On the path's own span: what it has no `layer` for is reported there.
    let layer = quote_spanned!(path.span()=> <#path>::layer);
    quote_spanned!(paren=> #layer(#(#positional),*) #(#builders)*)
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
                other => return Err(Error::new_spanned(other, "`name` is a string: name = \"image\"")),
            },
            Argument::Named(name, value) if name == "dtype" && dtype.is_none() => match value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => match Dtype::find(&text.value()) {
                    Some(found) => dtype = Some(found),
                    None => {
                        let (given, known) = (text.value(), Dtype::names().collect::<Vec<_>>().join(", "));
                        let suggestion = did_you_mean(&given, Dtype::names());
                        let message = format!("there is no dtype \"{given}\" of an input{suggestion} (known: {known})");
                        return Err(Error::new(text.span(), message));
                    }
                },
                other => return Err(Error::new_spanned(other, "`dtype` is a string: dtype = \"int32\"")),
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
                "a length is a whole number, and the batch has no place among them: Input(28, 28, 1)",
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
