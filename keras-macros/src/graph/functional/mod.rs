//! `model!`: names are resolved, blocks inlined at each call, loops unrolled.

mod arithmetic;

use std::collections::HashMap;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Ident, Path, spanned::Spanned};

use super::{Failure, Graph, build::Builder};
use crate::{
    operations,
    parse::{Block, Functional, Iterable, Pattern, Statement, Value, statements, value_of, values},
    table,
};

/// What a name stands for.
#[derive(Clone)]
enum Binding {
    Tensor(usize),
    Tensors(Vec<usize>),
    Layer(usize),
    /// A constant: of a loop, or a block's argument. Its tokens stand in for it.
    Constant(TokenStream),
    /// Something that was wrong, and is reported.
    Unknown,
}

/// How deep blocks may call each other.
const DEPTH: usize = 64;

struct Resolver {
    builder: Builder,
    scopes: Vec<HashMap<String, Binding>>,
    blocks: HashMap<String, Block>,
    calling: Vec<String>,
}

/// The graph of a listing; or its header, and what is wrong.
pub(crate) fn functional(parsed: Functional) -> Result<Graph, Box<Failure>> {
    let Functional { header, inputs, body } = parsed;
    let body = match body {
        Ok(body) => body,
        Err(error) => return Err(Failure::new(header, vec![error])),
    };
    let span = header.ident.span();
    let mut resolver = Resolver {
        builder: Builder::new(header),
        scopes: vec![HashMap::new()],
        blocks: HashMap::new(),
        calling: Vec::new(),
    };
    if inputs.is_empty() {
        resolver.builder.error(span, "a model needs an input: `struct Name(image: Input(28, 28, 1)) { … }`");
    }
    for input in inputs {
        if !input.listed.path.is_ident("Input") {
            resolver.builder.error(input.listed.path.span(), "an input is declared as `name: Input(28, 28, 1)`");
        }
        let name = input.name.to_string();
        if resolver.scopes[0].contains_key(&name) {
            resolver.builder.error(input.name.span(), format!("there are two inputs called `{name}`; rename one"));
        }
        let tensor = resolver.builder.input(input.name, &input.listed);
        resolver.scopes[0].insert(name, Binding::Tensor(tensor));
    }
    let outputs = match resolver.run(body, &[span]) {
        Some((Binding::Tensor(tensor), value)) => vec![(tensor, value.span())],
        Some((Binding::Tensors(tensors), value)) => value.places(tensors),
        Some((Binding::Unknown, _)) => Vec::new(),
        Some((_, value)) => {
            resolver.builder.error(value.span(), "the output must be a tensor; call the layer: `Dense(10)(x)`");
            Vec::new()
        }
        None => {
            resolver
                .builder
                .error(span, "the listing has no output; end it with a tensor, or a tuple of tensors, without `;`");
            Vec::new()
        }
    };
    resolver.builder.finish(outputs)
}

impl Pattern {
    fn spans(&self) -> Vec<Span> {
        match self {
            Self::One(name) => vec![name.span()],
            Self::Tuple(names) => names.iter().map(Ident::span).collect(),
        }
    }
}

