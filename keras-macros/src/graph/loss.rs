//! `loss!`: the body becomes a list of numbers and rows, each computed from those before it.
//!
//! A row has a number for each value of a position; a number is one of the position. Names are resolved, blocks inlined and loops
//! unrolled, as in a model.

use std::{collections::HashMap, rc::Rc};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Error, Expr, ExprLit, Lit, Result};

use super::{Failure, LayerParameter, functional::parameter};
use crate::{
    parse::{Block, Declared, Header, Iterable, Operator, Parentheses, Pattern, Statement, Value},
    suggestions::nearest,
};

/// A loss: its arguments, and what it computes.
pub(crate) struct LossListing {
    pub(crate) header: Header,
    pub(crate) arguments: Vec<LayerParameter>,
    pub(crate) nodes: Vec<Node>,
    /// The number that is the loss of a position.
    pub(crate) value: usize,
}

/// A number or a row.
pub(crate) struct Node {
    pub(crate) computed: Computed,
    pub(crate) is_row: bool,
}

/// How a node is computed from others.
#[derive(Clone)]
pub(crate) enum Computed {
    Target,
    Prediction,
    Number(TokenStream),
    Binary(Operator, usize, usize),
    Unary(Function, usize),
    Reduced(Reduced, usize),
}

/// A function of one number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Absolute,
    Exp,
    Log,
    Negative,
    Reciprocal,
    Relu,
    Rsqrt,
    Sigmoid,
    Softplus,
    Sqrt,
    Square,
    Tanh,
}

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduced {
    Sum,
    Mean,
    Max,
    Min,
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("abs", Function::Absolute),
    ("absolute", Function::Absolute),
    ("exp", Function::Exp),
    ("log", Function::Log),
    ("negative", Function::Negative),
    ("reciprocal", Function::Reciprocal),
    ("relu", Function::Relu),
    ("rsqrt", Function::Rsqrt),
    ("sigmoid", Function::Sigmoid),
    ("softplus", Function::Softplus),
    ("sqrt", Function::Sqrt),
    ("square", Function::Square),
    ("tanh", Function::Tanh),
];

const REDUCTIONS: &[(&str, Reduced)] = &[
    ("sum", Reduced::Sum),
    ("mean", Reduced::Mean),
    ("max", Reduced::Max),
    ("amax", Reduced::Max),
    ("min", Reduced::Min),
    ("amin", Reduced::Min),
];

const OPERATORS: &[(&str, Operator)] = &[
    ("add", Operator::Add),
    ("subtract", Operator::Subtract),
    ("multiply", Operator::Multiply),
    ("divide", Operator::Divide),
    ("maximum", Operator::Maximum),
    ("minimum", Operator::Minimum),
];

/// The most nodes of a loss: loops are unrolled.
const MOST: usize = 2_000;

