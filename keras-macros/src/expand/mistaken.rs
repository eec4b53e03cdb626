//! What a listing becomes that has no graph: its errors, and a name that causes no others.

use std::collections::HashSet;

use proc_macro2::{Ident, Literal, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Error;

use super::{names::storage, records::Record};
use crate::{graph::place, parse::Header};

/// The name as a type of which nothing is known, since its definition is an error: rustc takes whatever the program does
/// with it, so that the mistake in the listing stays the only one that is reported.
///
/// The structs of named inputs and outputs are there, as far as their fields are known.
pub(crate) fn mistaken(header: &Header, errors: Vec<Error>, mut fields: [Vec<Ident>; 2]) -> TokenStream {
    for fields in &mut fields {
        let mut names = HashSet::new();
        fields.retain(|field| names.insert(field.clone()));
    }
    let [inputs, outputs] = &fields;
    let records = [
        Record::inputs(&header.visibility, &header.ident, inputs).item(),
        Record::outputs(&header.visibility, &header.ident, outputs, false).item(),
    ];
    let Header { visibility, ident, generics, .. } = header;
    let parameters = &generics.params;
    let comma = (!parameters.is_empty() && !parameters.trailing_punct()).then(|| quote_spanned!(ident.span()=> ,));
    let errors = errors.iter().map(Error::to_compile_error);
    let storage = storage(header);
    quote_spanned! {ident.span()=>
        #[allow(dead_code, unreachable_pub, unused_braces)]
        #visibility type #ident<#parameters #comma #storage = ::keras::Owned> = [#storage; { #(#errors)* }];
        #(#records)*
    }
}

/// The same for a listing whose head cannot be read, but for the name in it, and for how many parameters follow it.
pub(crate) fn without_header(listing: TokenStream, error: Error) -> TokenStream {
    let error = within(&listing, error).to_compile_error();
    of_a_name(listing, error)
}

/// The same for a listing with a mistake that rustc has reported already: what it cannot read stands in the place of an error.
pub(crate) fn reported(listing: TokenStream, mistake: &Literal) -> TokenStream {
    of_a_name(listing, mistake.to_token_stream())
}

/// The name in a listing as a type whose definition is this error.
fn of_a_name(listing: TokenStream, error: TokenStream) -> TokenStream {
    let mut tokens = listing.into_iter().skip_while(|token| !matches!(token, TokenTree::Ident(it) if it == "struct"));
    // Not a keyword: nothing refers to a type by one.
    let name = |token| syn::parse2::<Ident>(TokenStream::from(token)).ok();
    let Some(ident) = tokens.by_ref().skip(1).find_map(name) else { return error };
    let (parameters, types) = parameters(tokens, ident.span());
    quote_spanned! {ident.span()=>
        #[allow(dead_code, unreachable_pub, unused_braces)]
        pub type #ident<#(#parameters,)* __Storage = ::keras::Owned> = [(#(#types,)* __Storage); { #error }];
    }
}

/// An error at the end of a listing, which is nowhere in the program, at its last token.
fn within(listing: &TokenStream, error: Error) -> Error {
    let is_outside = place(error.span()).is_some_and(|found| Some(found) == place(Span::call_site()));
    match listing.clone().into_iter().last() {
        Some(last) if is_outside => {
            let message = error.to_string();
            Error::new(last.span(), message.strip_prefix("unexpected end of input, ").unwrap_or(&message))
        }
        _ => error,
    }
}

/// Parameters like those in the angle brackets after a name, and the types among them. Whatever is no type is a number.
fn parameters(tokens: impl Iterator<Item = TokenTree>, span: Span) -> (Vec<TokenStream>, Vec<Ident>) {
    let is_punct = |token: &TokenTree, of: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == of);
    let mut tokens = tokens.peekable();
    if !tokens.peek().is_some_and(|token| is_punct(token, '<')) {
        return (Vec::new(), Vec::new());
    }
    tokens.next();
    // The `>` of an arrow is joined to what is before it.
    let mut is_arrow = false;
    let list: Vec<TokenTree> = tokens
        .take_while(|token| {
            let ends = is_punct(token, '>') && !is_arrow
                || matches!(token, TokenTree::Group(group) if group.delimiter() != proc_macro2::Delimiter::None);
            is_arrow =
                matches!(token, TokenTree::Punct(punct) if punct.as_char() == '-' && punct.spacing() == Spacing::Joint);
            !ends
        })
        .collect();
    let (mut parameters, mut types) = (Vec::new(), Vec::new());
    // A comma may be what is missing.
    let is_between = |token: &TokenTree| is_punct(token, ',') || matches!(token, TokenTree::Ident(it) if it == "const");
    for (at, tokens) in list.split(is_between).enumerate().filter(|(_, tokens)| !tokens.is_empty()) {
        let ident = format_ident!("__P{at}", span = span);
        if let [TokenTree::Ident(_)] = tokens
            && !list.iter().any(|token| matches!(token, TokenTree::Ident(it) if it == "const"))
        {
            types.push(ident.clone());
            parameters.push(quote!(#ident));
            continue;
        }
        let after = |of| tokens.iter().rposition(|token| is_punct(token, of)).map(|at| &tokens[at + 1..]);
        let of = after(':').and_then(|tokens| tokens.first()).map(ToString::to_string);
        let of = of.filter(|of| ["bool", "char", "u8", "u16", "u32", "u64", "isize", "i32", "i64"].contains(&&**of));
        let of = format_ident!("{}", of.as_deref().unwrap_or("usize"), span = span);
        let default = after('=').map(|tokens| {
            let tokens: TokenStream = tokens.iter().cloned().collect();
            let is_literal = syn::parse2::<syn::Lit>(tokens.clone()).is_ok();
            if is_literal { quote!(= #tokens) } else { quote!(= 0) }
        });
        parameters.push(quote_spanned!(span=> const #ident: #of #default));
    }
    (parameters, types)
}
