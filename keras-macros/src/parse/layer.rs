//! A layer's arguments: positional ones, then `name = value`, as in Python.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{
    Expr, ExprCall, ExprPath, Ident, LitStr, Path, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser, discouraged::Speculative},
    punctuated::Punctuated,
    token,
};

/// One argument.
#[derive(Clone)]
pub(crate) enum Argument {
    Positional(Expr),
    Named(Ident, Expr),
}

/// All arguments of a layer.
#[derive(Clone, Default)]
pub(crate) struct Arguments {
    pub(crate) list: Vec<Argument>,
}

impl Arguments {
    pub(crate) fn from_tokens(tokens: TokenStream) -> syn::Result<Self> {
        Self::parse.parse2(tokens)
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut list = Vec::new();
        while !input.is_empty() {
            if let Some(name) = name(input)? {
                list.push(Argument::Named(name, value(input)?));
            } else {
                let value = value(input)?;
                if list.iter().any(|argument| matches!(argument, Argument::Named(..))) {
                    return Err(syn::Error::new_spanned(value, "positional arguments must come before named ones"));
                }
                list.push(Argument::Positional(value));
            }
            if !input.is_empty() {
                super::comma(input, "arguments are separated by commas")?;
            }
        }
        Ok(Self { list })
    }
}

/// The name before an argument's value, with its `=`, if there is one.
pub(super) fn name(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    if !input.peek2(Token![=]) || input.peek2(Token![==]) || input.peek2(Token![=>]) {
        return Ok(None);
    }
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        let message = format!("the name of an argument is written without quotes: `{} = …`", name.value());
        return Err(syn::Error::new(name.span(), message));
    }
    if !input.peek(Ident::peek_any) {
        return Ok(None);
    }
    let name = input.call(Ident::parse_any)?;
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(name.span(), format!("`{name}` has no value; write `{name} = …`")));
    }
    Ok(Some(name))
}

/// An argument's value.
fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    let ahead = input.fork();
    let value = match ahead.parse() {
        Ok(value) => ungrouped(value),
        Err(error) => return layer(input).ok_or_else(|| incomplete(input).unwrap_or(error)),
    };
    input.advance_to(&ahead);
    if let Expr::Path(path) = &value {
        for (python, rust) in [("True", "true"), ("False", "false")] {
            if path.path.is_ident(python) {
                return Err(syn::Error::new_spanned(&value, format!("Python's `{python}` is `{rust}` here")));
            }
        }
    }
    Ok(value)
}

/// What to say of `2 +`, whose error is at its end: of the last argument, that is nowhere in the program.
pub(super) fn incomplete(input: ParseStream<'_>) -> Option<syn::Error> {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let rest: TokenStream = input.fork().parse().ok()?;
    let argument: Vec<TokenTree> = rest.into_iter().take_while(|token| !is_comma(token)).collect();
    let last = argument.last().filter(|last| !matches!(last, TokenTree::Group(_)))?;
    let message = format!("this argument is incomplete: a value is missing after `{last}`");
    let tokens: TokenStream = argument.iter().cloned().collect();
    let error = syn::parse2::<Expr>(tokens.clone()).err()?;
    error.to_string().starts_with("unexpected end of input").then(|| syn::Error::new_spanned(tokens, message))
}

/// A layer that is an argument, `Mlp<10>()`, in which Rust would see comparisons: what stands in its parentheses is not read yet.
fn layer(input: ParseStream<'_>) -> Option<Expr> {
    let ahead = input.fork();
    let path: Path = ahead.parse().ok()?;
    let is_class = path.segments.last()?.ident.to_string().starts_with(char::is_uppercase);
    if !is_class || !ahead.peek(token::Paren) {
        return None;
    }
    let group: Group = ahead.parse().ok()?;
    if !ahead.is_empty() && !ahead.peek(Token![,]) {
        return None;
    }
    input.advance_to(&ahead);
    let mut args = Punctuated::new();
    if !group.stream().is_empty() {
        args.push(Expr::Verbatim(group.stream()));
    }
    let func = Box::new(Expr::Path(ExprPath { attrs: Vec::new(), qself: None, path }));
    Some(Expr::Call(ExprCall { attrs: Vec::new(), func, paren_token: token::Paren { span: group.delim_span() }, args }))
}

/// The expression itself: what comes out of a macro's `$name` has an invisible group around it.
fn ungrouped(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}
