//! The graph, the plan of the memory, the plan of each call, and the passes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use super::names::{Names, number};
use crate::graph::{Dtype, Graph};

/// The constants behind the passes. With const parameters they are associated constants of the hidden type.
pub(super) fn constants(graph: &Graph, names: &Names) -> TokenStream {
    let model = graph.header.ident.to_string();
    let functional = graph.header.functional;
    let inputs = graph.inputs.iter().enumerate().map(|(at, input)| {
        let (name, spec) = (&input.name_text, names.input(at));
        quote_spanned!(names.span=> ::keras::__private::InputDescription { name: #name, dims: #spec.dims, dtype: #spec.dtype })
    });
    let layers = graph.layers.iter().map(|layer| {
        let (name, kind, trainable) = (&layer.name_text, &layer.kind, layer.trainable);
        let built = names.built(layer.first_call);
        let (value, frozen) = (layer_value(graph, names, layer.first_call), (!trainable).then(|| quote!(.frozen())));
        quote_spanned!(names.span=> ::keras::__private::LayerDescription::new(#name, #kind, &#built, #value) #frozen)
    });
    let calls = graph.calls.iter().enumerate().map(|(at, call)| {
        let (layer, built, output) = (number(call.layer), names.built(at), number(call.output));
        let inputs = call.inputs.iter().map(|&input| number(input));
        quote_spanned! {names.span=>
            ::keras::__private::CallDescription { layer: #layer, built: &#built, inputs: &[#(#inputs),*], output: #output }
        }
    });
    let outputs = graph.outputs.iter().map(|output| {
        let (name, tensor) = (&output.name, number(output.tensor));
        quote_spanned!(names.span=> ::keras::__private::OutputDescription { name: #name, tensor: #tensor })
    });
    let tensors = number(graph.tensors.len());
    let (description, plan, planned) = (description(names), plan(names), graph_of(names));
    let keyword = if names.is_generic() { quote!(const) } else { quote!(static) };
    let plans = graph.calls.iter().enumerate().map(|(at, call)| {
        let (ident, number_of_call) = (names.call_plan(at), number(at));
        let (inputs, outputs) = (number(call.inputs.len()), number(call.outputs));
        quote_spanned! {names.span=>
            #keyword #ident: ::keras::__private::CallPlan<#inputs, #outputs> = #plan.call(#planned, #number_of_call);
        }
    });
    let description_value = quote_spanned! {names.span=>
        ::keras::__private::Description::new(
            #model,
            #functional,
            &[#(#inputs),*],
            &[#(#layers),*],
            &[#(#calls),*],
            &[#(#outputs),*],
        )
    };
    let plan_value = quote_spanned!(names.span=> ::keras::__private::Plan::new(#planned));
    let description_item =
        shared("DESCRIPTION", &quote_spanned!(names.span=> ::keras::__private::Description), &description_value, names);
    let plan_item =
        shared("PLAN", &quote_spanned!(names.span=> ::keras::__private::Plan<#tensors>), &plan_value, names);
    let constants = quote_spanned! {names.span=>
        #description_item
        #keyword GRAPH: ::keras::__private::Graph<'static> = (#description).graph();
        // As many steps as there are tensors: a large model takes longer than rustc expects of a constant.
        #[allow(long_running_const_eval)]
        #plan_item
        const WORKSPACE: usize = #plan.memory().inference.per_sample + #plan.memory().inference.fixed;
        #(#plans)*
    };
    if names.is_generic() {
        let (parameters, hidden) = (&names.parameters, names.hidden());
        quote_spanned!(names.span=> impl<#parameters> #hidden { #constants })
    } else {
        constants
    }
}

/// A value that all of a model refers to. rustc evaluates a constant again for each set of bounds of the functions that name it,
/// and a static once; but a static cannot depend on const parameters.
fn shared(name: &str, of: &TokenStream, value: &TokenStream, names: &Names) -> TokenStream {
    let ident = proc_macro2::Ident::new(name, names.span);
    if names.is_generic() {
        quote_spanned!(names.span=> const #ident: &'static #of = &#value;)
    } else {
        quote_spanned!(names.span=> static #ident: #of = #value;)
    }
}

/// A reference to a call's layer.
fn layer_value(graph: &Graph, names: &Names, call: usize) -> TokenStream {
    if names.depends(call) {
        let (make, inputs) = (names.make_path(graph.calls[call].layer), names.inputs(&graph.calls[call]));
        quote_spanned!(names.span=> &const { #make(#inputs).0 })
    } else {
        let layer = names.layer(call);
        quote_spanned!(names.span=> #layer())
    }
}

/// A function of a call's layer: in a body with bounds, the layer itself would be evaluated again for these.
fn layer_function(graph: &Graph, names: &Names, call: usize) -> TokenStream {
    if names.depends(call) {
        let value = layer_value(graph, names, call);
        quote_spanned!(names.span=> || #value)
    } else {
        names.layer(call).to_token_stream()
    }
}

/// A reference to `DESCRIPTION`, wherever it is.
pub(super) fn description(names: &Names) -> TokenStream {
    if names.is_generic() {
        constant(names, &quote_spanned!(names.span=> DESCRIPTION))
    } else {
        quote_spanned!(names.span=> &DESCRIPTION)
    }
}

/// `GRAPH`, wherever it is.
fn graph_of(names: &Names) -> TokenStream {
    constant(names, &quote_spanned!(names.span=> GRAPH))
}

/// `WORKSPACE`, wherever it is.
pub(super) fn workspace(names: &Names) -> TokenStream {
    constant(names, &quote_spanned!(names.span=> WORKSPACE))
}

/// `PLAN`, wherever it is.
pub(super) fn plan(names: &Names) -> TokenStream {
    constant(names, &quote_spanned!(names.span=> PLAN))
}

fn constant(names: &Names, ident: &TokenStream) -> TokenStream {
    if names.is_generic() {
        let hidden = names.hidden();
        quote_spanned!(names.span=> #hidden::#ident)
    } else {
        ident.clone()
    }
}

/// `impl Model for …`.
pub(super) fn implementation(graph: &Graph, names: &Names) -> TokenStream {
    let (description, plan, planned) = (description(names), plan(names), graph_of(names));
    let (storage, stored_as) = (&names.storage, &names.stored_as);
    let head = names.implementation(quote_spanned!(names.span=> #storage: ::keras::__private::Storage));
    let model = names.model(quote_spanned!(names.span=> #storage));
    let input_types = names.input_record.several(
        graph
            .inputs
            .iter()
            .enumerate()
            .map(|(at, input)| {
                let spec = names.input(at);
                let shape = if input.depends_on_generics {
                    stated_input(at, names)
                } else {
                    picked(&quote_spanned!(names.span=> #spec.dims), names)
                };
                match input.dtype {
                    Dtype::Float32 => shape,
                    Dtype::String => {
                        quote_spanned!(names.span=> ::keras::__private::Typed<#shape, ::keras::__private::Text>)
                    }
                    typed => {
                        let element = quote::format_ident!("{}", typed.element(), span = names.span);
                        quote_spanned!(names.span=> ::keras::__private::Typed<#shape, #element>)
                    }
                }
            })
            .collect(),
    );
    let output_types = match &graph.header.output {
        Some(_) => (0..graph.outputs.len()).map(|at| names.stated_type(at)).collect(),
        None => graph.outputs.iter().map(|output| picked(&names.dims(output.tensor), names)).collect(),
    };
    let output_types = names.output_record.several(output_types);
    let places = |tensors: Vec<usize>, field: TokenStream| {
        let places = tensors.iter().map(|&tensor| {
            let tensor = number(tensor);
            quote_spanned!(names.span=> #plan.tensor(#planned, #tensor).#field)
        });
        quote_spanned!(names.span=> const { &[#(#places),*] })
    };
    let inputs: Vec<usize> = (0..graph.inputs.len()).collect();
    let outputs: Vec<usize> = graph.outputs.iter().map(|output| output.tensor).collect();
    let inputs_training = places(inputs.clone(), quote!(training));
    let (outputs_inference, outputs_training) =
        (places(outputs.clone(), quote!(inference)), places(outputs.clone(), quote!(training)));
    let (masks_inference, masks_training) = (
        places(outputs.clone(), quote!(mask(::keras::__private::Mode::Inference))),
        places(outputs.clone(), quote!(mask(::keras::__private::Mode::Training))),
    );
    let (input_gradients, output_gradients) =
        (places(inputs, quote!(gradient)), places(outputs.clone(), quote!(gradient)));
    let output_constants = outputs.iter().map(|&tensor| {
        let tensor = number(tensor);
        quote_spanned!(names.span=> #plan.output(#planned, #tensor))
    });

    let layer = |call: usize| layer_function(graph, names, call);
    let call_plan = |call: usize| {
        let ident = names.call_plan(call);
        let path = constant(names, &quote_spanned!(names.span=> #ident));
        quote_spanned!(names.span=> &#path)
    };
    let steps = |method: TokenStream| -> Vec<TokenStream> {
        (0..graph.calls.len())
            .map(|call| {
                let (layer, call_plan) = (layer(call), call_plan(call));
                quote_spanned!(names.span=> pass.#method(#layer, #call_plan);)
            })
            .collect()
    };
    let (infer, forward) = (steps(quote!(call)), steps(quote!(forward)));
    let backward = (0..graph.calls.len()).rev().map(|call| {
        let (layer, call_plan) = (layer(call), call_plan(call));
        quote_spanned!(names.span=> pass.backward(#layer, #call_plan);)
    });
    let check = names.is_generic().then(|| {
        let hidden = names.hidden();
        quote_spanned!(names.span=> const CHECK: () = #hidden::CHECK;)
    });
    let built = if names.is_generic() {
        let hidden = names.hidden();
        quote_spanned! {names.span=>
            match #hidden::error() {
                ::core::option::Option::Some(error) => ::core::result::Result::Err(error),
                ::core::option::Option::None => ::core::result::Result::Ok(Self::DESCRIPTION.as_layer(Self::OUTPUTS, #plan.memory())),
            }
        }
    } else {
        quote_spanned!(names.span=> ::core::result::Result::Ok(Self::DESCRIPTION.as_layer(Self::OUTPUTS, #plan.memory())))
    };
    // What stands outside of the implementation is evaluated once, and not again for its bounds.
    let (outside, input_types, output_types) = if names.is_generic() {
        (TokenStream::new(), input_types, output_types)
    } else {
        let [inputs, outputs] = &names.shapes;
        let outside = quote_spanned! {names.span=>
            type #inputs = #input_types;
            type #outputs = #output_types;
        };
        (outside, quote_spanned!(names.span=> #inputs), quote_spanned!(names.span=> #outputs))
    };
    quote_spanned! {names.span=>
        #outside
        #head ::keras::__private::Model for #model {
            type Inputs = #input_types;
            type Outputs = #output_types;
            type Storage = #storage;

            const DESCRIPTION: &'static ::keras::__private::Description = #description;
            const MEMORY: ::keras::__private::Memory = #plan.memory();
            const OUTPUTS: &'static [::keras::__private::TensorSpec] = &[#(#output_constants),*];
            const BUILT: ::keras::__private::BuildResult = #built;
            #check

            fn from_storage(weights: #storage) -> Self {
                Self { weights }
            }
            fn storage(&self) -> &#storage {
                &self.weights
            }
            fn into_storage(self) -> #storage {
                self.weights
            }
            fn storage_mut(&mut self) -> &mut #storage {
                &mut self.weights
            }
            fn inputs() -> &'static [::keras::__private::Place] {
                #inputs_training
            }
            fn outputs(mode: ::keras::__private::Mode) -> &'static [::keras::__private::Place] {
                match mode {
                    ::keras::__private::Mode::Inference => #outputs_inference,
                    ::keras::__private::Mode::Training => #outputs_training,
                }
            }
            fn output_masks(mode: ::keras::__private::Mode) -> &'static [::keras::__private::Place] {
                match mode {
                    ::keras::__private::Mode::Inference => #masks_inference,
                    ::keras::__private::Mode::Training => #masks_training,
                }
            }
            fn input_gradients() -> &'static [::keras::__private::Place] {
                #input_gradients
            }
            fn output_gradients() -> &'static [::keras::__private::Place] {
                #output_gradients
            }
            fn infer<#stored_as: ::keras::__private::StoredFloat>(
                pass: &mut ::keras::__private::Inference<'_, #stored_as>,
            ) {
                #(#infer)*
            }
            fn forward(pass: &mut ::keras::__private::Training<'_>) {
                #(#forward)*
            }
            fn backward(pass: &mut ::keras::__private::Training<'_>) {
                #(#backward)*
            }
        }
    }
}

/// The shape type of dimensions that are a constant.
fn picked(dims: &TokenStream, names: &Names) -> TokenStream {
    let lengths = (0..5).map(|axis| {
        let axis = number(axis);
        quote_spanned!(names.span=> { #dims.length(#axis) })
    });
    quote_spanned! {names.span=>
        <::keras::__private::Rank<{ #dims.rank() }> as ::keras::__private::Pick<#(#lengths),*>>::Out
    }
}

/// The shape type of an input whose lengths are const parameters (stable Rust takes no other expression of them here).
fn stated_input(input: usize, names: &Names) -> TokenStream {
    let lengths = names.input_lengths(input);
    let shape = quote::format_ident!("Shape{}", lengths.len(), span = names.span);
    let lengths = lengths.iter().map(|length| quote!({ #length }));
    quote_spanned!(names.span=> ::keras::__private::#shape<#(#lengths),*>)
}
