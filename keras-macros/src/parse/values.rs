//! The values of `model!`: names, calls, operators between them.

use std::cell::OnceCell;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Ident, Path, Token, ext::IdentExt, parse::ParseStream, spanned::Spanned, token};

use super::layer;

/// An operator between tensors, or a tensor and a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `x @ y`.
    Matmul,
    /// `maximum(x, y)`.
    Maximum,
    /// `minimum(x, y)`.
    Minimum,
}

impl Operator {
    /// How it is written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Matmul => "@",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
        }
    }
}

/// What stands for tensors or layers.
pub(crate) enum Value {
    /// A name, or a layer's path before its arguments.
    Path(Path),
    /// A call: of a layer's path with arguments, of a layer with tensors, of a block.
    Call(Box<Value>, Parentheses),
    /// `[x, y]`, the tensors of one input list.
    List(Vec<Value>, Span),
    /// `(class, score)`.
    Tuple(Vec<Value>, Span),
    /// `NetOutputs { class: Dense(3)(x), score }`.
    Fields(Ident, Vec<(Ident, Value)>),
    /// `x + y - z`: operators of one precedence, from left to right. In a row, since a long sum is not to be a deep tree.
    Operators(Box<Value>, Vec<(Operator, Span, Value)>),
    /// `-x`.
    Negative(Span, Box<Value>),
    /// `x[.., 0..3]`.
    Item(Box<Value>, Group),
    /// A literal.
    Constant(Expr),
}

impl Value {
    /// Where it stands.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Path(path) => path.span(),
            Self::Call(value, _) | Self::Item(value, _) => value.span(),
            Self::Operators(first, more) => more.last().map_or_else(|| first.span(), |(_, span, _)| *span),
            Self::List(_, span) | Self::Tuple(_, span) | Self::Negative(span, _) => *span,
            Self::Fields(name, _) => name.span(),
            Self::Constant(literal) => literal.span(),
        }
    }
}

/// The parentheses of a call: they are read as values once it is known that these are meant, and only once, however often
/// the block or the loop around them runs.
pub(crate) struct Parentheses {
    pub(crate) group: Group,
    given: OnceCell<syn::Result<Vec<Given>>>,
}

impl Parentheses {
    fn new(group: Group) -> Self {
        Self { group, given: OnceCell::new() }
    }

    /// What is given, in order.
    pub(crate) fn given(&self) -> syn::Result<&[Given]> {
        let given = self.given.get_or_init(|| super::inside(&self.group, given));
        given.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }
}

/// One thing in the parentheses of a call: `x`, `key = x`, `training = true`.
pub(crate) struct Given {
    pub(crate) name: Option<Ident>,
    pub(crate) tokens: TokenStream,
    /// What the tokens are as a value; an error if they can only be a constant.
    value: syn::Result<Value>,
}

impl Given {
    /// The value, where one is needed.
    pub(crate) fn value(&self) -> syn::Result<&Value> {
        self.value.as_ref().map_err(Clone::clone)
    }
}

/// What to say of Python's statements.
pub(super) const CONDITION: &str = "a model has no conditions and no `while` or `loop`: its graph is fixed at compile \
                                    time; use `for` with literal bounds, or two models";

pub(super) fn starts_condition(input: ParseStream<'_>) -> bool {
    input.peek(Token![if]) || input.peek(Token![while]) || input.peek(Token![loop]) || input.peek(Token![match])
}

/// What to say of Rust that may follow a value, but not in a listing.
pub(super) fn after_a_value(input: ParseStream<'_>) -> Option<&'static str> {
    if input.peek(Token![?]) {
        return Some("a call in a model returns no `Result`; remove the `?`");
    }
    if input.peek(Token![!]) && !input.peek(Token![!=]) {
        return Some("a model calls layers, blocks and operations, not macros; remove this one");
    }
    let is_operator = input.peek(Token![%])
        || input.peek(Token![^])
        || input.peek(Token![&])
        || input.peek(Token![|])
        || input.peek(Token![<])
        || input.peek(Token![>])
        || input.peek(Token![==])
        || input.peek(Token![!=])
        || input.peek(Token![as]);
    is_operator.then_some(
        "the operators between tensors are `+`, `-`, `*`, `/` and `@`; call other operations by name: `maximum(x, y)`",
    )
}

/// A value.
pub(super) fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    operators(input, product, |input| {
        if input.peek(Token![+]) {
            Some(Operator::Add)
        } else if input.peek(Token![-]) {
            Some(Operator::Subtract)
        } else {
            None
        }
    })
}

fn product(input: ParseStream<'_>) -> syn::Result<Value> {
    operators(input, signed, |input| {
        if input.peek(Token![*]) {
            Some(Operator::Multiply)
        } else if input.peek(Token![/]) {
            Some(Operator::Divide)
        } else if input.peek(Token![@]) {
            Some(Operator::Matmul)
        } else {
            None
        }
    })
}

