//! `model!`: names are resolved, blocks inlined at each call, loops unrolled.

mod arithmetic;
mod calls;
mod constants;
mod declared;
mod outputs;
mod values;

use std::{collections::HashMap, rc::Rc};

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Ident, spanned::Spanned};

use self::constants::Constant;
use super::{Failure, Graph, build::Builder, limits::Budget};
use crate::{
    operations,
    parse::{Block, DeclaredInput, Functional, Header, Iterable, Loop, Pattern, Statement, Value},
    suggestions::nearest,
};
pub(super) use declared::parameter;
pub(crate) use declared::{Composition, LayerParameter, declared, tensor_ident};

/// What a name stands for.
#[derive(Clone)]
enum Binding {
    Tensor(usize),
    Tensors(Vec<usize>),
    Layer(usize),
    /// In the body of a layer.
    Weight(usize),
    /// Of a loop, or a block's argument.
    Constant(Constant),
    /// Something that was wrong, and is reported.
    Unknown,
}

struct Resolver {
    builder: Builder,
    scopes: Vec<HashMap<String, Binding>>,
    blocks: HashMap<String, Rc<Block>>,
    /// The blocks that are being inlined.
    calling: Vec<String>,
    /// How deep the value that is being resolved stands in others.
    depth: usize,
    budget: Budget,
    /// Of a layer.
    layer: Option<declared::Body>,
}

/// The graph of a listing; or its header, and what is wrong.
pub(crate) fn functional(parsed: Functional) -> Result<Graph, Box<Failure>> {
    let Functional { header, inputs, body } = parsed;
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let mut failure = Failure::new(header, vec![error]);
            failure.fields[0] = inputs.into_iter().map(|input| input.name).collect();
            return Err(failure);
        }
    };
    resolve(header, inputs, &body).map_err(|mut failure| {
        if failure.fields[1].is_empty() {
            failure.fields[1] = outputs::fields(&body);
        }
        failure
    })
}

