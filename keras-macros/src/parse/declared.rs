//! `layer!`: a header with arguments and inputs, and statements.

use proc_macro2::Group;
use syn::{
    Attribute, Expr, Ident, Token, Type,
    parse::{Parse, ParseStream},
    token,
};

use super::{Header, Statement, braces, comma, docs, drain, end, inside, statements};

/// A whole `layer!`.
pub(crate) struct Declared {
    pub(crate) header: Header,
    pub(crate) arguments: Vec<DeclaredArgument>,
    pub(crate) inputs: Vec<Ident>,
    pub(crate) body: syn::Result<Vec<Statement>>,
}

/// An argument: `units: usize`, `scale: f32 = 1.0`.
pub(crate) struct DeclaredArgument {
    pub(crate) docs: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) of: Type,
    pub(crate) default: Option<Expr>,
}

/// What a header looks like.
const FORM: &str =
    "a layer is declared as `struct Linear(units: usize)(x) { … }`: arguments, if there are any, and inputs";

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let header = Header::start(input, true)?;
        if let Some(parameter) = header.generics.params.first() {
            let message = "a layer takes arguments instead of const parameters: `struct Linear(units: usize)(x) { … }`";
            return Err(syn::Error::new_spanned(parameter, message));
        }
        if !input.peek(token::Paren) {
            return Err(input.error(FORM));
        }
        let first: Group = input.parse()?;
        let (arguments, inputs) = if input.peek(token::Paren) {
            let second: Group = input.parse()?;
            (inside(&first, arguments)?, inside(&second, inputs)?)
        } else {
            (Vec::new(), inside(&first, inputs)?)
        };
        let body;
        braces(input, "statements go in braces: `struct Double(x) { x + x }`")?;
        syn::braced!(body in input);
        let statements = statements::statements(&body);
        drain(&body);
        end(input)?;
        Ok(Self { header, arguments, inputs, body: statements })
    }
}

fn arguments(list: ParseStream<'_>) -> syn::Result<Vec<DeclaredArgument>> {
    let mut arguments: Vec<DeclaredArgument> = Vec::new();
    while !list.is_empty() {
        let docs = docs(list)?;
        let form = "an argument is written with its type: `units: usize`, `scale: f32 = 1.0`";
        if !list.peek(Ident) {
            return Err(list.error(form));
        }
        let name: Ident = list.parse()?;
        if !list.peek(Token![:]) {
            return Err(syn::Error::new(name.span(), form));
        }
        list.parse::<Token![:]>()?;
        let of = list.parse()?;
        let default = if list.peek(Token![=]) {
            list.parse::<Token![=]>()?;
            Some(list.parse()?)
        } else {
            None
        };
        if default.is_none() && arguments.iter().any(|earlier| earlier.default.is_some()) {
            let message = format!("`{name}` has no default, but an argument before it has; put it first");
            return Err(syn::Error::new(name.span(), message));
        }
        if arguments.iter().any(|earlier| earlier.name == name) {
            return Err(syn::Error::new(name.span(), format!("there are two arguments called `{name}`; rename one")));
        }
        arguments.push(DeclaredArgument { docs, name, of, default });
        if !list.is_empty() {
            comma(list, "arguments are separated by commas")?;
        }
    }
    Ok(arguments)
}

fn inputs(list: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let mut inputs: Vec<Ident> = Vec::new();
    while !list.is_empty() {
        if !list.peek(Ident) {
            return Err(list.error("the inputs of a layer are names: `(x)`, `(query, value)`"));
        }
        let name: Ident = list.parse()?;
        if list.peek(Token![:]) {
            return Err(list.error(format!(
                "an input has no type, since the layer is called with tensors of any shape: `({name})`; arguments come in \
                 parentheses before it"
            )));
        }
        if inputs.contains(&name) {
            return Err(syn::Error::new(name.span(), format!("there are two inputs called `{name}`; rename one")));
        }
        inputs.push(name);
        if !list.is_empty() {
            comma(list, "inputs are separated by commas")?;
        }
    }
    Ok(inputs)
}