/// Operands, and the operators of one precedence between them.
fn operators(
    input: ParseStream<'_>,
    operand: fn(ParseStream<'_>) -> syn::Result<Value>,
    operator: fn(ParseStream<'_>) -> Option<Operator>,
) -> syn::Result<Value> {
    let first = operand(input)?;
    let mut more = Vec::new();
    while let Some(operator) = operator(input) {
        let span = input.span();
        input.parse::<proc_macro2::Punct>()?;
        more.push((operator, span, operand(input)?));
    }
    Ok(if more.is_empty() { first } else { Value::Operators(Box::new(first), more) })
}

fn signed(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(Token![-]) && !input.peek2(syn::Lit) {
        let span = input.parse::<Token![-]>()?.span;
        return Ok(Value::Negative(span, Box::new(signed(input)?)));
    }
    call(input)
}

fn call(input: ParseStream<'_>) -> syn::Result<Value> {
    let mut value = primary(input)?;
    loop {
        if input.peek(token::Paren) {
            value = Value::Call(Box::new(value), Parentheses::new(input.parse()?));
        } else if input.peek(token::Bracket) {
            value = Value::Item(Box::new(value), input.parse()?);
        } else if input.peek(Token![.]) {
            return Err(dotted(&value, input));
        } else {
            return Ok(value);
        }
    }
}

/// What to say of `x.mean()`, and of `ops.exp(x)`.
fn dotted(value: &Value, input: ParseStream<'_>) -> syn::Error {
    let error = input.error("a tensor has no methods; call an operation on it: `relu(x)`");
    let is_module =
        matches!(value, Value::Path(path) if ["keras", "layers", "ops", "tf"].iter().any(|name| path.is_ident(name)));
    if !is_module {
        return error;
    }
    let mut last = None;
    while input.parse::<Token![.]>().is_ok() {
        last = input.call(Ident::parse_any).ok();
    }
    last.map_or(error, |name| syn::Error::new(name.span(), format!("it is called by its name alone: `{name}(…)`")))
}

fn primary(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(token::Bracket) {
        let group: Group = input.parse()?;
        return Ok(Value::List(list(&group)?, group.span()));
    }
    if input.peek(token::Paren) {
        let group: Group = input.parse()?;
        let mut values = list(&group)?;
        return Ok(if values.len() == 1 { values.swap_remove(0) } else { Value::Tuple(values, group.span()) });
    }
    if input.peek(syn::Lit) || input.peek(Token![-]) {
        let negative = input.peek(Token![-]);
        if negative {
            let minus: Token![-] = input.parse()?;
            let literal: syn::ExprLit = input.parse()?;
            return Ok(Value::Constant(syn::parse_quote!(#minus #literal)));
        }
        return Ok(Value::Constant(Expr::Lit(input.parse()?)));
    }
    if starts_condition(input) {
        return Err(input.error(CONDITION));
    }
    if input.peek(Token![&]) {
        return Err(input.error("a tensor is passed by name, without `&`"));
    }
    if !super::starts_path(input) {
        return Err(input.error("a tensor, a layer or a number is expected here: `Dense(10)(x)`"));
    }
    Ok(Value::Path(input.parse()?))
}

/// The struct of outputs that a listing may end in.
pub(super) fn named_outputs(input: ParseStream<'_>) -> syn::Result<Option<Value>> {
    if !(input.peek(Ident) && input.peek2(token::Brace)) {
        return Ok(None);
    }
    let (name, group): (Ident, Group) = (input.parse()?, input.parse()?);
    Ok(Some(Value::Fields(name, super::inside(&group, fields)?)))
}

/// The fields of a struct of outputs.
fn fields(input: ParseStream<'_>) -> syn::Result<Vec<(Ident, Value)>> {
    let mut fields = Vec::new();
    while !input.is_empty() {
        if !input.peek(Ident) {
            return Err(input.error("outputs by name are written `class: Dense(3)(x)`"));
        }
        let name: Ident = input.parse()?;
        let value = if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            value(input)?
        } else {
            Value::Path(name.clone().into())
        };
        fields.push((name, value));
        if !input.is_empty() {
            super::comma(input, "outputs are separated by commas")?;
        }
    }
    Ok(fields)
}

/// The values of a list or a tuple.
fn list(group: &Group) -> syn::Result<Vec<Value>> {
    super::inside(group, |input| {
        let mut values = Vec::new();
        while !input.is_empty() {
            values.push(value(input)?);
            if input.peek(Token![=]) {
                return Err(input.error("a list takes tensors without names: `[x, y]`"));
            }
            if !input.is_empty() {
                super::comma(input, "values are separated by commas")?;
            }
        }
        Ok(values)
    })
}

/// What stands in the parentheses of a call, with and without names.
fn given(input: ParseStream<'_>) -> syn::Result<Vec<Given>> {
    let mut list: Vec<Given> = Vec::new();
    while !input.is_empty() {
        let name = layer::name(input)?;
        let (tokens, value) = value_or_constant(input)?;
        if name.is_none() && list.iter().any(|earlier| earlier.name.is_some()) {
            let message = "positional arguments must come before named ones";
            return Err(syn::Error::new_spanned(tokens, message));
        }
        list.push(Given { name, tokens, value });
        if !input.is_empty() {
            super::comma(input, "values are separated by commas")?;
        }
    }
    Ok(list)
}

/// What stands before the next comma: as a value, or else as an expression that only a constant can be.
fn value_or_constant(input: ParseStream<'_>) -> syn::Result<(TokenStream, syn::Result<Value>)> {
    let ends = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    let (as_value, as_constant) = (input.fork(), input.fork());
    let (value, end) = match value(&as_value) {
        Ok(value) if ends(&as_value) => (Ok(value), as_value.cursor()),
        result => {
            let error = match result {
                Ok(_) => as_value.error(after_a_value(&as_value).unwrap_or("values are separated by commas")),
                Err(error) => error,
            };
            match as_constant.parse::<Expr>() {
                Ok(_) if ends(&as_constant) => (Err(error), as_constant.cursor()),
                _ => return Err(layer::incomplete(input).unwrap_or(error)),
            }
        }
    };
    let mut tokens = TokenStream::new();
    while input.cursor() != end {
        input.parse::<TokenTree>()?.to_tokens(&mut tokens);
    }
    Ok((tokens, value))
}
