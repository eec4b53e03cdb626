//! `standalone!`: a layer without a model, written as in a listing, or as an expression.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Error, Expr, Path, Token,
    parse::{Parse, ParseStream, discouraged::Speculative},
    punctuated::Punctuated,
    token,
};

use crate::{expand, graph};

/// `Dense(2, activation = "relu"), (3,), 7`
struct Standalone {
    layer: Layer,
    /// The lengths of each input.
    inputs: Vec<Vec<Expr>>,
    /// Whether the inputs stand in a list.
    takes_list: bool,
    seed: Option<Expr>,
}

enum Layer {
    /// As in a listing.
    Listed(Path, Group),
    /// An expression: `Dense::layer(2)`.
    Expression(Box<Expr>),
}

impl Parse for Standalone {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let layer = match listed(input) {
            Some((path, arguments)) => Layer::Listed(path, arguments),
            None => Layer::Expression(input.parse()?),
        };
        if input.is_empty() {
            let message = "the shape of an input is missing after the layer: standalone!(Dense(2), (3,))";
            return Err(input.error(message));
        }
        input.parse::<Token![,]>()?;
        let mut rest = Punctuated::<Expr, Token![,]>::parse_terminated(input)?.into_iter();
        let shape = rest.next().ok_or_else(|| input.error("the shape of an input is missing after the layer"))?;
        let seed = rest.next();
        if let Some(more) = rest.next() {
            let message =
                "this is one argument too many: standalone! takes a layer, the shape of its input, and a seed";
            return Err(Error::new_spanned(more, message));
        }
        let lengths = lengths(shape)?;
        let takes_list = !lengths.is_empty() && lengths.iter().all(is_shape);
        let inputs = match takes_list {
            true => lengths.into_iter().map(self::lengths).collect::<syn::Result<_>>()?,
            false => vec![lengths],
        };
        Ok(Self { layer, inputs, takes_list, seed })
    }
}

/// A layer with its arguments, if nothing follows it.
fn listed(input: ParseStream<'_>) -> Option<(Path, Group)> {
    let ahead = input.fork();
    let path: Path = ahead.parse().ok()?;
    let is_class = path.segments.last()?.ident.to_string().starts_with(char::is_uppercase);
    if !is_class || !ahead.peek(token::Paren) {
        return None;
    }
    let arguments: Group = ahead.parse().ok()?;
    if !ahead.is_empty() && !ahead.peek(Token![,]) {
        return None;
    }
    input.advance_to(&ahead);
    Some((path, arguments))
}

fn is_shape(value: &Expr) -> bool {
    matches!(value, Expr::Array(_) | Expr::Tuple(_) | Expr::Paren(_))
}

/// The lengths of a shape, or the shapes in a list: `[28, 28, 1]`, `(28, 28, 1)`, `[[2], [2]]`.
fn lengths(shape: Expr) -> syn::Result<Vec<Expr>> {
    match shape {
        Expr::Array(list) => Ok(list.elems.into_iter().collect()),
        Expr::Tuple(list) => Ok(list.elems.into_iter().collect()),
        Expr::Paren(one) => Ok(vec![*one.expr]),
        Expr::Group(group) => lengths(*group.expr),
        other => {
            let message = "the shape of an input is written as in Keras, without the batch axis: (28, 28, 1)";
            Err(Error::new_spanned(other, message))
        }
    }
}

/// Expands `standalone!`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    syn::parse2(input).and_then(|standalone: Standalone| standalone.expand()).unwrap_or_else(Error::into_compile_error)
}

impl Standalone {
    fn expand(self) -> syn::Result<TokenStream> {
        let span = Span::mixed_site();
        let [inputs, input, layer, built] = ["inputs", "input", "layer", "built"].map(|name| Ident::new(name, span));
        let dims = self.inputs.iter().map(|lengths| quote_spanned!(span=> ::keras::shape::Dims::new(&[#(#lengths),*])));
        let given = match self.takes_list {
            true => quote_spanned!(span=> &#inputs[..]),
            false => quote_spanned!(span=> #inputs[0]),
        };
        let made = match self.layer {
            Layer::Listed(path, arguments) => {
                let node = graph::alone(&path, &arguments)?;
                expand::layer_by_itself(&node, &layer, &input)
            }
            Layer::Expression(expression) => {
                // On the expression's own span: what is no layer is reported there.
                let here = syn::spanned::Spanned::span(&expression).resolved_at(span);
                let build = quote_spanned!(here=> #layer.build(#input));
                quote_spanned! {span=>
                    #[allow(unused_mut)]
                    let mut #layer = #expression;
                    let #built = #build;
                    (#layer, #built)
                }
            }
        };
        let seed = match self.seed {
            Some(seed) => quote!(#seed),
            None => quote_spanned!(span=> ::keras::Owned::random_seed()),
        };
        Ok(quote_spanned! {span=>
            {
                let #inputs = [#(#dims),*];
                let #input = #given;
                let (#layer, #built) = (|| { #made })();
                match #built {
                    ::core::result::Result::Ok(#built) => ::keras::layers::Standalone::new(#layer, #built, &#inputs, #seed),
                    ::core::result::Result::Err(error) => {
                        ::core::result::Result::Err(<::keras::Error as ::core::convert::From<_>>::from(error))
                    }
                }
            }
        })
    }
}
