//! The first step: from tokens to a tree of the listing's own kind.
//!
//! `sequential!` is a header and a list of layers; `model!` a header with inputs, and statements. What stands in the
//! parentheses of a call stays tokens here: whether they are a layer's arguments or tensors is known when names are
//! resolved.

mod declared;
mod layer;
mod nesting;
mod statements;
mod values;

pub(crate) use declared::{Declared, DeclaredArgument};
pub(crate) use layer::{Argument, Arguments};
#[cfg(test)]
pub(crate) use nesting::NESTING;
pub(crate) use nesting::too_deep;
pub(crate) use statements::{Block, Iterable, Loop, Pattern, Statement};
pub(crate) use values::{Given, Operator, Parentheses, Value};

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, GenericArgument, Generics, Ident, Lit, Path, PathArguments, Token, Type, Visibility,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    parse_quote_spanned, token,
};

/// What stands before the listing: everything that the struct is made of.
#[derive(Clone)]
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
    /// The outputs that are stated.
    pub(crate) fn outputs(&self) -> Vec<&Type> {
        match &self.output {
            Some(Type::Tuple(tuple)) => tuple.elems.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }

    fn start(input: ParseStream<'_>, functional: bool) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !input.peek(Token![struct]) {
            return Err(input.error("a model is declared like a struct: `struct Digits { … }`"));
        }
        input.parse::<Token![struct]>()?;
        if !input.peek(Ident) {
            return Err(input.error(match input.fork().call(Ident::parse_any) {
                Ok(keyword) => {
                    format!("`{keyword}` is a keyword of Rust; give the model another name: `struct Digits`")
                }
                Err(_) => "a model needs a name: `struct Digits { … }`".to_owned(),
            }));
        }
        let ident: Ident = input.parse()?;
        let parameters = |error: syn::Error| {
            let message = "the const parameters of a model are written `<const CLASSES: usize>`, separated by commas";
            syn::Error::new(error.span(), message)
        };
        let generics: Generics = input.parse().map_err(parameters)?;
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
            self.output = Some(with_values(input.parse().map_err(stated)?));
        }
        Ok(())
    }
}

/// An output shape whose lengths are values.
fn with_values(mut shape: Type) -> Type {
    match &mut shape {
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|shape| *shape = with_values(shape.clone())),
        Type::Path(path) => arguments_as_values(&mut path.path, |_| true),
        _ => {}
    }
    shape
}

/// Puts names among the last generic arguments of a path in braces: `Shape1<CLASSES>` becomes `Shape1<{ CLASSES }>`. The name alone
/// might be a type, and rustc would look for either.
pub(crate) fn arguments_as_values(path: &mut Path, is_value: impl Fn(&Ident) -> bool) {
    let Some(PathArguments::AngleBracketed(list)) = path.segments.last_mut().map(|last| &mut last.arguments) else {
        return;
    };
    for argument in &mut list.args {
        if let GenericArgument::Type(Type::Path(name)) = argument
            && let Some(ident) = name.path.get_ident().filter(|ident| is_value(ident))
        {
            *argument = parse_quote_spanned!(ident.span()=> { #ident });
        }
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

/// A literal that is none, `'relu'`: rustc reported it before the macro was called.
pub(crate) fn unreadable(listing: TokenStream) -> Option<Literal> {
    listing.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => unreadable(group.stream()),
        TokenTree::Literal(literal) => {
            let is_character = literal.to_string().starts_with('\'');
            (is_character && !matches!(syn::parse2(literal.to_token_stream()), Ok(Lit::Char(_)))).then_some(literal)
        }
        _ => None,
    })
}

/// Takes what a failed parse left, lest syn report it a second time.
fn drain(input: ParseStream<'_>) {
    let _ = input.parse::<TokenStream>();
}
