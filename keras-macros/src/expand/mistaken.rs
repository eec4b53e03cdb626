//! What a listing becomes that has no graph: its errors, and a name that causes no others.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::Error;

use super::names::storage;
use crate::parse::Header;

/// The name as a type of which nothing is known, since its definition is an error: rustc takes whatever the program does
/// with it, so that the mistake in the listing stays the only one that is reported.
pub(crate) fn mistaken(header: &Header, errors: Vec<Error>) -> TokenStream {
    let Header { visibility, ident, generics, .. } = header;
    let parameters = &generics.params;
    let comma = (!parameters.is_empty() && !parameters.trailing_punct()).then(|| quote_spanned!(ident.span()=> ,));
    let errors = errors.iter().map(Error::to_compile_error);
    let storage = storage(header);
    quote_spanned! {ident.span()=>
        #[allow(dead_code, unreachable_pub, unused_braces)]
        #visibility type #ident<#parameters #comma #storage = ::keras::Owned> = [#storage; { #(#errors)* }];
    }
}

/// The same for a listing whose head cannot be read, but for the name in it.
pub(crate) fn without_header(listing: TokenStream, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    match name(listing) {
        Some(ident) => quote_spanned! {ident.span()=>
            #[allow(dead_code, unreachable_pub, unused_braces)]
            pub type #ident<W = ::keras::Owned> = [W; { #error }];
        },
        None => error,
    }
}

/// What stands after `struct`.
fn name(listing: TokenStream) -> Option<Ident> {
    let mut tokens = listing.into_iter().skip_while(|token| !matches!(token, TokenTree::Ident(it) if it == "struct"));
    match (tokens.next(), tokens.next()) {
        (Some(_), Some(TokenTree::Ident(ident))) => Some(ident),
        _ => None,
    }
}
