//! The names of a listing's outputs, without its graph: of a listing with a mistake, for the struct that programs name.

use proc_macro2::{Group, TokenTree};
use syn::{Ident, LitStr};

use crate::{
    graph::names::{Counter, identifier, snake_case},
    parse::{Pattern, Statement, Value},
};

/// The fields of the struct of outputs, as far as the listing ends in what has names.
pub(super) fn fields(body: &[Statement]) -> Vec<Ident> {
    match body.last() {
        Some(Statement::Result(Value::Fields(_, fields))) => fields.iter().map(|(name, _)| name.clone()).collect(),
        Some(Statement::Result(Value::Tuple(values, span))) => {
            let mut counter = Counter::default();
            let name = |value: &Value| Some(counter.next(&layer(value, body)?, |_| false));
            let names: Option<Vec<String>> = values.iter().map(name).collect();
            names.unwrap_or_default().iter().map(|name| Ident::new(&identifier(name), *span)).collect()
        }
        _ => Vec::new(),
    }
}

/// The name of the layer that makes a value.
fn layer(value: &Value, body: &[Statement]) -> Option<String> {
    match value {
        Value::Path(path) => layer(bound(path.get_ident()?, body)?, body),
        Value::Call(callee, parentheses) => match &**callee {
            // A layer with its arguments; otherwise these are tensors.
            Value::Path(path) if path.get_ident().is_none_or(|ident| bound(ident, body).is_none()) => {
                let class = path.segments.last()?.ident.to_string();
                class.starts_with(char::is_uppercase).then(|| given(&parentheses.group).unwrap_or(snake_case(&class)))
            }
            callee => layer(callee, body),
        },
        _ => None,
    }
}

/// What a name was bound to last.
fn bound<'a>(name: &Ident, body: &'a [Statement]) -> Option<&'a Value> {
    body.iter().rev().find_map(|statement| match statement {
        Statement::Let(Pattern::One(bound), value) | Statement::Assign(bound, value) if bound == name => Some(value),
        _ => None,
    })
}

/// The argument `name = "…"`.
fn given(arguments: &Group) -> Option<String> {
    let tokens: Vec<TokenTree> = arguments.stream().into_iter().collect();
    tokens.windows(3).find_map(|window| match window {
        [TokenTree::Ident(name), TokenTree::Punct(equals), TokenTree::Literal(text)]
            if name == "name" && equals.as_char() == '=' =>
        {
            syn::parse_str::<LitStr>(&text.to_string()).ok().map(|text| text.value())
        }
        _ => None,
    })
}