impl Resolver {
    /// Runs statements; gives what they end with, of which a tensor is taken for each span.
    fn run(&mut self, body: Vec<Statement>, taken: &[Span]) -> Option<(Binding, Value)> {
        for statement in body {
            match statement {
                Statement::Let(pattern, value) => {
                    let value = self.value_for(&pattern.spans(), &value);
                    self.bind(pattern, value);
                }
                Statement::Assign(name, value) => {
                    let value = self.value(&value);
                    let text = name.to_string();
                    match self.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(&text)) {
                        Some(slot) => *slot = value,
                        None => self.unknown(&name, false),
                    }
                }
                Statement::For(name, iterable, body) => self.unroll(name, iterable, &body),
                Statement::Block(block) => {
                    let name = block.name.to_string();
                    if self.blocks.contains_key(&name) {
                        self.builder
                            .error(block.name.span(), format!("there are two blocks called `{name}`; rename one"));
                    }
                    self.blocks.insert(name, block);
                }
                Statement::Result(value) => {
                    return Some((self.value_for(taken, &value), value));
                }
            }
        }
        None
    }

    fn run_ref(&mut self, body: &[Statement]) {
        for statement in body {
            match statement {
                Statement::Let(pattern, value) => {
                    let value = self.value_for(&pattern.spans(), value);
                    if let (Pattern::One(name), Binding::Tensor(tensor)) = (pattern, &value) {
                        let (_, outer) = self.scopes.split_last().expect("there is always a scope");
                        let name = name.to_string();
                        if outer.iter().any(|scope| scope.contains_key(&name)) {
                            self.builder.shadow(*tensor, name);
                        }
                    }
                    self.bind(pattern.clone(), value);
                }
                Statement::Assign(name, value) => {
                    let value = self.value(value);
                    let text = name.to_string();
                    match self.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(&text)) {
                        Some(slot) => *slot = value,
                        None => self.unknown(name, false),
                    }
                }
                Statement::For(name, iterable, body) => {
                    let iterable = match iterable {
                        Iterable::Range(from, to) => Iterable::Range(*from, *to),
                        Iterable::List(list) => Iterable::List(list.clone()),
                    };
                    self.unroll(name.clone(), iterable, body);
                }
                Statement::Block(block) => self.builder.error(block.name.span(), "declare blocks outside of loops"),
                Statement::Result(value) => {
                    self.builder.error(value.span(), "a loop has no value; assign it: `x = …;`");
                }
            }
        }
    }

    fn bind(&mut self, pattern: Pattern, value: Binding) {
        match (pattern, value) {
            (Pattern::One(name), value) => {
                self.scope().insert(name.to_string(), value);
            }
            (Pattern::Tuple(names), Binding::Tensors(tensors)) if names.len() == tensors.len() => {
                let dropped = names.iter().zip(&tensors).filter(|(name, _)| *name == "_").map(|(_, tensor)| *tensor);
                let dropped: Vec<usize> = dropped.collect();
                if dropped.len() == tensors.len()
                    && let Some(name) = names.first()
                {
                    self.builder.error(name.span(), "nothing takes these tensors; remove the call");
                }
                dropped.into_iter().for_each(|tensor| self.builder.drop_tensor(tensor));
                for (name, tensor) in names.into_iter().zip(tensors).filter(|(name, _)| name != "_") {
                    self.scope().insert(name.to_string(), Binding::Tensor(tensor));
                }
            }
            (Pattern::Tuple(names), value) => {
                if !matches!(value, Binding::Unknown)
                    && let Some(name) = names.first()
                {
                    self.builder
                        .error(name.span(), "the right side has another number of tensors; give a name to each");
                }
                for name in names {
                    self.scope().insert(name.to_string(), Binding::Unknown);
                }
            }
        }
    }

    fn scope(&mut self) -> &mut HashMap<String, Binding> {
        self.scopes.last_mut().expect("there is always a scope")
    }

    fn unroll(&mut self, name: Option<Ident>, iterable: Iterable, body: &[Statement]) {
        let values: Vec<TokenStream> = match iterable {
            Iterable::Range(from, to) => {
                (from..to).map(|at| proc_macro2::Literal::i64_unsuffixed(at).to_token_stream()).collect()
            }
            Iterable::List(list) => list.into_iter().map(|value| self.substitute(value.to_token_stream())).collect(),
        };
        for value in values {
            self.scopes.push(HashMap::new());
            if let Some(name) = &name {
                self.scope().insert(name.to_string(), Binding::Constant(value));
            }
            self.run_ref(body);
            self.scopes.pop();
        }
    }

    fn find(&self, name: &str) -> Option<Binding> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).cloned()
    }

    /// Reports a name that nothing has. What is called and not bound may be an operation that there is not.
    fn unknown(&mut self, name: &Ident, is_called: bool) {
        let text = name.to_string();
        let otherwise = if is_called {
            format!("; what is no operation is made of some by a block, `fn {text}(x) {{ … }}`")
        } else if self.calling.is_empty() {
            format!("; bind it before: `let {text} = …;`, or write a constant in capitals")
        } else {
            format!("; a block sees its parameters alone: make `{text}` one of them")
        };
        let names: Vec<String> =
            self.scopes.iter().flat_map(|scope| scope.keys().cloned()).chain(self.blocks.keys().cloned()).collect();
        let suggestion = table::nearest(&text, names.iter().map(String::as_str).chain(operations::names()))
            .map_or(otherwise, |known| format!("; did you mean `{known}`?"));
        self.builder.error(name.span(), format!("there is nothing called `{text}` here{suggestion}"));
    }

    /// A value of which one tensor is taken.
    fn value(&mut self, value: &Value) -> Binding {
        self.value_for(&[value.span()], value)
    }

    /// A value of which a tensor is taken for each of these places: their number says how many outputs an inner model has.
    fn value_for(&mut self, taken: &[Span], value: &Value) -> Binding {
        match value {
            Value::Path(path) => self.path(path),
            Value::Constant(literal) => Binding::Constant(literal.to_token_stream()),
            Value::List(values, span) | Value::Tuple(values, span) => {
                let mut tensors = Vec::new();
                for value in values {
                    match self.value(value) {
                        Binding::Tensor(tensor) => tensors.push(tensor),
                        Binding::Tensors(more) => tensors.extend(more),
                        Binding::Unknown => return Binding::Unknown,
                        _ => {
                            self.builder.error(
                                *span,
                                "only tensors stand in a list or a tuple; call layers first: `Dense(10)(x)`",
                            );
                            return Binding::Unknown;
                        }
                    }
                }
                Binding::Tensors(tensors)
            }
            Value::Binary(operator, span, left, right) => {
                let (left, right) = (self.value(left), self.value(right));
                match operator.operation() {
                    Some(operation) => self.binary(operation, *operator, *span, *span, left, right),
                    None => Binding::Unknown,
                }
            }
            Value::Negative(span, value) => self.negative(*span, value),
            Value::Item(value, group) => self.item(value, group),
            Value::Call(callee, group) => self.call(taken, &callee.0, group),
        }
    }

    fn path(&mut self, path: &Path) -> Binding {
        let is_bound = path.get_ident().is_some_and(|ident| self.find(&ident.to_string()).is_some());
        if !is_bound && is_constant(path) {
            return Binding::Constant(path.to_token_stream());
        }
        let Some(ident) = path.get_ident() else {
            let name = path.to_token_stream().to_string().replace(' ', "");
            self.builder.error(path.span(), format!("a layer needs parentheses: `{name}()`"));
            return Binding::Unknown;
        };
        if let Some(binding) = self.find(&ident.to_string()) {
            return binding;
        }
        if ident.to_string().starts_with(char::is_uppercase) && table::find(path).is_some() {
            self.builder.error(ident.span(), format!("a layer needs parentheses: `{ident}()`"));
        } else {
            self.unknown(ident, false);
        }
        Binding::Unknown
    }

    fn call(&mut self, taken: &[Span], callee: &Value, group: &Group) -> Binding {
        if let Value::Path(path) = callee {
            let name = path.get_ident().map(Ident::to_string);
            if let Some(name) = &name {
                match self.find(name) {
                    Some(Binding::Layer(layer)) => return self.apply(taken, layer, group),
                    Some(Binding::Unknown) => return Binding::Unknown,
                    Some(Binding::Tensor(_) | Binding::Tensors(_)) => {
                        let message =
                            format!("`{name}` is a tensor; a layer or a block is called with it: `Dense(10)({name})`");
                        self.builder.error(path.span(), message);
                        return Binding::Unknown;
                    }
                    Some(Binding::Constant(_)) => {
                        self.builder.error(
                            path.span(),
                            format!("`{name}` is a constant; layers and blocks are called: `Dense(10)(x)`"),
                        );
                        return Binding::Unknown;
                    }
                    None => {}
                }
                if self.blocks.contains_key(name) {
                    return self.inline(taken, name, path.span(), group);
                }
                if let Some(operation) = operations::find(name) {
                    return self.operation(operation, path.span(), group);
                }
                if !name.starts_with(char::is_uppercase)
                    && let Some(ident) = path.get_ident()
                {
                    self.unknown(ident, true);
                    return Binding::Unknown;
                }
                if name == "Input" {
                    self.builder
                        .error(path.span(), "inputs are declared in the head: `struct Name(image: Input(28, 28, 1))`");
                    return Binding::Unknown;
                }
            }
            if let Some(operation) = path.segments.last().map(|segment| segment.ident.to_string())
                && operations::find(&operation).is_some()
            {
                self.builder.error(path.span(), format!("an operation is called by its name alone: `{operation}(…)`"));
                return Binding::Unknown;
            }
            let mut arguments = Group::new(proc_macro2::Delimiter::Parenthesis, self.substitute(group.stream()));
            arguments.set_span(group.span());
            return Binding::Layer(self.builder.layer(path, &arguments));
        }
        match self.value(callee) {
            Binding::Layer(layer) => self.apply(taken, layer, group),
            Binding::Unknown => Binding::Unknown,
            _ => {
                self.builder.error(group.span(), "layers and blocks are called, and nothing else: `Dense(10)(x)`");
                Binding::Unknown
            }
        }
    }

    /// A layer called with tensors.
    fn apply(&mut self, taken: &[Span], layer: usize, group: &Group) -> Binding {
        let values = match values(group) {
            Ok(values) => values,
            Err(error) => {
                self.builder.errors.push(error);
                return Binding::Unknown;
            }
        };
        let list = matches!(&values[..], [Value::List(..) | Value::Tuple(..)]);
        let mut inputs = Vec::new();
        for value in &values {
            match self.value(value) {
                Binding::Tensor(tensor) => inputs.push(tensor),
                Binding::Tensors(tensors) => inputs.extend(tensors),
                Binding::Unknown => return Binding::Unknown,
                Binding::Layer(_) => {
                    self.builder
                        .error(value.span(), "a layer stands where a tensor is needed; call it first: `Dense(10)(x)`");
                    return Binding::Unknown;
                }
                Binding::Constant(_) => {
                    self.builder.error(value.span(), "a constant stands where a tensor is needed: `Dense(10)(x)`");
                    return Binding::Unknown;
                }
            }
        }
        if inputs.is_empty() {
            self.builder.error(group.span(), "a layer is called with a tensor: `Dense(10)(x)`");
            return Binding::Unknown;
        }
        if taken.len() == 1 || self.builder.graph.layers[layer].built_in.is_some() {
            return Binding::Tensor(self.builder.call(layer, inputs, list, group.span()));
        }
        Binding::Tensors(self.builder.call_for(taken, layer, inputs, list, group.span()).collect())
    }

    /// A block's body, at a call.
    fn inline(&mut self, taken: &[Span], name: &str, at: Span, group: &Group) -> Binding {
        if self.calling.iter().any(|calling| calling == name) || self.calling.len() > DEPTH {
            self.builder.error(at, format!("the block `{name}` calls itself, and its graph would have no end; repeat it by `for _ in 0..3 {{ … }}`"));
            return Binding::Unknown;
        }
        let block = &self.blocks[name];
        let (parameters, body) = (block.parameters.clone(), block.body.clone());
        let arguments = split(group.stream());
        if arguments.len() != parameters.len() {
            let names = parameters.iter().map(Ident::to_string).collect::<Vec<_>>().join(", ");
            let (takes, given) = (parameters.len(), arguments.len());
            self.builder.error(
                group.span(),
                format!("the block `{name}` takes {takes} arguments, not {given}; call it as {name}({names})"),
            );
            return Binding::Unknown;
        }
        let mut scope = HashMap::new();
        for (parameter, tokens) in parameters.iter().zip(arguments) {
            let binding = self.argument(tokens);
            scope.insert(parameter.to_string(), binding);
        }
        let body = match syn::parse::Parser::parse2(statements_of, body) {
            Ok(body) => body,
            Err(error) => {
                self.builder.errors.push(error);
                return Binding::Unknown;
            }
        };
        // A block sees its parameters and nothing of its caller, as a Rust function.
        let outer = std::mem::replace(&mut self.scopes, vec![scope]);
        self.calling.push(name.to_owned());
        let result = self.run(body, taken);
        self.calling.pop();
        self.scopes = outer;
        match result {
            Some((binding, _)) => binding,
            None => {
                self.builder.error(at, format!("the block `{name}` has no output; end it with a tensor, without `;`"));
                Binding::Unknown
            }
        }
    }

    /// A block's argument: a tensor or layer if it mentions one, a constant otherwise.
    fn argument(&mut self, tokens: TokenStream) -> Binding {
        let is_constant = syn::parse2::<Expr>(tokens.clone()).is_ok() && !self.mentions_values(tokens.clone());
        if is_constant {
            return Binding::Constant(self.substitute(tokens));
        }
        match value_of(tokens) {
            Ok(value) => self.value(&value),
            Err(error) => {
                self.builder.errors.push(error);
                Binding::Unknown
            }
        }
    }

    fn mentions_values(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                self.blocks.contains_key(&name)
                    || matches!(self.find(&name), Some(binding) if !matches!(binding, Binding::Constant(_)))
                    || table::find(&Path::from(ident)).is_some()
            }
            TokenTree::Group(group) => self.mentions_values(group.stream()),
            _ => false,
        })
    }

    /// Puts constants in the place of their names.
    fn substitute(&self, tokens: TokenStream) -> TokenStream {
        let mut previous_is_path = false;
        let mut tokens = tokens.into_iter().peekable();
        let mut result = TokenStream::new();
        while let Some(token) = tokens.next() {
            let next_is_equals = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=');
            match &token {
                TokenTree::Ident(ident) if !previous_is_path && !next_is_equals => {
                    match self.find(&ident.to_string()) {
                        Some(Binding::Constant(value)) => result.extend(value),
                        _ => result.extend([token.clone()]),
                    }
                }
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.substitute(group.stream()));
                    inner.set_span(group.span());
                    result.extend([TokenTree::Group(inner)]);
                }
                _ => result.extend([token.clone()]),
            }
            previous_is_path = matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '.'));
        }
        result
    }
}

