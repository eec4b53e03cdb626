//! The first step: from tokens to a tree of the listing's own kind.
//!
//! `sequential!` is a header and a list of layers; `model!` a header with inputs, and statements. What stands in the
//! parentheses of a call stays tokens here: whether they are a layer's arguments or tensors is known when names are
//! resolved.

mod layer;
mod nesting;
mod statements;
mod values;

pub(crate) use layer::{Argument, Arguments};
#[cfg(test)]
pub(crate) use nesting::NESTING;
pub(crate) use nesting::too_deep;
pub(crate) use statements::{Block, Iterable, Loop, Pattern, Statement};
pub(crate) use values::{Given, Operator, Parentheses, Value};

use proc_macro2::{Delimiter, Group, TokenTree};
use syn::{
    Attribute, Generics, Ident, Path, Token, Type, Visibility,
    parse::{Parse, ParseStream, Parser},
    token,
};

/// What stands before the listing: everything that the struct is made of.
pub(crate) struct Header {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// The output that a generic model states: `-> Shape1<CLASSES>`.
    pub(crate) output: Option<Type>,
    /// Whether it is a `model!`.
    pub(crate) functional: bool,
}

/// A layer with its arguments: `Conv2D(16, 3)`.
pub(crate) struct Listed {
    pub(crate) docs: Vec<Attribute>,
    pub(crate) path: Path,
    pub(crate) arguments: Group,
}

/// An input of `model!`: `image: Input(28, 28, 1)`.
pub(crate) struct DeclaredInput {
    pub(crate) name: Ident,
    pub(crate) listed: Listed,
}

/// A whole `sequential!`.
pub(crate) struct Sequential {
    pub(crate) header: Header,
    pub(crate) layers: syn::Result<Vec<Listed>>,
}

/// A whole `model!`.
pub(crate) struct Functional {
    pub(crate) header: Header,
    pub(crate) inputs: Vec<DeclaredInput>,
    pub(crate) body: syn::Result<Vec<Statement>>,
}

impl Header {
    fn start(input: ParseStream<'_>, functional: bool) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !input.peek(Token![struct]) {
            return Err(input.error("a model is declared like a struct: `struct Digits { … }`"));
        }
        input.parse::<Token![struct]>()?;
        if !input.peek(Ident) {
            return Err(input.error("a model needs a name: `struct Digits { … }`"));
        }
        let ident: Ident = input.parse()?;
        let generics: Generics = input.parse()?;
        if let Some(parameter) =
            generics.params.iter().find(|parameter| !matches!(parameter, syn::GenericParam::Const(_)))
        {
            return Err(syn::Error::new_spanned(
                parameter,
                "a model takes const parameters only: `<const CLASSES: usize>`",
            ));
        }
        Ok(Self { attributes, visibility, ident, generics, output: None, functional })
    }

    fn output(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Token![->]) {
            input.parse::<Token![->]>()?;
            let stated = |error: syn::Error| {
                syn::Error::new(error.span(), "the output shape is expected after `->`: `-> Shape1<10>`")
            };
            self.output = Some(input.parse().map_err(stated)?);
        }
        Ok(())
    }
}

impl Parse for Listed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let docs = docs(input)?;
        if !starts_path(input) {
            return Err(input.error("a layer is expected here: `Dense(10)`"));
        }
        let path: Path = input.parse()?;
        if input.peek(Token![.]) {
            return Err(input.error("a layer is listed by its name alone: `Dense(10)`"));
        }
        if !input.peek(token::Paren) {
            let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
            return Err(syn::Error::new_spanned(&path, format!("a layer needs parentheses: `{name}()`")));
        }
        Ok(Self { docs, path, arguments: input.parse()? })
    }
}

