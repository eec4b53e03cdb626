//! The macros of the `keras` crate: `sequential!`, `model!`, `embed!`.
//!
//! Tokens go through three steps, each in its folder: `parse` makes a tree of them, `graph` resolves its names into a flat
//! graph, `expand` generates the code. The macros know no shape rule: those are `const fn`s in `keras-core`.
#![forbid(unsafe_code)]

mod embed;
mod expand;
mod graph;
mod parse;
mod table;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

use graph::{Failure, Graph};

/// Declares a model as a list of layers, each of which takes the output of the one before it.
///
/// See the guide's chapter *Sequential*, and the `keras` crate's front page.
#[proc_macro]
pub fn sequential(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(parsed) => generate(graph::sequential(parsed)),
        Err(error) => error.into_compile_error(),
    }
    .into()
}

/// Declares a model as a graph: inputs, layers called with tensors, outputs.
///
/// See the guide's chapter *Functional*.
#[proc_macro]
pub fn model(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(parsed) => generate(graph::functional(parsed)),
        Err(error) => error.into_compile_error(),
    }
    .into()
}

/// The code of a graph; or the bare struct, so that its name exists, and what is wrong.
fn generate(result: Result<Graph, Box<Failure>>) -> Tokens {
    match result {
        Ok(graph) => expand::expand(&graph),
        Err(failure) => {
            let item = expand::bare(&failure.header);
            let errors = graph::combine(failure.errors).map(syn::Error::into_compile_error);
            quote::quote!(#item #errors)
        }
    }
}

/// A model whose weights are in the program: an expression for a `static` or a `const`.
///
/// ```ignore
/// static DIGITS: Digits<Embedded> = embed!(Digits, "digits.safetensors");
/// ```
///
/// The path is that of a file that `save` wrote (or any other writer of `safetensors` files), relative to the source
/// file as with `include_bytes!`; `concat!(env!("CARGO_MANIFEST_DIR"), "/digits.safetensors")` works too. The names,
/// shapes and types of all weights are compared with the model's when the program is compiled, and a difference is a
/// compile error at the path. Only the numbers reach the program.
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    embed::expand(input.into()).into()
}
