//! What calls give beside the inputs of their layer's rule: arguments, and the dimensions of inputs that may be left out. They are
//! parameters of the function that makes the layer, which hands them to builder methods of their names.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};

use super::names::Names;
use crate::{
    graph::{Call, CallParameter, CallParameterOf, LayerNode},
    kinds::Kind,
};

/// What such a parameter is called.
pub(super) fn name(parameter: &CallParameter, span: Span) -> Ident {
    format_ident!("given_{}", parameter.name, span = span)
}

/// The types of the parameters, each with a comma before it.
pub(super) fn parameters(layer: &LayerNode, span: Span, named: bool) -> TokenStream {
    let parameter = |parameter: &CallParameter| {
        let of = match parameter.of {
            CallParameterOf::Argument(Kind::Bool) => quote_spanned!(span=> ::core::primitive::bool),
            CallParameterOf::Argument(Kind::Integer) => quote_spanned!(span=> ::core::primitive::usize),
            CallParameterOf::Argument(_) => quote_spanned!(span=> ::core::primitive::f32),
            CallParameterOf::Tensor => quote_spanned!(span=> ::keras::__private::Dims),
            CallParameterOf::Tensors => quote_spanned!(span=> &[::keras::__private::Dims]),
        };
        let name = if named { name(parameter, span).to_token_stream() } else { quote_spanned!(span=> _) };
        quote_spanned!(span=> , #name: ::core::option::Option<#of>)
    };
    layer.call_parameters.iter().map(parameter).collect()
}

/// Statements that hand them to the layer.
pub(super) fn builders(layer: &LayerNode, span: Span) -> TokenStream {
    let builder = |parameter: &CallParameter| {
        let (given, method) = (name(parameter, span), Ident::new(parameter.name, span));
        quote_spanned! {span=>
            let layer = match #given {
                ::core::option::Option::Some(given) => layer.#method(given),
                ::core::option::Option::None => layer,
            };
        }
    };
    layer.call_parameters.iter().map(builder).collect()
}

/// What a call gives for them, each with a comma before it.
pub(super) fn arguments(call: &Call, layer: &LayerNode, names: &Names) -> TokenStream {
    let span = names.span;
    let given = |parameter: &CallParameter| {
        let argument = call.arguments.iter().find(|argument| argument.name == parameter.name);
        let input = call.named_inputs.iter().find(|input| input.name == parameter.name);
        let value = match (argument, input) {
            (Some(argument), _) => Some(argument.value.clone()),
            (None, Some(input)) => {
                let dims = call.inputs[input.place.clone()].iter().map(|&tensor| names.dims(tensor));
                let list = quote_spanned!(span=> #(#dims),*);
                Some(if input.is_list { quote_spanned!(span=> &[#list]) } else { list })
            }
            (None, None) => None,
        };
        match value {
            Some(value) => quote_spanned!(span=> , ::core::option::Option::Some(#value)),
            None => quote_spanned!(span=> , ::core::option::Option::None),
        }
    };
    layer.call_parameters.iter().map(given).collect()
}