fn resolve(header: Header, inputs: Vec<DeclaredInput>, body: &[Statement]) -> Result<Graph, Box<Failure>> {
    let span = header.ident.span();
    let mut resolver = Resolver {
        builder: Builder::new(header),
        scopes: vec![HashMap::new()],
        blocks: HashMap::new(),
        calling: Vec::new(),
        depth: 0,
        budget: Budget::default(),
        layer: None,
    };
    if inputs.is_empty() {
        resolver.builder.error(span, "a model needs an input: `struct Name(image: Input(28, 28, 1)) { … }`");
        return resolver.builder.finish(Vec::new());
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
        Some((Binding::Tensors(tensors), Value::Fields(_, fields))) => {
            let named = tensors.into_iter().zip(fields);
            let outputs = named.map(|(tensor, (field, value))| (tensor, value.span(), Some(field.clone())));
            return resolver.builder.finish_with(outputs.collect());
        }
        Some((Binding::Tensors(tensors), value)) => values::places(value, tensors),
        Some((Binding::Unknown, _)) => Vec::new(),
        Some((_, value)) => {
            resolver.builder.error(value.span(), "the output must be a tensor; call the layer: `Dense(10)(x)`");
            Vec::new()
        }
        // What is wrong may be its end.
        None if !resolver.builder.errors.is_empty() => Vec::new(),
        None => {
            resolver
                .builder
                .error(span, "the model has no output; end it with a tensor, or a tuple of tensors, without `;`");
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
    /// Runs the statements of a listing or a block; gives what they end with, of which a tensor is taken for each span.
    fn run<'a>(&mut self, body: &'a [Statement], taken: &[Span]) -> Option<(Binding, &'a Value)> {
        for statement in body {
            match statement {
                Statement::Let(pattern, value) => {
                    self.step(1, value.span());
                    if self.bind_each(pattern, value) {
                        continue;
                    }
                    let value = self.value_for(&pattern.spans(), value);
                    self.bind(pattern, value);
                }
                Statement::Assign(name, value) => self.assign(name, value),
                Statement::For(inner) => self.unroll(inner),
                Statement::AddLoss(at, parentheses) => self.add_loss(*at, parentheses),
                Statement::Block(block) => {
                    let name = block.name.to_string();
                    if self.blocks.contains_key(&name) {
                        self.builder
                            .error(block.name.span(), format!("there are two blocks called `{name}`; rename one"));
                    }
                    self.blocks.insert(name, Rc::clone(block));
                }
                Statement::Result(value) => return Some((self.value_for(taken, value), value)),
            }
        }
        None
    }

    /// Binds the parts of a tuple one by one, in the body of a layer: weights stay what they are. Whether it is one.
    fn bind_each(&mut self, pattern: &Pattern, value: &Value) -> bool {
        let (Pattern::Tuple(names), Value::Tuple(values, _), Some(_)) = (pattern, value, &self.layer) else {
            return false;
        };
        if names.len() != values.len() || names.iter().any(|name| name == "_") {
            return false;
        }
        let bindings: Vec<Binding> = values.iter().map(|value| self.value(value)).collect();
        for (name, binding) in names.iter().zip(bindings) {
            self.scope().insert(name.to_string(), binding);
        }
        true
    }

    /// Runs the statements of a loop's body.
    fn run_once(&mut self, body: &[Statement]) {
        for statement in body {
            match statement {
                Statement::Let(pattern, value) => {
                    self.step(1, value.span());
                    if self.bind_each(pattern, value) {
                        continue;
                    }
                    let value = self.value_for(&pattern.spans(), value);
                    if let (Pattern::One(name), Binding::Tensor(tensor)) = (pattern, &value) {
                        let (_, outer) = self.scopes.split_last().expect("there is always a scope");
                        let name = name.to_string();
                        if outer.iter().any(|scope| scope.contains_key(&name)) {
                            self.builder.shadow(*tensor, name);
                        }
                    }
                    self.bind(pattern, value);
                }
                Statement::Assign(name, value) => self.assign(name, value),
                Statement::For(inner) => self.unroll(inner),
                Statement::AddLoss(at, parentheses) => self.add_loss(*at, parentheses),
                Statement::Block(block) => self.builder.error(block.name.span(), "declare blocks outside of loops"),
                Statement::Result(value) => {
                    self.builder.error(value.span(), "a loop has no value; assign it to a name instead: `x = …;`");
                }
            }
        }
    }

    /// Takes steps of the budget; what goes beyond it ends the listing.
    fn step(&mut self, count: usize, at: Span) {
        if let Err(message) = self.budget.steps(count) {
            self.builder.stop(at, message);
        }
    }

    fn assign(&mut self, name: &Ident, value: &Value) {
        self.step(1, value.span());
        let value = self.value(value);
        let text = name.to_string();
        match self.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(&text)) {
            Some(slot) => *slot = value,
            None => self.unknown(name, false),
        }
    }

    fn bind(&mut self, pattern: &Pattern, value: Binding) {
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
                    self.builder.error(name.span(), "the result of this call is not used; remove the call");
                }
                dropped.into_iter().for_each(|tensor| self.builder.drop_tensor(tensor));
                for (name, tensor) in names.iter().zip(tensors).filter(|(name, _)| *name != "_") {
                    self.scope().insert(name.to_string(), Binding::Tensor(tensor));
                }
            }
            (Pattern::Tuple(names), value) => {
                if !matches!(value, Binding::Unknown)
                    && let Some(name) = names.first()
                {
                    self.builder
                        .error(name.span(), "the right side has a different number of tensors; give a name to each");
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

    fn unroll(&mut self, inner: &Loop) {
        match &inner.iterable {
            Iterable::Range(from, to) => {
                for at in *from..*to {
                    if self.builder.has_stopped() {
                        break;
                    }
                    let at = proc_macro2::Literal::i64_unsuffixed(at).to_token_stream();
                    self.round(inner, Constant::new(at));
                }
            }
            Iterable::List(list) => {
                for value in list {
                    let value = self.constant(value.to_token_stream());
                    self.round(inner, value);
                }
            }
        }
    }

    /// A loop's body, once. It is a step, also if the body is empty.
    fn round(&mut self, inner: &Loop, value: Constant) {
        self.step(1, inner.span);
        self.scopes.push(HashMap::new());
        if let Some(name) = &inner.variable {
            self.scope().insert(name.to_string(), Binding::Constant(value));
        }
        self.run_once(&inner.body);
        self.scopes.pop();
    }

    fn find(&self, name: &str) -> Option<Binding> {
        find(&self.scopes, name).cloned()
    }

    /// Reports a name that nothing has, once. What is called and not bound may be an operation that there is not.
    fn unknown(&mut self, name: &Ident, is_called: bool) {
        let text = name.to_string();
        let otherwise = if is_called {
            format!("; define a block for a composition of operations, `fn {text}(x) {{ … }}`")
        } else if self.calling.is_empty() {
            format!("; bind it first: `let {text} = …;`, or write a constant in capitals")
        } else {
            format!("; a block can use only its parameters: make `{text}` one of them")
        };
        let names: Vec<String> =
            self.scopes.iter().flat_map(|scope| scope.keys().cloned()).chain(self.blocks.keys().cloned()).collect();
        let of_layers: &[&str] =
            if self.layer.is_some() { &["weight", "last", "dim", "shape", "size", "rank"] } else { &[] };
        let known = names.iter().map(String::as_str).chain(operations::names()).chain(of_layers.iter().copied());
        let suggestion = nearest(&text, known).map_or(otherwise, |known| format!("; did you mean `{known}`?"));
        self.builder.error(name.span(), format!("cannot find `{text}` here{suggestion}"));
        // It is reported once, and not again wherever else it is used.
        self.scopes[0].insert(text, Binding::Unknown);
    }
}

/// What a name stands for, in the innermost scope that has it.
fn find<'a>(scopes: &'a [HashMap<String, Binding>], name: &str) -> Option<&'a Binding> {
    scopes.iter().rev().find_map(|scope| scope.get(name))
}
