//! What `layer!` becomes: the struct with its arguments, `build`, which plans the graph, and the passes.
//!
//! ```text
//! pub struct Linear { units: usize, __parts: Option<Parts<(WeightProduct,), (CallPlan<1, 1>,), 1, 1>> }
//!
//! impl Linear {
//!     pub const fn layer(units: usize) -> Self { … }
//!     pub const fn build(&mut self, input: Dims) -> Result<Built, ShapeError> {
//!         let tensor_0 = TensorSpec::new(input);
//!         let (layer_0, built_0) = …;                      // each layer, and what it is for its inputs
//!         let graph = Graph { … };                         // borrows these
//!         let plan = Plan::<2>::new(graph);
//!         self.__parts = Some(Parts::new(&plan, graph, (layer_0,), (plan.call(graph, 0),)));
//!         composed(graph, …)
//!     }
//! }
//!
//! impl Composite for Linear { … }                          // a line for each call, as in a model
//! ```

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Path, PathArguments, parse_quote_spanned};

use super::{names::number, wrapped};
use crate::{
    graph::{Call, CallParameterOf, Composition, Graph, LayerNode, LayerParameter, tensor_ident},
    kinds::Kind,
};

/// Generates everything for a layer.
pub(crate) fn composite(composition: &Composition) -> TokenStream {
    let Composition { graph, arguments } = composition;
    let span = graph.header.ident.span().resolved_at(Span::mixed_site());
    let (attributes, visibility, ident) = (&graph.header.attributes, &graph.header.visibility, &graph.header.ident);
    let types: Vec<TokenStream> = arguments.iter().map(|argument| stored(argument, span)).collect();
    let names: Vec<&Ident> = arguments.iter().map(|argument| &argument.declared.name).collect();
    let (required, required_types): (Vec<&Ident>, Vec<&TokenStream>) = names
        .iter()
        .copied()
        .zip(&types)
        .zip(arguments)
        .filter(|(_, it)| it.default.is_none())
        .map(|(pair, _)| pair)
        .unzip();
    let values = arguments.iter().map(|LayerParameter { declared, default, .. }| {
        let name = &declared.name;
        default.clone().map_or_else(|| quote!(#name), |default| quote!(#name: #default))
    });
    let setters =
        names.iter().zip(&types).zip(arguments).filter(|(_, it)| it.default.is_some()).map(|((name, of), it)| {
            let docs = &it.declared.docs;
            let doc = format!(" Sets `{name}`.");
            quote_spanned! {span=>
                #[doc = #doc]
                #(#docs)*
                #[must_use]
                pub const fn #name(mut self, #name: #of) -> Self {
                    self.#name = #name;
                    self
                }
            }
        });
    let parts = parts(graph, span);
    let build = build(composition, span);
    let passes = passes(graph, span);
    let configured = arguments.iter().filter(|it| it.kind.is_some_and(|kind| kind != Kind::Padding)).map(|it| {
        let (name, text) = (&it.declared.name, it.declared.name.to_string());
        quote_spanned!(span=> .with(#text, self.#name))
    });
    quote_spanned! {span=>
        #(#attributes)*
        #[derive(Clone, Copy)]
        #visibility struct #ident {
            #(#names: #types,)*
            #[doc(hidden)]
            __parts: ::core::option::Option<#parts>,
        }

        #[allow(dead_code, unreachable_pub, unused_mut, unused_variables, unused_braces, unused_parens)]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        const _: () = {
            impl #ident {
                /// The layer with these arguments.
                pub const fn layer(#(#required: #required_types),*) -> Self {
                    Self { #(#values,)* __parts: ::core::option::Option::None }
                }

                #(#setters)*

                #build
            }

            impl ::keras::__private::Layer for #ident {
                fn forward(&self, pass: ::keras::__private::Forward<'_>) {
                    ::keras::__private::forward(self, pass);
                }
                fn backward(&self, pass: ::keras::__private::Backward<'_>) {
                    ::keras::__private::backward(self, pass);
                }
                ::keras::__private::with_std! {
                    fn config(&self) -> ::keras::config::Config {
                        ::keras::config::Config::of::<Self>()#(#configured)*
                    }
                }
            }

            #passes
        };
    }
}