/// What a loss computes; or its header, and what is wrong.
pub(crate) fn loss(parsed: Declared) -> std::result::Result<LossListing, Box<Failure>> {
    let Declared { header, arguments, inputs, body } = parsed;
    let name = header.ident.to_string();
    let mut resolver =
        Resolver { nodes: Vec::new(), scopes: vec![HashMap::new()], blocks: HashMap::new(), calling: Vec::new() };
    let resolve = |resolver: &mut Resolver| -> Result<(Vec<LayerParameter>, usize)> {
        let body = body?;
        let [target, prediction] = &inputs[..] else {
            let message = "a loss compares two inputs: `struct Squared(y_true, y_pred) { mean(square(y_true - y_pred), axis = -1) }`";
            return Err(Error::new(header.ident.span(), message));
        };
        let mut parameters = Vec::new();
        for declared in arguments {
            let is_number = matches!(&declared.of, syn::Type::Path(path) if path.path.get_ident().is_some_and(|of| {
                ["f32", "usize", "isize"].iter().any(|number| of == number)
            }));
            if !is_number {
                return Err(Error::new_spanned(
                    &declared.of,
                    "an argument of a loss is a number: `f32`, `usize` or `isize`",
                ));
            }
            let argument = declared.name.clone();
            if argument == "reduction" || argument == "new" {
                return Err(Error::new(
                    argument.span(),
                    format!("every loss has `{argument}`; give the argument another name"),
                ));
            }
            let number = resolver.push(
                Computed::Number(quote_spanned!(Span::mixed_site()=> (self.#argument as f32))),
                false,
                argument.span(),
            )?;
            resolver.scopes[0].insert(argument.to_string(), number);
            parameters.push(parameter(&name, declared)?);
        }
        for (input, computed) in [(target, Computed::Target), (prediction, Computed::Prediction)] {
            let row = resolver.push(computed, true, input.span())?;
            if resolver.scopes[0].insert(input.to_string(), row).is_some() {
                return Err(Error::new(input.span(), format!("`{input}` is an argument and an input; rename one")));
            }
        }
        let Some(value) = resolver.run(&body)? else {
            return Err(Error::new(
                header.ident.span(),
                "the loss has no value; end it with an expression, without `;`",
            ));
        };
        let value = match resolver.nodes[value].is_row {
            true => resolver.push(Computed::Reduced(Reduced::Mean, value), false, header.ident.span())?,
            false => value,
        };
        Ok((parameters, value))
    };
    match resolve(&mut resolver) {
        Ok((arguments, value)) => Ok(LossListing { header, arguments, nodes: resolver.nodes, value }),
        Err(error) => Err(Failure::new(header, vec![error])),
    }
}

struct Resolver {
    nodes: Vec<Node>,
    scopes: Vec<HashMap<String, usize>>,
    blocks: HashMap<String, Rc<Block>>,
    calling: Vec<String>,
}

impl Resolver {
    fn push(&mut self, computed: Computed, is_row: bool, at: Span) -> Result<usize> {
        if self.nodes.len() == MOST {
            return Err(Error::new(at, "a loss has at most 2,000 operations; its loops are unrolled"));
        }
        self.nodes.push(Node { computed, is_row });
        Ok(self.nodes.len() - 1)
    }

    /// Runs statements; gives what they end with.
    fn run(&mut self, body: &[Statement]) -> Result<Option<usize>> {
        for statement in body {
            match statement {
                Statement::Let(pattern, value) => self.bind(pattern, value)?,
                Statement::Assign(name, value) => {
                    let (text, value) = (name.to_string(), self.value(value)?);
                    match self.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(&text)) {
                        Some(slot) => *slot = value,
                        None => return Err(self.unknown(&text, name.span())),
                    }
                }
                Statement::For(inner) => {
                    let values: Vec<TokenStream> = match &inner.iterable {
                        Iterable::Range(from, to) => (*from..*to)
                            .take(MOST + 1)
                            .map(|at| proc_macro2::Literal::i64_unsuffixed(at).to_token_stream())
                            .collect(),
                        Iterable::List(list) => list.iter().map(ToTokens::to_token_stream).collect(),
                    };
                    for value in values {
                        self.scopes.push(HashMap::new());
                        if let Some(name) = &inner.variable {
                            let number = self.push(Computed::Number(quote!(((#value) as f32))), false, inner.span)?;
                            self.bind_name(name.to_string(), number);
                        }
                        let result = self.run(&inner.body)?;
                        self.scopes.pop();
                        if result.is_some() {
                            return Err(Error::new(
                                inner.span,
                                "a loop has no value; assign it to a name instead: `x = …;`",
                            ));
                        }
                    }
                }
                Statement::AddLoss(at, _) => {
                    return Err(Error::new(
                        *at,
                        "`add_loss` belongs into a model or a layer; a loss is what its body ends with",
                    ));
                }
                Statement::Block(block) => {
                    self.blocks.insert(block.name.to_string(), Rc::clone(block));
                }
                Statement::Result(value) => return self.value(value).map(Some),
            }
        }
        Ok(None)
    }

    fn bind(&mut self, pattern: &Pattern, value: &Value) -> Result<()> {
        match (pattern, value) {
            (Pattern::One(name), value) => {
                let value = self.value(value)?;
                self.bind_name(name.to_string(), value);
            }
            (Pattern::Tuple(names), Value::Tuple(values, _)) if names.len() == values.len() => {
                let values = values.iter().map(|value| self.value(value)).collect::<Result<Vec<_>>>()?;
                names.iter().zip(values).for_each(|(name, value)| self.bind_name(name.to_string(), value));
            }
            (Pattern::Tuple(_), other) => {
                return Err(Error::new(other.span(), "give as many values as there are names: `let (a, b) = (…, …);`"));
            }
        }
        Ok(())
    }

    fn bind_name(&mut self, name: String, node: usize) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, node);
        }
    }

    fn unknown(&self, name: &str, at: Span) -> Error {
        let functions = FUNCTIONS.iter().map(|(name, _)| *name);
        let others = REDUCTIONS.iter().map(|(name, _)| *name).chain(OPERATORS.iter().map(|(name, _)| *name));
        let names: Vec<&str> = self.scopes.iter().flat_map(HashMap::keys).map(String::as_str).collect();
        let known = names.into_iter().chain(functions).chain(others).chain(["clip"]);
        let suggestion = nearest(name, known).map_or_else(
            || "; a loss consists of its inputs and arguments, and of operations on them".to_owned(),
            |known| format!("; did you mean `{known}`?"),
        );
        Error::new(at, format!("cannot find `{name}` here{suggestion}"))
    }

    fn value(&mut self, value: &Value) -> Result<usize> {
        let at = value.span();
        match value {
            Value::Path(path) => {
                let text = path.to_token_stream().to_string().replace(' ', "");
                if let Some(node) = self.scopes.iter().rev().find_map(|scope| scope.get(&text)) {
                    return Ok(*node);
                }
                let last = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                if last.starts_with(char::is_uppercase) && !last.contains(char::is_lowercase) {
                    return self.push(Computed::Number(quote!((#path as f32))), false, at);
                }
                Err(self.unknown(&text, at))
            }
            Value::Constant(literal) => {
                let is_number = match literal {
                    Expr::Lit(ExprLit { lit, .. }) => matches!(lit, Lit::Int(_) | Lit::Float(_)),
                    _ => true,
                };
                if !is_number {
                    return Err(Error::new(at, "a number is expected here"));
                }
                self.push(Computed::Number(quote!((#literal as f32))), false, at)
            }
            Value::Negative(_, value) => {
                let value = self.value(value)?;
                self.unary(Function::Negative, value, at)
            }
            Value::Operators(first, more) => {
                let mut result = self.value(first)?;
                for (operator, span, value) in more {
                    let value = self.value(value)?;
                    result = self.binary(*operator, result, value, *span)?;
                }
                Ok(result)
            }
            Value::Call(callee, parentheses) => self.call(callee, parentheses),
            Value::List(..) | Value::Tuple(..) | Value::Fields(..) => {
                Err(Error::new(at, "a loss computes with numbers and rows, not with lists of them"))
            }
            Value::Item(_, group) => {
                Err(Error::new(group.span(), "a row of a loss cannot be indexed; use `sum`, `mean` or `max`"))
            }
        }
    }

    fn unary(&mut self, function: Function, value: usize, at: Span) -> Result<usize> {
        self.push(Computed::Unary(function, value), self.nodes[value].is_row, at)
    }

    fn binary(&mut self, operator: Operator, left: usize, right: usize, at: Span) -> Result<usize> {
        if operator == Operator::Matmul {
            return Err(Error::new(
                at,
                "a loss has no matrix product; write `sum(x * y, axis = -1)` for that of two rows",
            ));
        }
        let is_row = self.nodes[left].is_row || self.nodes[right].is_row;
        self.push(Computed::Binary(operator, left, right), is_row, at)
    }

    fn call(&mut self, callee: &Value, parentheses: &Parentheses) -> Result<usize> {
        let (at, span) = (callee.span(), parentheses.group.span());
        let Value::Path(path) = callee else { return Err(Error::new(at, "only operations and blocks can be called")) };
        let name = path.to_token_stream().to_string().replace(' ', "");
        let mut values = Vec::new();
        for given in parentheses.given()? {
            match &given.name {
                // A loss reduces a position, which is the last axis, and leaves a number that is broadcast.
                Some(name) if name == "axis" && given.tokens.to_string().replace(' ', "") == "-1" => {}
                Some(name) if name == "keepdims" => {}
                Some(name) => {
                    return Err(Error::new(
                        name.span(),
                        "a loss takes the operands of operations by position, and `axis = -1`",
                    ));
                }
                None => values.push(self.value(given.value()?)?),
            }
        }
        let expect = |count: usize| match values.len() == count {
            true => Ok(()),
            false => {
                Err(Error::new(span, format!("{name} takes {count} operands here, but {} are given", values.len())))
            }
        };
        if let Some(block) = self.blocks.get(&name).map(Rc::clone) {
            expect(block.parameters.len())?;
            if self.calling.contains(&name) {
                return Err(Error::new(at, format!("the block `{name}` calls itself")));
            }
            let scope = block.parameters.iter().map(ToString::to_string).zip(values).collect();
            let outer = std::mem::replace(&mut self.scopes, vec![scope]);
            self.calling.push(name.clone());
            let result = self.run(&block.body)?;
            self.calling.pop();
            self.scopes = outer;
            return result
                .ok_or_else(|| Error::new(at, format!("the block `{name}` has no value; end it without `;`")));
        }
        if let Some((_, function)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
            expect(1)?;
            return self.unary(*function, values[0], at);
        }
        if let Some((_, reduced)) = REDUCTIONS.iter().find(|(known, _)| *known == name) {
            expect(1)?;
            return match self.nodes[values[0]].is_row {
                true => self.push(Computed::Reduced(*reduced, values[0]), false, at),
                false => Err(Error::new(span, format!("{name} takes a row, but this is a number already; remove it"))),
            };
        }
        if let Some((_, operator)) = OPERATORS.iter().find(|(known, _)| *known == name) {
            expect(2)?;
            return self.binary(*operator, values[0], values[1], at);
        }
        if name == "clip" {
            expect(3)?;
            let floored = self.binary(Operator::Maximum, values[0], values[1], at)?;
            return self.binary(Operator::Minimum, floored, values[2], at);
        }
        Err(self.unknown(&name, at))
    }
}
