//! The constants of the inputs and of the layers: where every shape rule is evaluated and reported.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use syn::spanned::Spanned;

use super::{
    given,
    names::{Names, number},
    wrapped,
};
use crate::{
    graph::{CallParameterOf, Dtype, Graph, LayerNode, OutputNode, place},
    table,
};

/// All of them: free constants, and the associated ones of the hidden type for what depends on const parameters.
pub(super) fn constants(graph: &Graph, names: &Names) -> TokenStream {
    let (mut free, mut associated) = (stated_types(graph, names), TokenStream::new());
    for (at, input) in graph.inputs.iter().enumerate() {
        let (dims, ident) = (names.input_lengths(at), names.input_ident(at));
        for (length, dim) in names.constant_lengths(at) {
            free.extend(quote_spanned!(names.span=> const #length: usize = #dim;));
        }
        let path = quote_spanned!(input.span=> ::keras::__private::input_spec);
        let dtype = dtype(input.dtype, names.span);
        let arguments = group(input.paren, quote!(&[#(#dims),*], #dtype));
        let constant = quote_spanned!(names.span=> const #ident: ::keras::__private::TensorSpec = #path #arguments;);
        if graph.inputs[at].depends_on_generics { &mut associated } else { &mut free }.extend(constant);
    }
    let (written_before, mut declared) = (written_before(graph, names), HashSet::new());
    for (at, call) in graph.calls.iter().enumerate() {
        let layer = &graph.layers[call.layer];
        if call.ordinal == 0 {
            free.extend(aliases(layer, names.span, &mut declared));
            let function = make(graph, names, call.layer, layer);
            if layer.depends_on_generics { &mut associated } else { &mut free }.extend(function);
        }
        if names.depends(at) {
            associated.extend(dependent(graph, names, at));
        } else {
            free.extend(made(graph, names, at));
            let (ident, rule) = (names.built_ident(at), rule(graph, names, at));
            let (kind, name) = (&layer.kind, &layer.name_text);
            let value = match &layer.error {
                Some(error) if call.ordinal == 0 => error.to_compile_error(),
                _ if call.ordinal == 0 => {
                    let path = quote_spanned!(layer.span=> ::keras::__private::check);
                    let arguments = group(layer.paren, quote_spanned!(layer.span=> #rule, #kind, #name));
                    quote!(#path #arguments)
                }
                _ => {
                    let first = names.built_ident(layer.first_call);
                    let path = quote_spanned!(call.span=> ::keras::__private::check_shared);
                    let arguments = quote_spanned!(call.span=> (#rule, &#first, #kind, #name));
                    quote!(#path #arguments)
                }
            };
            // A block or a loop's body is written once and called again: what is wrong in it is wrong at its first call.
            let value = match written_before[at] {
                Some(first) => {
                    let first = names.built_ident(first);
                    quote_spanned!(names.span=> { let _ = #first; #value })
                }
                None => value,
            };
            free.extend(quote_spanned!(names.span=> const #ident: ::keras::__private::Built = #value;));
            if at % DEPTH == DEPTH - 1 {
                free.extend(landing(ident, names));
            }
        }
        for output in 1..call.outputs {
            let (ident, built, nth) = (names.output_ident(at, output), names.built(at), number(output));
            if names.depends(at) {
                associated.extend(quote_spanned! {names.span=>
                    const #ident: ::keras::__private::TensorSpec = #built.nth_output(#nth);
                });
                continue;
            }
            // On the name that the output is bound to: it is what there is too much of. The first such is reported.
            let span = graph.tensors[call.output + output].span;
            let before = (output > 1).then(|| {
                let before = names.output_ident(at, output - 1);
                quote_spanned!(names.span=> let _ = #before;)
            });
            let (kind, name) = (&layer.kind, &layer.name_text);
            let path = quote_spanned!(span=> ::keras::__private::nth_output);
            let arguments = quote_spanned!(span=> (&#built, #nth, #kind, #name));
            free.extend(quote_spanned! {names.span=>
                const #ident: ::keras::__private::TensorSpec = { #before #path #arguments };
            });
        }
    }
    if names.is_generic() {
        let (parameters, hidden) = (&names.parameters, names.hidden());
        let check = check(graph, names);
        let default_check = default_check(graph, names);
        let ident = names.hidden_ident();
        quote_spanned! {names.span=>
            #free
            struct #ident<#parameters>;
            impl<#parameters> #hidden {
                #associated
                #check
            }
            #default_check
        }
    } else {
        let (output_checks, float_check) = (output_checks(graph, names), float_check(graph, names));
        quote_spanned!(names.span=> #free #(#output_checks)* #float_check)
    }
}

/// For each call the first one that stands at the same place of the listing, if there is one before it.
fn written_before(graph: &Graph, names: &Names) -> Vec<Option<usize>> {
    let mut first_at = HashMap::new();
    let calls = graph.calls.iter().enumerate();
    calls
        .map(|(at, call)| {
            let span = if call.ordinal == 0 { graph.layers[call.layer].paren } else { call.span };
            let first = *first_at.entry(place(span)?).or_insert(at);
            (first < at && !names.depends(first)).then_some(first)
        })
        .collect()
}

/// After so many calls, rustc is made to evaluate the last one's constant.
const DEPTH: usize = 16;

/// Makes rustc evaluate a constant where it stands. Else it would start from the last layer, whose constant waits for the one
/// before, and that for the one before: of a model of 128 layers in a row it says that `queries overflow the depth limit`.
///
/// A type is evaluated when signatures are checked.
fn landing(ident: &Ident, names: &Names) -> TokenStream {
    let function = quote::format_ident!("reach_{ident}", span = names.span);
    quote_spanned! {names.span=>
        const _: () = {
            fn #function(_: [(); { 0 * #ident.output().rank() }]) {}
        };
    }
}

/// The names of the types of layers that the macros do not know: such a type depends on no const parameter.
pub(super) fn aliases(layer: &LayerNode, span: proc_macro2::Span, declared: &mut HashSet<Ident>) -> TokenStream {
    let alias = |part: &LayerNode| {
        let (alias, path) = (part.alias.as_ref().filter(|_| layer.error.is_none())?, &part.path);
        declared.insert(alias.clone()).then(|| quote_spanned!(span=> type #alias = #path;))
    };
    layer.with_arguments().into_iter().filter_map(alias).collect()
}

/// `const fn build_dense(input: Dims) -> (impl Layer, Result<Built, ShapeError>)`: the only place of the user's arguments.
fn make(graph: &Graph, names: &Names, at: usize, layer: &LayerNode) -> TokenStream {
    if layer.error.is_some() {
        // The layer's constant reports it; the passes need something to call.
        let (ident, given) = (names.make(at), given::parameters(layer, names.span, false));
        let anything = &names.anything;
        return quote_spanned! {names.span=>
            const fn #ident<#anything>(
                _: #anything #given
            ) -> (::keras::__private::Unusable, ::keras::__private::BuildResult)
            where
                #anything: Copy,
            {
                (::keras::__private::Unusable, Ok(::keras::__private::Built::new(::keras::__private::Dims::SCALAR)))
            }
        };
    }
    let ident = names.make(at);
    let expression = &layer.expression;
    let call = &graph.calls[layer.first_call];
    let input = if call.takes_list { quote!(&[::keras::__private::Dims]) } else { quote!(::keras::__private::Dims) };
    // On the call's own span: a layer that takes another number of inputs is reported there.
    let span = call.span.resolved_at(names.span);
    let given = Ident::new("input", span);
    let holder = Ident::new("layer", span);
    let variables = wrapped::variables(layer, names.span);
    let exit = quote_spanned!(names.span=> return);
    let (statements, declarations) = wrapped::declarations(layer, &holder, &given, &[], &exit, names.span);
    let build = wrapped::rule(layer, quote_spanned!(span=> #holder.build(#given #declarations)), names.span);
    let checked = wrapped::checked(layer, &Ident::new("layer", names.span), call.takes_list, names.span);
    // On the layer's name: what is no layer is reported there.
    let here = layer.span.resolved_at(names.span);
    // The layer borrows nothing of the dimensions. Said only where there is a reference: `use<W>` is not the const parameter if there
    // is a type of its name.
    let captured = layer.depends_on_generics.then(|| names.captured());
    let borrows = call.takes_list || layer.call_parameters.iter().any(|it| it.of == CallParameterOf::Tensors);
    let captures = borrows.then(|| quote_spanned!(here=> + use<#captured>));
    let output = quote_spanned! {here=>
        (impl ::keras::__private::Layer #captures, ::keras::__private::BuildResult)
    };
    let made = match layer.built_in {
        Some(_) => quote_spanned!(here=> (layer, #build)),
        // A custom layer that is not `Copy` would be borrowed after it was moved, which is a second error.
        None => quote_spanned!(names.span=> let built = #build; (layer, built)),
    };
    // A layer that `layer!` declares keeps its plan; any other does not change.
    let mutable = wrapped::mutable(layer, names.span);
    let (parameters, builders) = (given::parameters(layer, names.span, true), given::builders(layer, names.span));
    let parts = layer.with_arguments();
    // If a custom layer has no such function, these say so, and that a layer of Keras is not available.
    let is_unavailable = parts.iter().any(|part| table::is_unavailable(&part.path));
    let (module, family) = if is_unavailable { ("layers", "Unavailable") } else { ("model", "WithoutLayer") };
    let module = Ident::new(module, names.span);
    let missing = parts.iter().filter(|part| part.built_in.is_none() && part.positional < 4).map(|part| {
        let without_layer = quote::format_ident!("{family}{}", part.positional, span = names.span);
        quote_spanned! {names.span=>
            #[allow(unused_imports)]
            use ::keras::#module::#without_layer as _;
        }
    });
    quote_spanned! {names.span=>
        const fn #ident(#given: #input #parameters) -> #output {
            #(#missing)*
            #variables
            let #mutable layer = #expression;
            #builders
            #checked
            #statements
            #made
        }
    }
}

/// The statements that make a layer without a model and its declaration for an input, and the pair of both.
pub(crate) fn by_itself(node: &LayerNode, holder: &Ident, input: &Ident) -> TokenStream {
    let span = holder.span();
    let alias = |part: &LayerNode| {
        let (alias, path) = (part.alias.as_ref()?, &part.path);
        Some(quote_spanned!(span=> type #alias = #path;))
    };
    let aliases = node.with_arguments().into_iter().filter_map(alias);
    let (variables, expression) = (wrapped::variables(node, span), &node.expression);
    let exit = quote_spanned!(span=> return);
    let (statements, declarations) = wrapped::declarations(node, holder, input, &[], &exit, span);
    let mutable = wrapped::mutable(node, span);
    let here = node.span.resolved_at(span);
    let build = quote_spanned!(here=> #holder.build(#input #declarations));
    quote_spanned! {span=>
        #(#aliases)*
        #variables
        let #mutable #holder = #expression;
        #statements
        let built = #build;
        (#holder, built)
    }
}

/// The functions that give the layer of a call: one with the result of `build`, one without. Its type has no name, and so no constant can
/// hold it; and a function is not evaluated again for the bounds of another one that calls it.
fn made(graph: &Graph, names: &Names, at: usize) -> TokenStream {
    let call = &graph.calls[at];
    let (make, inputs) = (names.make_path(call.layer), names.inputs(call));
    let (made, layer) = (names.made(at), names.layer(at));
    // On the layer's name: what fails in its arguments is reported there.
    let span = graph.layers[call.layer].span.resolved_at(names.span);
    let value = quote_spanned!(span=> #make(#inputs));
    // On the model's name: rustc folds the notes that a layer before it failed.
    quote_spanned! {names.span=>
        const fn #made() -> &'static (impl ::keras::__private::Layer + use<>, ::keras::__private::BuildResult) {
            &const { #value }
        }
        const fn #layer() -> &'static (impl ::keras::__private::Layer + use<>) {
            &const { #made().0 }
        }
    }
}

/// What the layer's rule says of a call: a `Result`.
fn rule(graph: &Graph, names: &Names, at: usize) -> TokenStream {
    let call = &graph.calls[at];
    let outputs = number(call.outputs);
    let span = graph.layers[call.layer].span;
    let specs = call.inputs.iter().map(|&tensor| names.spec(tensor));
    let made = if names.depends(at) {
        let (make, inputs) = (names.make_path(call.layer), names.inputs(call));
        quote_spanned!(span=> &#make(#inputs))
    } else {
        let made = names.made(at);
        quote_spanned!(span=> #made())
    };
    quote_spanned!(span=> ::keras::__private::called(#made, &[#(#specs),*], #outputs))
}

/// A dtype in generated code.
pub(super) fn dtype(dtype: Dtype, span: proc_macro2::Span) -> TokenStream {
    let variant = quote::format_ident!("{dtype:?}", span = span);
    quote_spanned!(span=> ::keras::__private::Dtype::#variant)
}

/// The constants of a call that depends on const parameters: the `Result`, and a `Built` in any case.
fn dependent(graph: &Graph, names: &Names, at: usize) -> TokenStream {
    let call = &graph.calls[at];
    let layer = &graph.layers[call.layer];
    let (ident, hidden, mut value) = (names.built_ident(at), names.hidden(), rule(graph, names, at));
    let (result, built) = (names.result_ident(at), names.or_empty_ident(at));
    if call.outputs > 1 {
        let outputs = number(call.outputs);
        value = quote_spanned!(names.span=> ::keras::__private::with_outputs(#value, #outputs));
    }
    // The first error of the calls before it, if they depend on parameters too.
    for &tensor in &call.inputs {
        if let Some((before, _)) = graph.tensors[tensor].maker
            && names.depends(before)
        {
            let before = names.result_ident(before);
            value = quote_spanned!(names.span=> match #hidden::#before { Ok(_) => #value, Err(error) => Err(error) });
        }
    }
    if let Some(error) = &layer.error {
        value = error.to_compile_error();
    }
    let (kind, name) = (&layer.kind, &layer.name_text);
    let (span, paren) = if call.ordinal == 0 { (layer.span, layer.paren) } else { (call.span, call.span) };
    let report = quote_spanned!(span=> ::keras::__private::check);
    let arguments = group(paren, quote_spanned!(span=> #hidden::#result, #kind, #name));
    quote_spanned! {names.span=>
        const #result: ::keras::__private::BuildResult = #value;
        const #built: ::keras::__private::Built = ::keras::__private::built_or_empty(#hidden::#result);
        const #ident: ::keras::__private::Built = #report #arguments;
    }
}

/// `CHECK` reports the first error of an instantiated model; `error` hands it to an outer one.
fn check(graph: &Graph, names: &Names) -> TokenStream {
    let hidden = names.hidden();
    let dependent = || (0..graph.calls.len()).filter(|&call| names.depends(call));
    let failures = dependent().map(|call| {
        let (result, name) = (names.result_ident(call), &graph.layers[graph.calls[call].layer].name_text);
        quote_spanned!(names.span=> if let Err(error) = #hidden::#result { return Some(error.within(#name)); })
    });
    let reports =
        dependent().map(|call| names.built_ident(call)).chain(stated_outputs(graph, names).map(|(ident, ..)| ident));
    let specs = graph.outputs.iter().map(|output| names.spec(output.tensor));
    let (output_checks, float_check, float_outputs) =
        (output_checks(graph, names), float_check(graph, names), &names.float_outputs);
    quote_spanned! {names.span=>
        #(#output_checks)*
        #float_check
        const fn error() -> Option<::keras::__private::ShapeError> {
            #(#failures)*
            #(if let Some(error) = ::keras::__private::float_output(#specs) { return Some(error); })*
            None
        }
        const CHECK: () = {
            #(let _ = #hidden::#reports;)*
            let _ = #hidden::#float_outputs;
        };
    }
}

/// The outputs that the listing states, each with the name of the constant that compares it.
fn stated_outputs<'a>(
    graph: &'a Graph,
    names: &'a Names<'_>,
) -> impl Iterator<Item = (&'a Ident, TokenStream, &'a OutputNode)> {
    let with_name = |(at, (_, output))| (names.stated_output_ident(at), names.stated_type(at), output);
    graph.header.outputs().into_iter().zip(&graph.outputs).enumerate().map(with_name)
}

/// The aliases of the outputs that the listing states: each is written once, so that a mistake in it is reported once.
fn stated_types(graph: &Graph, names: &Names) -> TokenStream {
    let parameters = &names.parameters;
    let alias = |(at, stated): (usize, &syn::Type)| {
        let ident = names.stated_type_ident(at);
        quote_spanned!(names.span=> type #ident<#parameters> = #stated;)
    };
    graph.header.outputs().into_iter().enumerate().map(alias).collect()
}

/// Compares the outputs with what the listing states.
fn output_checks(graph: &Graph, names: &Names) -> Vec<TokenStream> {
    let check = |(ident, stated, output): (&Ident, TokenStream, &OutputNode)| {
        let computed = names.dims(output.tensor);
        let compared = quote_spanned! {stated.span()=>
            ::keras::__private::check_output(#computed, <#stated as ::keras::__private::Shape>::DIMS)
        };
        quote_spanned!(names.span=> const #ident: () = #compared;)
    };
    stated_outputs(graph, names).map(check).collect()
}

/// The constant that checks that all outputs are of floats.
fn float_check(graph: &Graph, names: &Names) -> TokenStream {
    let (ident, specs) = (&names.float_outputs, graph.outputs.iter().map(|output| names.spec(output.tensor)));
    quote_spanned!(names.span=> const #ident: () = { #(::keras::__private::check_float_output(#specs);)* };)
}

/// Const parameters that all have defaults are checked with them, by `cargo check` already.
fn default_check(graph: &Graph, names: &Names) -> TokenStream {
    let parameters = graph.header.generics.const_params();
    let defaults: Option<Vec<_>> =
        parameters.map(|parameter| parameter.default.clone().map(|(_, default)| default)).collect();
    match defaults {
        Some(defaults) => {
            let ident = names.hidden_ident();
            quote_spanned!(names.span=> const _: () = #ident::<#({ #defaults }),*>::CHECK;)
        }
        None => TokenStream::new(),
    }
}

/// Arguments in the user's own parentheses, so that rustc underlines the whole call.
fn group(paren: proc_macro2::Span, arguments: TokenStream) -> TokenTree {
    let mut group = Group::new(Delimiter::Parenthesis, arguments);
    group.set_span(paren);
    TokenTree::Group(group)
}
