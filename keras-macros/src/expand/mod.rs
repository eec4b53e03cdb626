//! The third step: from the graph to the struct, its constants, its passes and its accessors.
//!
//! `docs/expansion.md` shows what is generated for a model without const parameters. In short:
//!
//! ```text
//! pub struct Digits<W = Owned> { weights: W }
//!
//! const _: () = {
//!     const input_layer: TensorSpec = input_spec(&[8, 8, 1], …);              // one constant for each input
//!     const fn build_conv2d(input: Dims) -> (impl Layer, BuildResult) { … }   // the user's arguments, once
//!     const fn made_conv2d() -> &'static (impl Layer, BuildResult) { … }      // its result for each call, evaluated once
//!     const fn layer_conv2d() -> &'static impl Layer { … }                    // the layer alone
//!     const conv2d: Built = check(called(made_conv2d(), …), …);               // one constant for each call: it reports
//!     …
//!     const _: () = {
//!         static DESCRIPTION: Description = …;                                // the graph
//!         static PLAN: Plan<7> = Plan::new(&DESCRIPTION);                     // the memory
//!         static CONV2D_PLAN: CallPlan<1, 1> = PLAN.call(&DESCRIPTION, 0);    // one static for each call
//!         impl Model for Digits { fn infer(…) { pass.call(layer_conv2d, &CONV2D_PLAN); … } … }
//!         impl Digits { … }                                                 // public constants, accessors
//!     };
//! };
//!
//! impl Digits { pub fn new() -> Self { … } … }                              // constructors, inference on one sample
//! ```
//!
//! rustc evaluates a constant again for each set of bounds of the functions that name it, and a static or a constant behind a
//! function once.
//!
//! With const parameters, what depends on them becomes an associated constant of a hidden type, holding a `Result`, so
//! that an outer model reports an inner error at its own listing.

mod accessors;
mod composite;
mod given;
mod layers;
mod loss;
mod mistaken;
mod model;
mod names;
mod records;
#[cfg(test)]
mod tests;
mod wrapped;

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::graph::Graph;
pub(crate) use composite::composite;
pub(crate) use layers::by_itself as layer_by_itself;
pub(crate) use loss::loss;
pub(crate) use mistaken::{mistaken, reported, without_header};
use names::Names;

/// Generates everything for a model.
pub(crate) fn expand(graph: &Graph) -> TokenStream {
    let names = Names::new(graph);
    let item = names.item();
    let layers = layers::constants(graph, &names);
    let constants = model::constants(graph, &names);
    let implementation = model::implementation(graph, &names);
    let methods = accessors::methods(graph, &names);
    let constructors = accessors::constructors(&names);
    let one_sample = accessors::one_sample(graph, &names);
    let records: TokenStream = [&names.input_record, &names.output_record]
        .into_iter()
        .flat_map(|record| [record.item(), record.implementations()])
        .collect();
    quote_spanned! {names.span=>
        #item

        #[allow(non_upper_case_globals, non_snake_case, dead_code, unused_braces, unused_mut, unreachable_pub)]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        // A constant's evaluation reports an overflow; the lint would report it again.
        #[allow(arithmetic_overflow, unconditional_panic)]
        const _: () = {
            #layers

            const _: () = {
                #constants
                #implementation
                #methods
            };
        };

        #constructors
        #one_sample
        #records
    }
}
