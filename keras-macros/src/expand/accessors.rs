//! The inherent items of a model: public constants, one accessor a layer; and, outside of the block, so that rustc calls them
//! `Digits::new`, constructors and inference on one sample.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};

use super::{
    model::{description, workspace},
    names::{Names, number},
    records::Form,
};
use crate::graph::{Graph, InputNode};

pub(super) fn methods(graph: &Graph, names: &Names) -> TokenStream {
    let (description, workspace) = (description(names), workspace(names));
    let owned = names.model(quote_spanned!(names.span=> ::keras::Owned));
    let head = names.implementation(TokenStream::new());
    let accessors =
        graph.layers.iter().enumerate().filter(|(_, layer)| layer.error.is_none() && layer.may_have_weights()).map(
            |(at, layer)| {
                let (name, path, docs) = (&layer.name, layer.path(), &layer.docs);
                // The comments are a paragraph of their own.
                let apart = (!docs.is_empty()).then(|| quote_spanned!(names.span=> #[doc = ""]));
                let changing = format_ident!("{name}_mut", span = name.span());
                let doc = format!(" The weights of the layer `{}`.", layer.name_text);
                let at = number(at);
                let doc_mut = format!(" The weights of the layer `{}`, to change, and to freeze.", layer.name_text);
                let view_mut = quote_spanned!(names.span=> self.weights.view_mut(#description, #at));
                // What is not built in may be a model. If it is no layer either, that is said where it is called: a bound with a
                // lifetime of its own is looked at where the accessor is used.
                let accessor_mut = if layer.built_in.is_some() {
                    quote_spanned! {names.span=>
                        pub fn #changing(&mut self) -> ::keras::ViewMut<'_, #path> {
                            #view_mut
                        }
                    }
                } else {
                    quote_spanned! {names.span=>
                        pub fn #changing<'view>(&'view mut self) -> ::keras::model::ViewMutOf<'view, #path>
                        where
                            for<'any> #path: ::keras::model::HasViewMut<'any>,
                        {
                            <#path as ::keras::model::HasViewMut<'view>>::of_view(#view_mut)
                        }
                    }
                };
                quote_spanned! {names.span=>
                    #[doc = #doc]
                    #apart
                    #(#docs)*
                    pub fn #name(&self) -> ::keras::View<'_, #path> {
                        self.weights.view(#description, #at)
                    }
                    #[doc = #doc_mut]
                    #accessor_mut
                }
            },
        );
    let (length, parameters) = (&names.state_length, &names.parameters);
    let sizes = (!names.is_generic()).then(|| sizes(graph, names));
    quote_spanned! {names.span=>
        #head #owned {
            /// What the model consists of: layers, calls, inputs, outputs.
            pub const DESCRIPTION: &'static ::keras::model::Description = #description;
            /// The number of weights.
            pub const PARAMETERS: usize = Self::DESCRIPTION.count_params();
            /// The number of weights that training changes.
            pub const TRAINABLE_PARAMETERS: usize = Self::DESCRIPTION.trainable_parameters();
            /// Multiply-accumulate operations of one sample's inference.
            pub const MACS: u64 = Self::DESCRIPTION.macs();
            /// The number of floats that inference of one sample works in: the length of its workspace.
            pub const WORKSPACE: usize = #workspace;
            /// The bytes that inference of one sample works in.
            pub const WORKSPACE_BYTES: usize = Self::WORKSPACE * 4;
            /// The length of the workspace if the weights are embedded as 16-bit floats: those of one layer at a time are
            /// widened in it.
            pub const HALF_WORKSPACE: usize = #workspace + Self::DESCRIPTION.largest_layer();
            /// The number of floats of the state that layers keep from call to call, of one sample.
            pub const STATE: usize = Self::DESCRIPTION.state_size();
            #sizes

            /// The initial state of one sample: `STATE` floats, for `predict_one_with_state`.
            pub const fn initial_state<const #length: usize>() -> [f32; #length] {
                const { ::keras::__private::initial_state(#description) }
            }

            /// The model as a layer of another.
            pub const fn layer() -> ::keras::__private::Nested<Self> {
                ::keras::__private::Nested::new()
            }
        }

        #head ::keras::__private::Listed for #owned {
            type Layer = ::keras::__private::Nested<Self>;
        }

        ::keras::__private::with_std! {
            #head #owned {
                #(#accessors)*
            }

            impl<'view, #parameters> ::keras::model::HasViewMut<'view> for #owned {
                type ViewMut = ::keras::ModelMut<'view, Self>;

                fn of_view(view: ::keras::ViewMut<'view, Self>) -> ::keras::ModelMut<'view, Self> {
                    ::keras::ModelMut::new(view)
                }
            }
        }
    }
}

/// The numbers of floats of each input and output, for the types of inference on one sample.
fn sizes(graph: &Graph, names: &Names) -> TokenStream {
    let (inputs, outputs) = (number(graph.inputs.len()), number(graph.outputs.len()));
    let input_sizes = (0..graph.inputs.len()).map(|at| names.input(at));
    let output_sizes = graph.outputs.iter().map(|output| names.dims(output.tensor));
    quote_spanned! {names.span=>
        #[doc(hidden)]
        pub const INPUT_SIZES: [usize; #inputs] = [#(#input_sizes.dims.size()),*];
        #[doc(hidden)]
        pub const OUTPUT_SIZES: [usize; #outputs] = [#(#output_sizes.size()),*];
    }
}

/// What makes a model, and its summary.
pub(super) fn constructors(names: &Names) -> TokenStream {
    let owned = names.model(quote_spanned!(names.span=> ::keras::Owned));
    let stored_as = &names.stored_as;
    let embedded = names.model(quote_spanned!(names.span=> ::keras::Embedded<#stored_as>));
    let head = names.implementation(TokenStream::new());
    let embedded_head = names.implementation(quote_spanned!(names.span=> #stored_as: ::keras::__private::StoredFloat));
    let model = quote_spanned!(names.span=> <Self as ::keras::__private::Model>);
    let check = names.is_generic().then(|| quote_spanned!(names.span=> const { #model::CHECK };));
    quote_spanned! {names.span=>
        ::keras::__private::with_std! {
            #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            #head #owned {
                /// A model with fresh weights, from a seed that differs from run to run.
                pub fn new() -> Self {
                    Self::with_seed(::keras::Owned::random_seed())
                }
                /// A model with fresh weights: the same seed gives the same weights, and the same training.
                pub fn with_seed(seed: u64) -> Self {
                    #check
                    Self { weights: ::keras::Owned::new(#model::DESCRIPTION, seed) }
                }
                /// The table of layers, as Keras prints it.
                pub fn summary() -> ::keras::Summary {
                    #check
                    ::keras::Summary::new(#model::DESCRIPTION)
                }
            }
        }

        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        #embedded_head #embedded {
            #[doc(hidden)]
            pub const fn from_embedded(weights: &'static [#stored_as]) -> Self {
                #check
                Self { weights: ::keras::Embedded::new(weights) }
            }
        }
    }
}

/// `predict_one` and its kin: no heap, no panic; arrays whose lengths are checked by their types.
pub(super) fn one_sample(graph: &Graph, names: &Names) -> TokenStream {
    let storage = &names.storage;
    let model = names.model(quote_spanned!(names.span=> #storage));
    let head = names.implementation(quote_spanned!(names.span=> #storage: ::keras::__private::Storage));
    let idents: Vec<_> = (0..graph.inputs.len()).map(|input| names.input_parameter(input)).collect();
    let element = |input: &InputNode| format_ident!("{}", input.dtype.element(), span = names.span);
    let elements: Vec<_> = graph.inputs.iter().map(element).collect();
    let outputs = number(graph.outputs.len());
    let has_no_state = |advice: &str| {
        quote_spanned! {names.span=>
            const HAS_NO_STATE: () =
                ::keras::__private::check_stateless(<Self as ::keras::__private::Model>::DESCRIPTION, #advice);
        }
    };
    if names.is_generic() {
        let has_no_state = has_no_state("use `predict_one_with_state`");
        let nothing = idents.iter().map(|_| quote_spanned!(names.span=> _));
        let anything = &names.anything;
        return quote_spanned! {names.span=>
            #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            #head #model {
                #has_no_state

                /// The outputs for one sample, in a workspace of at least `WORKSPACE` floats (`HALF_WORKSPACE`, if the weights are
                /// embedded as 16-bit floats); `None` if the inputs' lengths or the workspace's do not fit.
                pub fn predict_one_in<'w>(
                    &self,
                    #(#idents: &[#elements],)*
                    workspace: &'w mut [f32],
                ) -> ::core::option::Option<[&'w [f32]; #outputs]> {
                    const { Self::HAS_NO_STATE };
                    ::keras::__private::infer_one(self, &[#(::keras::__private::elements(#idents)),*], workspace)
                }

                /// The same of a model whose layers keep state, which goes on: at least `STATE` floats, at first
                /// `initial_state()`.
                pub fn predict_one_with_state<'w>(
                    &self,
                    #(#idents: &[#elements],)*
                    state: &mut [f32],
                    workspace: &'w mut [f32],
                ) -> ::core::option::Option<[&'w [f32]; #outputs]> {
                    ::keras::__private::infer_one_with_state(
                        self,
                        &[#(::keras::__private::elements(#idents)),*],
                        state,
                        workspace,
                    )
                }

                /// There is none: the error says what to use.
                #[doc(hidden)]
                pub fn predict_one<#anything>(&self, #(#nothing: #anything),*)
                where
                    Self: ::keras::model::PredictsOne,
                {
                }
            }
        };
    }
    let owned = names.model(quote_spanned!(names.span=> ::keras::Owned));
    let input_types: Vec<_> = (0..graph.inputs.len())
        .zip(&elements)
        .map(|(at, element)| {
            let at = number(at);
            quote_spanned!(names.span=> &[#element; { <#owned>::INPUT_SIZES[#at] }])
        })
        .collect();
    let lengths: Vec<_> = (0..graph.outputs.len())
        .map(|at| {
            let at = number(at);
            quote_spanned!(names.span=> { <#owned>::OUTPUT_SIZES[#at] })
        })
        .collect();
    let places: Vec<_> = (0..graph.outputs.len()).map(|at| format_ident!("output_{at}", span = names.span)).collect();
    let record = &names.output_record;
    let references =
        record.several(lengths.iter().map(|length| quote_spanned!(names.span=> &'w [f32; #length])).collect());
    let array_types: Vec<_> = lengths.iter().map(|length| quote_spanned!(names.span=> [f32; #length])).collect();
    let arrays = record.several(array_types.clone());
    // No lengths in the bodies: there, among the parameters of the methods, rustc would evaluate all layers once more.
    let found =
        places.iter().map(|place| quote_spanned!(names.span=> #place.first_chunk().unwrap_or(const { &[0.0; _] })));
    let found = record.values(found.collect());
    let copied = |outputs: TokenStream| match graph.outputs.len() {
        1 => quote_spanned!(names.span=> *#outputs),
        _ => {
            let copies = (0..places.len()).map(|at| {
                let part = record.part(&quote_spanned!(names.span=> outputs), at);
                quote_spanned!(names.span=> *#part)
            });
            let copies = record.values(copies.collect());
            quote_spanned!(names.span=> { let outputs = #outputs; #copies })
        }
    };
    let one = copied(quote_spanned!(names.span=> self.predict_one_in(#(#idents),*, &mut workspace)));
    let stateful =
        copied(quote_spanned!(names.span=> model.predict_one_with_state(#(#idents),*, state, &mut workspace)));
    let parameters: Vec<_> =
        idents.iter().zip(&input_types).map(|(ident, array)| quote_spanned!(names.span=> #ident: #array)).collect();
    let by_name = names.input_record.is_several().then(|| {
        let inputs = names.input_record.named(&input_types);
        let fields = &names.input_record.fields;
        let one = quote_spanned!(names.span=> self.predict_one(#(inputs.#fields),*));
        let (outputs, one) = match record.form {
            Form::Tuple => (record.named(&array_types), quote_spanned!(names.span=> ::core::convert::From::from(#one))),
            Form::One | Form::Named => (arrays.clone(), one),
        };
        quote_spanned! {names.span=>
            /// The outputs for one sample, as [`predict_one`](Self::predict_one), from inputs by name.
            pub fn predict_one_named(&self, inputs: #inputs) -> #outputs {
                #one
            }
        }
    });
    let has_no_state = has_no_state("use `predict_one_stateful`, or `predict_one_with_state`");
    let workspace = quote_spanned! {names.span=>
        <<#storage as ::keras::__private::Storage>::Number as ::keras::__private::StoredFloat>::Workspace<
            { <#owned>::WORKSPACE },
            { <#owned>::HALF_WORKSPACE },
        >
    };
    let state = quote_spanned!(names.span=> <#owned>::STATE);
    quote_spanned! {names.span=>
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        #head #model {
            const FITS_THE_STACK: () = ::keras::__private::check_stack(::core::mem::size_of::<#workspace>());
            #has_no_state

            /// The output for one sample, computed in a workspace that the caller keeps. Never panics, and never allocates, except
            /// that a large model on several threads starts those that help it, once in a program.
            pub fn predict_one_in<'w>(&self, #(#parameters,)* workspace: &'w mut #workspace) -> #references {
                const { Self::HAS_NO_STATE };
                // A plan's places fit its workspace: the empty outputs stand for what cannot happen.
                let workspace = ::core::convert::AsMut::as_mut(workspace);
                let [#(#places),*] = ::keras::__private::infer_one(self, &[#(::keras::__private::elements(#idents)),*], workspace)
                    .unwrap_or([&[]; #outputs]);
                #found
            }

            /// The same of a model whose layers keep state, which goes on: it is the caller's, at first `initial_state()`.
            pub fn predict_one_with_state<'w>(
                &self,
                #(#parameters,)*
                state: &mut [f32; #state],
                workspace: &'w mut #workspace,
            ) -> #references {
                let workspace = ::core::convert::AsMut::as_mut(workspace);
                let [#(#places),*] = ::keras::__private::infer_one_with_state(
                    self,
                    &[#(::keras::__private::elements(#idents)),*],
                    state,
                    workspace,
                )
                .unwrap_or([&[]; #outputs]);
                #found
            }

            /// The output for one sample, with a workspace on the stack (at most 1 MiB: a compile error otherwise).
            pub fn predict_one(&self, #(#parameters),*) -> #arrays {
                const { Self::FITS_THE_STACK };
                const { Self::HAS_NO_STATE };
                let mut workspace = ::keras::__private::Workspace::ZEROS;
                #one
            }
            #by_name
        }

        ::keras::__private::with_std! {
            #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            #head #model {
                /// The output for one sample of a model whose layers keep state: the model's own, which goes on. An error if
                /// that is the state of a batch of several samples.
                pub fn predict_one_stateful(&mut self, #(#parameters),*) -> ::keras::Result<#arrays>
                where
                    Self: ::keras::__private::Model<Storage = ::keras::Owned>,
                {
                    const { Self::FITS_THE_STACK };
                    let mut workspace = ::keras::__private::Workspace::ZEROS;
                    ::keras::__private::with_own_state(self, |model, state| #stateful)
                }
            }
        }
    }
}
