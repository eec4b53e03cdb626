//! How deep a listing may be nested: parsing goes down into it, on a stack that ends somewhere.

use proc_macro2::{TokenStream, TokenTree};
use syn::Error;

/// Parentheses, brackets, braces and signs within each other.
pub(crate) const NESTING: usize = 128;

/// The error of a listing that is nested too deep, if it is.
pub(crate) fn too_deep(listing: TokenStream) -> Option<Error> {
    // A list in place of calls, since this must not run out of stack itself. Of each level, how deep it is, and how many signs
    // and parentheses have followed each other in it: `- - x` and `f()()` are nested too.
    let mut levels = vec![(listing.into_iter(), 0, 0)];
    while let Some((tokens, depth, row)) = levels.last_mut() {
        let Some(token) = tokens.next() else {
            levels.pop();
            continue;
        };
        let is_nested = match &token {
            TokenTree::Group(_) => true,
            TokenTree::Punct(punct) => matches!(punct.as_char(), '-' | '!' | '&' | '*'),
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        *row = if is_nested { *row + 1 } else { 0 };
        let depth = *depth + *row;
        if depth > NESTING {
            let message = format!(
                "a model can be nested at most {NESTING} levels deep, and this is deeper; bind the inner part with \
                 `let`, or move it to a `const`"
            );
            let span = match &token {
                TokenTree::Group(group) => group.span_open(),
                other => other.span(),
            };
            return Some(Error::new(span, message));
        }
        if let TokenTree::Group(group) = token {
            levels.push((group.stream().into_iter(), depth, 0));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_deep(text: &str) -> bool {
        too_deep(text.parse().unwrap()).is_some()
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |open: &str, close: &str, times: usize| format!("{}x{}", open.repeat(times), close.repeat(times));
        for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("-", ""), ("", "()"), ("", "[0]"), ("!", "")] {
            assert!(!is_too_deep(&nested(open, close, NESTING)), "{open}{close}");
            assert!(is_too_deep(&nested(open, close, NESTING + 1)), "{open}{close}");
        }
        assert!(is_too_deep(&nested("-(", ")", NESTING / 2 + 1)));
    }

    #[test]
    fn length_is_no_depth() {
        assert!(!is_too_deep(&"f(x) - g(y); ".repeat(10_000)));
        assert!(!is_too_deep(&"x + -y * ".repeat(10_000)));
    }
}
