//! A layer's arguments: positional ones, then `name = value`, as in Python.

use proc_macro2::TokenStream;
use syn::{
    Expr, Ident, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
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
            if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name = input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                if input.is_empty() || input.peek(Token![,]) {
                    return Err(syn::Error::new(name.span(), format!("`{name}` has no value; write `{name} = …`")));
                }
                list.push(Argument::Named(name, value(input)?));
            } else {
                let value = value(input)?;
                if list.iter().any(|argument| matches!(argument, Argument::Named(..))) {
                    return Err(syn::Error::new_spanned(
                        value,
                        "an argument without a name must stand before those with one",
                    ));
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

/// An argument's value.
fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    let value = ungrouped(input.parse()?);
    if let Expr::Path(path) = &value {
        for (python, rust) in [("True", "true"), ("False", "false")] {
            if path.path.is_ident(python) {
                return Err(syn::Error::new_spanned(&value, format!("Python's `{python}` is `{rust}` here")));
            }
        }
    }
    Ok(value)
}

/// The expression itself: what comes out of a macro's `$name` has an invisible group around it.
fn ungrouped(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}
