//! The macros of the `keras` crate.
#![forbid(unsafe_code)]

mod embed;

use proc_macro::TokenStream;

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