/// The type of an argument: one of Keras' kinds by its name alone.
fn stored(argument: &LayerParameter, span: Span) -> TokenStream {
    match argument.kind {
        Some(Kind::Activation) => quote_spanned!(span=> ::keras::activations::Activation),
        Some(Kind::Initializer) => quote_spanned!(span=> ::keras::initializers::Initializer),
        Some(Kind::Regularizer) => quote_spanned!(span=> ::keras::regularizers::Regularizer),
        Some(Kind::Constraint) => quote_spanned!(span=> ::keras::constraints::Constraint),
        Some(Kind::Padding) => quote_spanned!(span=> ::keras::layers::Padding),
        _ => argument.declared.of.to_token_stream(),
    }
}

/// The type of a layer in the body: one that the macros do not know may be a model.
fn layer_type(layer: &LayerNode, span: Span) -> TokenStream {
    let mut path: Path = layer.path.clone();
    let types: Vec<TokenStream> = layer.given_layers().map(|argument| layer_type(&argument.node, span)).collect();
    if !types.is_empty()
        && let Some(last) = path.segments.last_mut()
    {
        last.arguments = PathArguments::AngleBracketed(parse_quote_spanned!(span=> <#(#types),*>));
    }
    match layer.built_in {
        Some(_) => path.to_token_stream(),
        None => quote_spanned!(span=> <#path as ::keras::__private::Listed>::Layer),
    }
}

/// The type of what `build` leaves in the layer.
fn parts(graph: &Graph, span: Span) -> TokenStream {
    let layers = graph.calls.iter().map(|call| layer_type(&graph.layers[call.layer], span));
    let calls = graph.calls.iter().map(|call| {
        let (inputs, outputs) = (number(call.inputs.len()), number(call.outputs));
        quote_spanned!(span=> ::keras::__private::CallPlan<#inputs, #outputs>)
    });
    let (inputs, outputs) = (number(graph.inputs.len()), number(graph.outputs.len()));
    quote_spanned!(span=> ::keras::__private::Parts<(#(#layers,)*), (#(#calls,)*), #inputs, #outputs>)
}

/// `build`.
fn build(composition: &Composition, span: Span) -> TokenStream {
    let Composition { graph, arguments } = composition;
    let count = graph.inputs.len();
    let (parameter, inputs): (TokenStream, TokenStream) = if count == 1 {
        let tensor = tensor_ident(0, Span::mixed_site());
        (
            quote_spanned!(span=> input: ::keras::__private::Dims),
            quote_spanned!(span=> let #tensor = ::keras::__private::TensorSpec::new(input);),
        )
    } else {
        let tensors = (0..count).map(|at| {
            let (tensor, at) = (tensor_ident(at, Span::mixed_site()), number(at));
            quote_spanned!(span=> let #tensor = ::keras::__private::TensorSpec::new(inputs[#at]);)
        });
        let expected = number(count);
        let template = format!("it takes {count} inputs, but {{0}} are given: call it with a list of {count} tensors");
        (
            quote_spanned!(span=> inputs: &[::keras::__private::Dims]),
            quote_spanned! {span=>
                if inputs.len() != #expected {
                    return ::core::result::Result::Err(
                        ::keras::__private::ShapeError::new(#template).number(inputs.len()),
                    );
                }
                #(#tensors)*
            },
        )
    };
    let arguments = arguments.iter().map(|argument| {
        let name = &argument.declared.name;
        quote_spanned!(span=> let #name = self.#name;)
    });
    let mut declared = HashSet::new();
    let aliases: TokenStream =
        graph.layers.iter().map(|layer| super::layers::aliases(layer, span, &mut declared)).collect();
    let statements = graph.calls.iter().enumerate().map(|(at, call)| made(graph, at, call, span));
    let described = graph.inputs.iter().enumerate().map(|(at, input)| {
        let (name, tensor) = (&input.name_text, tensor_ident(at, Span::mixed_site()));
        quote_spanned!(span=> ::keras::__private::InputDescription {
            name: #name, dims: #tensor.dims, dtype: ::keras::__private::Dtype::Float32
        })
    });
    let calls = graph.calls.iter().enumerate().map(|(at, call)| {
        let (layer, output, built) =
            (number(call.layer), number(call.output), format_ident!("built_{at}", span = span));
        let inputs = call.inputs.iter().map(|&input| number(input));
        quote_spanned!(span=> ::keras::__private::CallDescription {
            layer: #layer, built: &#built, inputs: &[#(#inputs),*], output: #output
        })
    });
    let outputs: Vec<TokenStream> = graph
        .outputs
        .iter()
        .map(|output| {
            let (name, tensor) = (&output.name, number(output.tensor));
            quote_spanned!(span=> ::keras::__private::OutputDescription { name: #name, tensor: #tensor })
        })
        .collect();
    let specs = graph.outputs.iter().map(|output| {
        let tensor = number(output.tensor);
        quote_spanned!(span=> plan.output(graph, #tensor))
    });
    let names = graph.layers.iter().map(|layer| if has_own_weight(layer) { "" } else { &*layer.name_text });
    let (tensors, layers) =
        (number(graph.tensors.len()), (0..graph.calls.len()).map(|at| format_ident!("layer_{at}", span = span)));
    let plans = (0..graph.calls.len()).map(|at| {
        let at = number(at);
        quote_spanned!(span=> plan.call(graph, #at))
    });
    quote_spanned! {span=>
        /// The shape rule: what the layer is for inputs of these dimensions.
        ///
        /// # Errors
        /// If an operation or a layer in its body does not fit what it is given.
        pub const fn build(
            &mut self,
            #parameter,
        ) -> ::core::result::Result<::keras::__private::Built, ::keras::__private::ShapeError> {
            #aliases
            #inputs
            #(#arguments)*
            #(#statements)*
            let graph = ::keras::__private::Graph {
                inputs: &[#(#described),*],
                calls: &[#(#calls),*],
                outputs: &[#(#outputs),*],
                of_a_model: false,
            };
            let plan = ::keras::__private::Plan::<#tensors>::new(graph);
            self.__parts = ::core::option::Option::Some(
                ::keras::__private::Parts::new(&plan, graph, (#(#layers,)*), (#(#plans,)*)),
            );
            ::keras::__private::composed(graph, &[#(#specs),*], plan.memory(), &[#(#names),*])
        }
    }
}

/// Whether a layer of the body is an operation with a weight, which is the declared layer's own.
fn has_own_weight(layer: &LayerNode) -> bool {
    layer.path.segments.iter().any(|segment| segment.ident == "weighted")
}

/// The layer of a call, and what it is for its inputs.
fn made(graph: &Graph, at: usize, call: &Call, span: Span) -> TokenStream {
    let layer = &graph.layers[call.layer];
    let dims = |tensor: usize| {
        let tensor = tensor_ident(tensor, Span::mixed_site());
        quote_spanned!(span=> #tensor.dims)
    };
    let rule_inputs = call.rule_inputs().iter().map(|&tensor| dims(tensor));
    let input = if call.takes_list {
        quote_spanned!(span=> &[#(#rule_inputs),*])
    } else {
        quote_spanned!(span=> #(#rule_inputs)*)
    };
    let exit = quote_spanned!(span=> break 'made);
    let (holder, given) = (Ident::new("layer", span), Ident::new("input", span));
    let variables = wrapped::variables(layer, span);
    let (statements, declarations) = wrapped::declarations(layer, &holder, &given, &[], &exit, span);
    let rule = wrapped::rule(layer, quote_spanned!(span=> #holder.build(#given #declarations)), span);
    let checked = wrapped::checked(layer, &holder, call.takes_list, span);
    let expression = &layer.expression;
    let builders = layer.call_parameters.iter().map(|parameter| {
        let method = Ident::new(parameter.name, span);
        let argument = call.arguments.iter().find(|it| it.name == parameter.name).map(|it| it.value.clone());
        let tensors = call.named_inputs.iter().find(|it| it.name == parameter.name).map(|it| {
            let list = call.inputs[it.place.clone()].iter().map(|&tensor| dims(tensor));
            if parameter.of == CallParameterOf::Tensors {
                quote_spanned!(span=> &[#(#list),*])
            } else {
                quote_spanned!(span=> #(#list)*)
            }
        });
        argument.or(tensors).map(|value| quote_spanned!(span=> layer = layer.#method(#value);))
    });
    let specs = call.inputs.iter().map(|&tensor| tensor_ident(tensor, Span::mixed_site()));
    let (layer_ident, built, outputs) =
        (format_ident!("layer_{at}", span = span), format_ident!("built_{at}", span = span), number(call.outputs));
    let text = layer.text.as_ref();
    let within = match text {
        Some(text) => quote_spanned!(span=> error.within_operation(#text)),
        None => {
            let name = &layer.name_text;
            quote_spanned!(span=> error.within(#name))
        }
    };
    let mut result = quote_spanned!(span=> ::keras::__private::called(&made, &[#(#specs),*], #outputs));
    if call.ordinal > 0 {
        let first = format_ident!("built_{}", layer.first_call, span = span);
        result = quote_spanned!(span=> ::keras::__private::same_weights(#result, &#first));
    }
    let tensors = (0..call.outputs).map(|output| {
        let (tensor, nth) = (tensor_ident(call.output + output, Span::mixed_site()), number(output));
        quote_spanned!(span=> let #tensor = #built.nth_output(#nth);)
    });
    quote_spanned! {span=>
        let made = 'made: {
            #variables
            let mut layer = #expression;
            #(#builders)*
            #checked
            let input = #input;
            #statements
            let built = #rule;
            (layer, built)
        };
        let #layer_ident = made.0;
        let #built = match #result {
            ::core::result::Result::Ok(built) => built,
            ::core::result::Result::Err(error) => return ::core::result::Result::Err(#within),
        };
        #(#tensors)*
    }
}

/// `impl Composite`.
fn passes(graph: &Graph, span: Span) -> TokenStream {
    let ident = &graph.header.ident;
    let call = |method: &str, at: usize| {
        let (method, at) = (Ident::new(method, span), syn::Index::from(at));
        quote_spanned!(span=> pass.#method(|| &parts.layers.#at, &parts.calls.#at);)
    };
    let count = graph.calls.len();
    let infer = (0..count).map(|at| call("call", at));
    let forward = (0..count).map(|at| call("forward", at));
    let backward = (0..count).rev().map(|at| call("backward", at));
    quote_spanned! {span=>
        impl ::keras::__private::Composite for #ident {
            fn ports(&self) -> ::keras::__private::Ports<'_> {
                ::keras::__private::Parts::ports(self.__parts.as_ref())
            }
            fn infer(&self, pass: &mut ::keras::__private::Inference<'_>) {
                let ::core::option::Option::Some(parts) = &self.__parts else { return };
                #(#infer)*
            }
            fn forward(&self, pass: &mut ::keras::__private::Training<'_>) {
                let ::core::option::Option::Some(parts) = &self.__parts else { return };
                #(#forward)*
            }
            fn backward(&self, pass: &mut ::keras::__private::Training<'_>) {
                let ::core::option::Option::Some(parts) = &self.__parts else { return };
                #(#backward)*
            }
        }
    }
}