impl Parse for Sequential {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut header = Header::start(input, false)?;
        header.output(input)?;
        let body;
        braces(input, "layers go in braces: `struct Digits { Input(8, 8, 1), … }`")?;
        syn::braced!(body in input);
        let parse = |body: ParseStream<'_>| {
            let mut layers = Vec::new();
            while !body.is_empty() {
                layers.push(body.parse()?);
                if !body.is_empty() {
                    comma(body, "layers are separated by commas")?;
                }
            }
            Ok(layers)
        };
        let layers = parse(&body);
        drain(&body);
        end(input)?;
        Ok(Self { header, layers })
    }
}

impl Parse for Functional {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut header = Header::start(input, true)?;
        if !input.peek(token::Paren) {
            return Err(input.error("inputs go in parentheses after the name: `struct Net(x: Input(4)) { … }`"));
        }
        let list;
        syn::parenthesized!(list in input);
        let mut inputs = Vec::new();
        while !list.is_empty() {
            docs(&list)?;
            let form = "an input needs a name: `x: Input(28, 28, 1)`";
            if !list.peek(Ident) {
                return Err(list.error(form));
            }
            let name: Ident = list.parse()?;
            if !list.peek(Token![:]) {
                return Err(syn::Error::new(name.span(), form));
            }
            list.parse::<Token![:]>()?;
            if !list.peek(Ident) || !list.peek2(token::Paren) {
                return Err(list.error(format!("an input is declared as `{name}: Input(28, 28, 1)`")));
            }
            inputs.push(DeclaredInput { name, listed: list.parse()? });
            if !list.is_empty() {
                comma(&list, "inputs are separated by commas")?;
            }
        }
        header.output(input)?;
        let body;
        braces(input, "statements go in braces: `struct Net(x: Input(4)) { Dense(2)(x) }`")?;
        syn::braced!(body in input);
        let statements = statements::statements(&body);
        drain(&body);
        end(input)?;
        Ok(Self { header, inputs, body: statements })
    }
}

/// The doc comments before a part of a listing.
fn docs(input: ParseStream<'_>) -> syn::Result<Vec<Attribute>> {
    if input.peek(Token![#]) && !input.peek2(token::Bracket) {
        return Err(input.error("a comment starts with `//`"));
    }
    let attributes = input.call(Attribute::parse_outer)?;
    match attributes.iter().find(|attribute| !attribute.path().is_ident("doc")) {
        Some(other) => Err(syn::Error::new_spanned(
            other,
            "only comments are allowed inside a model; attributes go before `struct`",
        )),
        None => Ok(attributes),
    }
}

fn braces(input: ParseStream<'_>, message: &str) -> syn::Result<()> {
    if input.peek(token::Brace) { Ok(()) } else { Err(input.error(message)) }
}

fn end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error("nothing can follow the model's closing brace; each macro declares one model"))
    }
}

/// Whether a path may start here.
fn starts_path(input: ParseStream<'_>) -> bool {
    let keyword = input.peek(Token![crate]) || input.peek(Token![self]) || input.peek(Token![super]);
    keyword || input.peek(Ident) || input.peek(Token![::]) || input.peek(Token![<]) || input.peek(Token![Self])
}

fn comma(input: ParseStream<'_>, message: &str) -> syn::Result<()> {
    if input.peek(Token![,]) { input.parse::<Token![,]>().map(drop) } else { Err(input.error(message)) }
}

/// What stands between a group's delimiters. What is missing at its end is reported there.
fn inside<T>(group: &Group, parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<T> {
    let within = |input: ParseStream<'_>| {
        let inner;
        match group.delimiter() {
            Delimiter::Parenthesis => drop(syn::parenthesized!(inner in input)),
            Delimiter::Bracket => drop(syn::bracketed!(inner in input)),
            Delimiter::Brace | Delimiter::None => drop(syn::braced!(inner in input)),
        }
        parse(&inner)
    };
    within.parse2(TokenTree::Group(group.clone()).into())
}

/// Takes what a failed parse left, lest syn report it a second time.
fn drain(input: ParseStream<'_>) {
    let _ = input.parse::<proc_macro2::TokenStream>();
}
