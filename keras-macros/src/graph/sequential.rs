//! `sequential!`: each layer takes the output of the one before it.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Error, Expr, spanned::Spanned};

use super::{
    Dtype, Failure, Graph,
    build::{Builder, spread},
    layers::Bound,
};
use crate::{
    operations::{self, MadeOf, Operation},
    parse::{Argument, Arguments, Listed, Sequential},
    suggestions::did_you_mean,
    table,
};

/// The graph of a listing; or its header, and what is wrong.
pub(crate) fn sequential(parsed: Sequential) -> Result<Graph, Box<Failure>> {
    let Sequential { header, layers } = parsed;
    let layers = match layers {
        Ok(layers) => layers,
        Err(error) => return Err(Failure::new(header, vec![error])),
    };
    let span = header.ident.span();
    let mut builder = Builder::new(header);
    let Some((first, rest)) = layers.split_first() else {
        builder
            .error(span, "the model is empty; it starts with its input, `Input(28, 28, 1)`, and then lists its layers");
        return builder.finish(Vec::new());
    };
    let name = Ident::new("input_layer", Span::mixed_site().located_at(first.path.span()));
    let mut tensor;
    if is_input(first) {
        tensor = builder.input(name, first);
    } else {
        let (dims, arguments) = match input_argument(first) {
            Ok(Some(found)) => found,
            Ok(None) => {
                builder.error(
                    first.path.span(),
                    "a model starts with its input: `Input(28, 28, 1)`, or `input_shape = (28, 28, 1)` in its first layer",
                );
                return builder.finish(Vec::new());
            }
            Err(error) => {
                builder.errors.push(error);
                return builder.finish(Vec::new());
            }
        };
        tensor = builder.input_of(
            name,
            "input_layer".to_owned(),
            dims,
            Dtype::default(),
            first.path.span(),
            first.arguments.span(),
        );
        let layer = builder.layer(&first.path, &arguments, &|_| Bound::Nothing);
        builder.graph.layers[layer].docs.clone_from(&first.docs);
        tensor = builder.call_with_one(layer, tensor, first.path.span());
    }
    for listed in rest {
        if builder.has_stopped() {
            break;
        }
        if is_input(listed) {
            builder.error(listed.path.span(), "Input comes first, and only once; with several inputs use `model!`");
            continue;
        }
        let Some(layer) = listed_layer(&mut builder, listed) else { break };
        builder.graph.layers[layer].docs.clone_from(&listed.docs);
        tensor = builder.call_with_one(layer, tensor, listed.path.span());
    }
    if builder.errors.is_empty() && tensor < builder.graph.inputs.len() {
        builder.error(span, "the model has an input and no layer; list its layers after Input");
    }
    builder.finish(if tensor < 1 { Vec::new() } else { vec![(tensor, span)] })
}

/// A layer of the list, or an operation of one tensor.
fn listed_layer(builder: &mut Builder, listed: &Listed) -> Option<usize> {
    let Some(name) = listed.path.get_ident().filter(|name| name.to_string().starts_with(char::is_lowercase)) else {
        return Some(builder.layer(&listed.path, &listed.arguments, &|_| Bound::Nothing));
    };
    let (at, paren) = (name.span(), listed.arguments.span());
    let name = name.to_string();
    let message = match operations::find(&name) {
        Some(Operation { made_of: MadeOf::Operator(_), .. }) => {
            format!("`{name}` takes two tensors, but a layer in `sequential!` is called with one; use `model!`")
        }
        Some(operation) => {
            let arguments = Arguments::from_tokens(listed.arguments.stream());
            let (path, expression) = match arguments {
                Ok(arguments) => operation.layer(at, paren, &arguments),
                Err(error) => (listed.path.clone(), Err(error)),
            };
            return Some(builder.operation(&operation.row, path, paren, expression));
        }
        None => {
            let names = operations::names().chain(table::names());
            let suggestion = did_you_mean(&name, names);
            format!("there is no operation `{name}`{suggestion}")
        }
    };
    builder.error(at, message);
    None
}

fn is_input(listed: &Listed) -> bool {
    listed.path.segments.last().is_some_and(|segment| segment.ident == "Input")
}

/// `input_shape = (8, 8, 1)` or `input_dim = 5` of a first layer: the lengths, and the other arguments.
fn input_argument(listed: &Listed) -> syn::Result<Option<(Vec<Expr>, Group)>> {
    let arguments = Arguments::from_tokens(listed.arguments.stream())?;
    let mut dims = None;
    let mut rest = TokenStream::new();
    for argument in arguments.list {
        match argument {
            Argument::Named(name, value) if name == "input_shape" || name == "input_dim" => {
                if dims.is_some() {
                    return Err(Error::new(name.span(), "the input is given twice; remove `Input` or `input_shape`"));
                }
                dims = Some(spread(value));
            }
            Argument::Named(name, value) => {
                name.to_tokens(&mut rest);
                syn::Token![=](name.span()).to_tokens(&mut rest);
                value.to_tokens(&mut rest);
                syn::Token![,](name.span()).to_tokens(&mut rest);
            }
            Argument::Positional(value) => {
                let span = value.span();
                value.to_tokens(&mut rest);
                syn::Token![,](span).to_tokens(&mut rest);
            }
        }
    }
    let mut group = Group::new(proc_macro2::Delimiter::Parenthesis, rest);
    group.set_span(listed.arguments.span());
    Ok(dims.map(|dims| (dims, group)))
}