/// Whether a path is one of a constant, by how it is written: `SCALE`, `f32::EPSILON`.
fn is_constant(path: &Path) -> bool {
    let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    name.starts_with(char::is_uppercase) && !name.contains(char::is_lowercase) && table::find(path).is_none()
}

fn statements_of(input: syn::parse::ParseStream<'_>) -> syn::Result<Vec<Statement>> {
    statements(input)
}

/// Tokens between commas.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.extend([token]);
                }
            }
        }
    }
    if parts.last().is_some_and(TokenStream::is_empty) {
        parts.pop();
    }
    parts
}

impl Value {
    /// Where it stands.
    fn span(&self) -> Span {
        match self {
            Self::Path(path) => path.span(),
            Self::Call(callee, _) => callee.0.span(),
            Self::List(_, span) | Self::Tuple(_, span) | Self::Binary(_, span, ..) | Self::Negative(span, _) => *span,
            Self::Item(value, _) => value.span(),
            Self::Constant(literal) => literal.span(),
        }
    }

    /// Its tensors, each with where it stands.
    fn places(&self, tensors: Vec<usize>) -> Vec<(usize, Span)> {
        let spans = self.spans();
        let place = |at: usize| if spans.len() == tensors.len() { spans[at] } else { self.span() };
        tensors.iter().enumerate().map(|(at, &tensor)| (tensor, place(at))).collect()
    }

    fn spans(&self) -> Vec<Span> {
        match self {
            Self::List(values, _) | Self::Tuple(values, _) => values.iter().flat_map(Self::spans).collect(),
            one => vec![one.span()],
        }
    }
}
