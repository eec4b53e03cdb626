//! Layers that are arguments of another one.
//!
//! The function that makes the outer layer makes them first. The outer layer says what goes into them, each declares itself for
//! that, and the outer one builds with their declarations:
//!
//! ```text
//! let wrapped_0 = <Dense>::layer(8);
//! let layer = <TimeDistributed<_>>::layer(wrapped_0);
//! let wrapped_0_input = layer.inner_input(input)?;
//! let wrapped_0_built = argument((wrapped_0, wrapped_0.build(wrapped_0_input)), wrapped_0_input, &["dense"])?;
//! (layer, layer.build(input, wrapped_0_built))
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use crate::graph::{LayerArgument, LayerNode};

/// Looks at the `build` of a layer that the macros do not know, before it is called: rustc has no words for it if it takes something
/// else.
pub(super) fn checked(layer: &LayerNode, variable: &Ident, takes_list: bool, span: Span) -> Option<TokenStream> {
    if layer.built_in.is_some() {
        return None;
    }
    let here = layer.span.resolved_at(span);
    let (function, any_build) = match takes_list {
        true => ("layer_with_a_list_of_inputs", "AnyBuildOfList"),
        false => ("layer_with_one_input", "AnyBuild"),
    };
    let (function, any_build) = (Ident::new(function, here), Ident::new(any_build, span));
    let mut path = layer.path();
    if let Some(alias) = path.segments.last_mut().filter(|_| layer.alias.is_some()) {
        alias.ident.set_span(here);
    }
    let function = quote_spanned!(here=> ::keras::__private::#function);
    let build = quote_spanned!(here=> <#path>::build);
    Some(quote_spanned! {span=>
        #[allow(unused_mut)]
        let mut #variable = {
            #[allow(unused_imports)]
            use ::keras::__private::#any_build as _;
            #function(#variable, #build)
        };
    })
}

/// What stands before the variable of a layer, or of one that has such among its arguments, if its `build` may change it.
pub(super) fn mutable(layer: &LayerNode, span: Span) -> Option<TokenStream> {
    layer.with_arguments().iter().any(|part| part.built_in.is_none()).then(|| quote_spanned!(span=> mut))
}

/// A call of a layer's `build`. If a custom layer has none, it says so.
pub(super) fn rule(layer: &LayerNode, call: TokenStream, span: Span) -> TokenStream {
    if layer.built_in.is_some() {
        return call;
    }
    quote_spanned! {span=>
        {
            #[allow(unused_imports)]
            use ::keras::model::WithoutBuild as _;
            #call
        }
    }
}

/// The variables of the layers that are arguments, each after those of its own arguments.
pub(super) fn variables(layer: &LayerNode, span: Span) -> TokenStream {
    let variable = |LayerArgument { node, variable, .. }: &LayerArgument| {
        let (before, expression) = (variables(node, span), &node.expression);
        let (checked, mutable) = (checked(node, variable, false, span), mutable(node, span));
        quote_spanned!(span=> #before let #mutable #variable = #expression; #checked)
    };
    layer.given_layers().map(variable).collect()
}

/// The variables of a layer that is an argument: itself, its input and its declaration.
pub(super) fn names(argument: &LayerArgument) -> [Ident; 3] {
    let LayerArgument { variable, .. } = argument;
    let span = variable.span();
    [variable.clone(), format_ident!("{variable}_input", span = span), format_ident!("{variable}_built", span = span)]
}

/// Statements that make the declarations of a layer's arguments, and what `build` is given of them, each with a comma before it.
/// The path is that of the layer in the outermost one; an error leaves the function or the block by `exit`.
pub(super) fn declarations(
    layer: &LayerNode,
    holder: &Ident,
    input: &Ident,
    path: &[&str],
    exit: &TokenStream,
    span: Span,
) -> (TokenStream, TokenStream) {
    let statements = layer.given_layers().map(|argument| declaration(argument, holder, input, path, exit, span));
    // An argument that its `build` has changed is given once more.
    let again = (layer.given_layers().next().is_some() && mutable(layer, span).is_some()).then(|| {
        let expression = &layer.expression;
        quote_spanned!(span=> #holder = #expression;)
    });
    let statements: TokenStream = statements.chain(again).collect();
    let given = layer.layers.iter().map(|argument| match argument {
        None => quote_spanned!(span=> , ::core::option::Option::None),
        Some(argument) => {
            let [.., built] = names(argument);
            if argument.required {
                quote_spanned!(span=> , #built)
            } else {
                quote_spanned!(span=> , ::core::option::Option::Some(#built))
            }
        }
    });
    (statements, given.collect())
}

/// The statements of one argument.
fn declaration(
    argument: &LayerArgument,
    holder: &Ident,
    input: &Ident,
    path: &[&str],
    exit: &TokenStream,
    span: Span,
) -> TokenStream {
    let ([variable, inner_input, inner_built], node) = (names(argument), &argument.node);
    // What a layer says of its input is its own error: of the outermost one, which is named anyway, or of one within.
    let taken = or_return(&quote_spanned!(span=> #holder.inner_input(#input)), path.last().copied(), exit, span);
    let name = &*node.name_text;
    let path: Vec<&str> = path.iter().copied().chain([name]).collect();
    let (statements, declarations) = declarations(node, &variable, &inner_input, &path, exit, span);
    // On the layer's own parentheses: a layer whose rule takes something else is reported there.
    let here = node.paren.resolved_at(variable.span());
    let (mut holder, mut given) = (variable.clone(), inner_input.clone());
    holder.set_span(here);
    given.set_span(here);
    let rule = rule(node, quote_spanned!(here=> #holder.build(#given #declarations)), span);
    let rule = match node.built_in {
        Some(_) => quote_spanned!(span=> (#variable, #rule)),
        None => quote_spanned!(span=> { let built = #rule; (#variable, built) }),
    };
    let made = quote_spanned!(span=> ::keras::__private::argument(#rule, #inner_input, &[#(#path),*]));
    let found = or_return(&made, Some(name), exit, span);
    quote_spanned! {span=>
        let #inner_input = #taken;
        #statements
        let #inner_built = #found;
    }
}

/// A value, or the error in its place: that of the layer of this name, if one is given.
fn or_return(value: &TokenStream, within: Option<&str>, exit: &TokenStream, span: Span) -> TokenStream {
    let within = within.map(|name| quote_spanned!(span=> .within(#name)));
    quote_spanned! {span=>
        match #value {
            ::core::result::Result::Ok(wrapped) => wrapped,
            ::core::result::Result::Err(error) => #exit (layer, ::core::result::Result::Err(error #within)),
        }
    }
}
