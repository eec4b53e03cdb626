//! Constants of loops and blocks: their tokens stand in for their names.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Lit, LitFloat, Path, spanned::Spanned};

use super::{Binding, Resolver};
use crate::{graph::limits, table};

/// Tokens that stand in for a name.
#[derive(Clone)]
pub(super) struct Constant {
    pub(super) tokens: TokenStream,
    /// How many they are, with those of groups: the streams of groups are shared, so that few words in memory can be
    /// very many in the code.
    pub(super) size: usize,
}

impl Constant {
    /// Tokens as they are written.
    pub(super) fn new(tokens: TokenStream) -> Self {
        Self { size: size(tokens.clone()), tokens }
    }

    /// The literal that it is. Of more tokens than a literal has nothing is read: they may be very many.
    fn literal(&self) -> Option<Lit> {
        if self.size <= 3 { syn::parse2(self.tokens.clone()).ok() } else { None }
    }

    /// Whether it may be a number: what stands in quotes is none.
    pub(super) fn may_be_a_number(&self) -> bool {
        !matches!(self.literal(), Some(Lit::Str(_) | Lit::Char(_) | Lit::Bool(_)))
    }

    /// As a float: numbers in Python are of no type.
    pub(super) fn as_float(&self) -> TokenStream {
        match self.literal() {
            Some(Lit::Int(number)) if number.suffix().is_empty() => {
                let number = LitFloat::new(&format!("{}f32", number.base10_digits()), number.span());
                quote!(#number)
            }
            Some(Lit::Float(number)) => quote!(#number),
            // From the macro's own place, so that nobody is told that a cast is not needed.
            _ => {
                let (tokens, as_float) = (&self.tokens, quote_spanned!(Span::mixed_site()=> as f32));
                quote!(((#tokens) #as_float))
            }
        }
    }
}

fn size(tokens: TokenStream) -> usize {
    let size = |token| match token {
        TokenTree::Group(group) => 1 + size(group.stream()),
        _ => 1,
    };
    tokens.into_iter().map(size).sum()
}

impl Resolver {
    /// Tokens with constants in the place of their names.
    pub(super) fn constant(&mut self, tokens: TokenStream) -> Constant {
        let at = tokens.span();
        let mut size = 0;
        let tokens = self.substitute(tokens, &mut size);
        if let Err(message) = self.budget.tokens(size) {
            self.builder.stop(at, message);
        }
        Constant { tokens, size }
    }

    /// A layer's arguments, in their parentheses.
    pub(super) fn arguments(&mut self, group: &Group) -> Group {
        let mut arguments = Group::new(group.delimiter(), self.constant(group.stream()).tokens);
        arguments.set_span(group.span());
        arguments
    }

    /// Puts constants in the place of their names, as far as there may be more tokens.
    pub(super) fn substitute(&self, tokens: TokenStream, size: &mut usize) -> TokenStream {
        let mut previous_is_path = false;
        let mut tokens = tokens.into_iter().peekable();
        let mut result = TokenStream::new();
        while let Some(token) = tokens.next() {
            let next_is_equals = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=');
            *size = size.saturating_add(1);
            match &token {
                TokenTree::Ident(ident) if !previous_is_path && !next_is_equals => {
                    if let Some(TokenTree::Group(group)) = tokens.peek()
                        && let Some(length) = self.length(&ident.to_string(), group)
                    {
                        tokens.next();
                        result.extend(length);
                        continue;
                    }
                    match self.find(&ident.to_string()) {
                        Some(Binding::Constant(value)) => {
                            *size = size.saturating_add(value.size - 1);
                            if *size > limits::TOKENS {
                                return result;
                            }
                            result.extend(value.tokens);
                        }
                        _ => result.extend([token.clone()]),
                    }
                }
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.substitute(group.stream(), size));
                    inner.set_span(group.span());
                    result.extend([TokenTree::Group(inner)]);
                }
                _ => result.extend([token.clone()]),
            }
            previous_is_path = matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '.'));
        }
        result
    }

    /// Whether tokens mention a tensor, a layer or a block.
    pub(super) fn mentions_values(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                self.blocks.contains_key(&name)
                    || matches!(self.find(&name), Some(binding) if !matches!(binding, Binding::Constant(_)))
                    || table::find(&Path::from(ident)).is_some()
            }
            TokenTree::Group(group) => self.mentions_values(group.stream()),
            _ => false,
        })
    }
}

/// Whether a path is one of a constant, by how it is written: `SCALE`, `f32::EPSILON`.
pub(super) fn is_constant(path: &Path) -> bool {
    let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    name.starts_with(char::is_uppercase) && !name.contains(char::is_lowercase) && table::find(path).is_none()
}
