//! What is computed of tensors without a layer: by operators, by functions, by indices.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Expr, Path};

use super::{Binding, Resolver, constants::Constant};
use crate::{
    graph::arrange::Operand,
    operations::{self, MadeOf, Operation},
    parse::{Arguments, Given, Operator, Parentheses, Value},
};

impl Resolver {
    /// An operator between tensors, between a tensor and a number, or between constants.
    pub(super) fn binary(
        &mut self,
        operation: &'static Operation,
        operator: Operator,
        span: Span,
        paren: Span,
        left: Binding,
        right: Binding,
    ) -> Binding {
        if [&left, &right].iter().any(|side| matches!(side, Binding::Constant(constant) if !constant.may_be_a_number()))
        {
            self.builder.error(span, "operators work between tensors and numbers; this is neither");
            return Binding::Unknown;
        }
        let pair = match (&left, &right) {
            (Binding::Tensor(tensor), Binding::Weight(weight)) => Some(((*tensor, *weight), false)),
            (Binding::Weight(weight), Binding::Tensor(tensor)) => Some(((*tensor, *weight), true)),
            _ => None,
        };
        if let Some((pair, weight_is_first)) = pair
            && let Some(result) = self.with_weight(operation, operator, span, pair, weight_is_first)
        {
            return result;
        }
        if matches!(left, Binding::Unknown) || matches!(right, Binding::Unknown) {
            return Binding::Unknown;
        }
        let (left, right) = (self.tensor_of(left), self.tensor_of(right));
        match (left, right) {
            (Binding::Tensor(left), Binding::Tensor(right)) => {
                let path = operator.between_tensors(span);
                let expression = Ok(quote_spanned!(span=> <#path>::layer()));
                let layer = self.builder.operation(&operation.row_of_two, path, paren, expression);
                self.call_operation(layer, Operand::list(vec![left, right], paren))
            }
            (Binding::Constant(left), Binding::Constant(right)) => {
                // Python's `/` makes a float of whole numbers too.
                let (left_float, right_float) = (left.as_float(), right.as_float());
                let size = left.size.saturating_add(right.size).saturating_add(8);
                let (left, right) = (left.tokens, right.tokens);
                let tokens = match operator {
                    Operator::Add => quote!((#left + #right)),
                    Operator::Subtract => quote!((#left - #right)),
                    Operator::Multiply => quote!((#left * #right)),
                    Operator::Divide => quote!((#left_float / #right_float)),
                    Operator::Matmul | Operator::Maximum | Operator::Minimum => {
                        self.builder.error(span, format!("`{}` needs a tensor", operation.name));
                        return Binding::Unknown;
                    }
                };
                Binding::Constant(Constant { tokens, size })
            }
            (Binding::Tensor(tensor), Binding::Constant(number)) => {
                self.with_number(operation, operator, span, paren, tensor, &number, false)
            }
            (Binding::Constant(number), Binding::Tensor(tensor)) => {
                self.with_number(operation, operator, span, paren, tensor, &number, true)
            }
            (Binding::Unknown, _) | (_, Binding::Unknown) => Binding::Unknown,
            _ => {
                self.builder
                    .error(span, "operators work between tensors and numbers; call layers with their tensors first");
                Binding::Unknown
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "an operation, where it stands, and its two sides")]
    fn with_number(
        &mut self,
        operation: &'static Operation,
        operator: Operator,
        span: Span,
        paren: Span,
        tensor: usize,
        number: &Constant,
        is_first: bool,
    ) -> Binding {
        if let Err(message) = self.budget.tokens(number.size) {
            self.builder.stop(span, message);
            return Binding::Unknown;
        }
        let in_layer = self.layer.is_some();
        let Some((path, expression)) = operator.with_number(span, &number.as_float(), is_first, in_layer) else {
            self.builder.error(span, "a matrix product needs two tensors; with a number, write `x * 0.5`");
            return Binding::Unknown;
        };
        let layer = self.builder.operation(&operation.row, path, paren, Ok(expression));
        self.call_operation(layer, Operand::tensor(tensor, paren))
    }

    /// The same with the operation as it is written.
    pub(super) fn call_with_text(&mut self, layer: usize, tensor: usize, span: Span) -> Binding {
        self.call_operation(layer, Operand::tensor(tensor, span))
    }

    fn call_operation(&mut self, layer: usize, operand: Operand) -> Binding {
        if let Some(body) = &mut self.layer {
            let node = &mut self.builder.graph.layers[layer];
            node.text = node.text.take().or(body.text.take());
        }
        let (origin, span) = (self.builder.graph.layers[layer].span, operand.span);
        Binding::Tensor(self.builder.call(&[origin], layer, &[operand], Vec::new(), span).start)
    }

    pub(super) fn negative(&mut self, span: Span, value: &Value) -> Binding {
        let value = self.value(value);
        match self.tensor_of(value) {
            Binding::Constant(Constant { tokens, size }) => {
                Binding::Constant(Constant { tokens: quote!((-#tokens)), size: size.saturating_add(2) })
            }
            Binding::Tensor(tensor) => match operations::find("negative") {
                Some(operation) => self.operate(operation, tensor, span, span, &Arguments::default()),
                None => Binding::Unknown,
            },
            Binding::Unknown => Binding::Unknown,
            Binding::Tensors(_) | Binding::Layer(_) | Binding::Weight(_) => {
                self.builder.error(span, "`-` applies to a tensor or a number; call layers with their tensors first");
                Binding::Unknown
            }
        }
    }

    /// `x[.., 0..3]`.
    pub(super) fn item(&mut self, value: &Value, group: &Group) -> Binding {
        let at = value.span();
        let value = self.value(value);
        let tensor = match self.tensor_of(value) {
            Binding::Tensor(tensor) => tensor,
            Binding::Unknown => return Binding::Unknown,
            _ => {
                self.builder.error(at, "only a tensor can be indexed: `x[.., 0..3]`");
                return Binding::Unknown;
            }
        };
        let paren = group.span();
        let parts: Vec<TokenStream> =
            split(group.stream()).into_iter().map(|part| self.constant(part).tokens).collect();
        let path: Path = syn::parse_quote_spanned!(paren=> ::keras::ops::GetItem);
        let expression = indices(&parts, paren).map(|indices| quote_spanned!(paren=> <#path>::layer(&[#(#indices),*])));
        let layer = self.builder.operation(&operations::GET_ITEM, path, paren, expression);
        self.call_operation(layer, Operand::tensor(tensor, paren))
    }

    /// `exp(x)`, `sum(x, axis = 1)`, `add(x, y)`.
    pub(super) fn operation(&mut self, operation: &'static Operation, at: Span, parentheses: &Parentheses) -> Binding {
        let Some(given) = self.reported(parentheses.given()) else { return Binding::Unknown };
        let (name, span) = (operation.name, parentheses.group.span());
        let operator = match operation.made_of {
            MadeOf::Operator(operator) => Some(operator),
            _ => None,
        };
        let count = if operator.is_some() { 2 } else { 1 };
        let operands =
            given.split_at_checked(count).filter(|(operands, _)| operands.iter().all(|it| it.name.is_none()));
        let Some((operands, arguments)) = operands else {
            let message = if count == 1 {
                format!("{name} takes a tensor: {name}(x)")
            } else {
                format!("{name} takes two tensors, or a tensor and a number: {name}(x, y)")
            };
            self.builder.error(span, message);
            return Binding::Unknown;
        };
        let mut bindings = Vec::new();
        for operand in operands {
            let Some(value) = self.reported(operand.value()) else { return Binding::Unknown };
            bindings.push(self.value(value));
        }
        let mut tokens = TokenStream::new();
        for Given { name, tokens: value, .. } in arguments {
            let value = self.constant(value.clone()).tokens;
            let name = name.as_ref().map(|name| quote!(#name =));
            tokens.extend(quote!(#name #value,));
        }
        let Some(arguments) = self.reported(Arguments::from_tokens(tokens)) else { return Binding::Unknown };
        let mut bindings = bindings.into_iter();
        if let Some(body) = &mut self.layer {
            body.text = Some(format!("{name}(…)"));
        }
        let (first, second) = (bindings.next(), bindings.next());
        // An operator has its own way with weights.
        let first = if operator.is_some() { first } else { first.map(|first| self.tensor_of(first)) };
        match (first, second, operator) {
            (Some(left), Some(right), Some(operator)) => {
                if !arguments.list.is_empty() {
                    self.builder.error(span, format!("{name} takes only two tensors, or a tensor and a number"));
                    return Binding::Unknown;
                }
                self.binary(operation, operator, at, span, left, right)
            }
            (Some(Binding::Tensor(tensor)), ..) => self.operate(operation, tensor, at, span, &arguments),
            (Some(Binding::Unknown), ..) => Binding::Unknown,
            (Some(Binding::Layer(_)), ..) => {
                self.builder.error(span, "this is a layer, but a tensor is needed; call it first: `Dense(10)(x)`");
                Binding::Unknown
            }
            _ => {
                self.builder.error(span, format!("{name} takes a tensor as its first argument: {name}(x)"));
                Binding::Unknown
            }
        }
    }

    /// `add_loss(x);`: nothing reads its output.
    pub(super) fn add_loss(&mut self, at: Span, parentheses: &Parentheses) {
        let Some(given) = self.reported(parentheses.given()) else { return };
        let [Given { name: None, .. }] = given else {
            self.builder.error(parentheses.group.span(), "add_loss takes a tensor: `add_loss(x);`");
            return;
        };
        let Some(value) = self.reported(given[0].value()) else { return };
        let value = self.value(value);
        match self.tensor_of(value) {
            Binding::Tensor(tensor) => {
                let path = syn::parse_quote_spanned!(at=> ::keras::ops::AddLoss);
                let expression = Ok(quote_spanned!(at=> <#path>::layer()));
                let layer = self.builder.operation(&operations::ADD_LOSS, path, at, expression);
                if let Binding::Tensor(term) = self.call_operation(layer, Operand::tensor(tensor, at)) {
                    self.builder.drop_tensor(term);
                }
            }
            Binding::Unknown => {}
            _ => self.builder.error(parentheses.group.span(), "add_loss takes a tensor: `add_loss(x);`"),
        }
    }

    /// An operation of one tensor.
    fn operate(
        &mut self,
        operation: &'static Operation,
        tensor: usize,
        at: Span,
        paren: Span,
        arguments: &Arguments,
    ) -> Binding {
        let (path, expression) = operation.layer(at, paren, arguments);
        let layer = self.builder.operation(&operation.row, path, paren, expression);
        self.call_operation(layer, Operand::tensor(tensor, paren))
    }
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

/// Where a colon stands that is no half of a path's `::`.
fn colon(part: &TokenStream) -> Option<Span> {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    let mut tokens = part.clone().into_iter();
    while let Some(first) = tokens.find(is_colon) {
        if !tokens.next().as_ref().is_some_and(is_colon) {
            return Some(first.span());
        }
    }
    None
}

/// The indices after the batch's.
fn indices(parts: &[TokenStream], paren: Span) -> syn::Result<Vec<TokenStream>> {
    let dots = |part: &TokenStream| -> Option<usize> {
        let is_dot = |token: TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '.');
        let tokens: Vec<TokenTree> = part.clone().into_iter().collect();
        let count = tokens.len();
        tokens.into_iter().all(is_dot).then_some(count)
    };
    if let Some(colon) = parts.iter().find_map(colon) {
        return Err(syn::Error::new(colon, "Python's `:` is `..` here: `x[.., 0..3]` for `x[:, 0:3]`"));
    }
    let rest = match parts {
        [batch, rest @ ..] if dots(batch) == Some(2) => rest,
        [batch, ..] if dots(batch) == Some(3) => parts,
        [other, ..] => {
            return Err(syn::Error::new_spanned(
                other,
                "the first index is the batch's, and must be `..`: `x[.., 0..3]`",
            ));
        }
        [] => return Err(syn::Error::new(paren, "indices are needed, the batch's first: `x[.., 0..3]`")),
    };
    let number = |value: &Option<Box<Expr>>| match value {
        Some(value) => quote!(Some((#value) as isize)),
        None => quote!(None),
    };
    rest.iter()
        .map(|part| {
            if dots(part) == Some(3) {
                return Ok(quote!(::keras::ops::Index::Rest));
            }
            let whole = "an index must be an integer, `-1`, or a range, `0..3`; a range has no step";
            let index = syn::parse2::<Expr>(part.clone()).map_err(|error| syn::Error::new(error.span(), whole))?;
            Ok(match index {
                Expr::Range(range) if matches!(range.limits, syn::RangeLimits::Closed(_)) => {
                    return Err(syn::Error::new_spanned(range, "a range must exclude its end: `0..3`, not `0..=2`"));
                }
                Expr::Range(range) => {
                    let (start, end) = (number(&range.start), number(&range.end));
                    quote!(::keras::ops::Index::Range(#start, #end))
                }
                at => quote!(::keras::ops::Index::At((#at) as isize)),
            })
        })
        .collect()
}
