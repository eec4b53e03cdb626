//! The expression that an argument of a built-in layer becomes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Expr, ExprLit, ExprUnary, Ident, Lit, LitFloat, LitInt, LitStr, UnOp, spanned::Spanned};

use crate::{
    kinds::{ACTIVATIONS, CONSTRAINTS, INITIALIZERS, INTERPOLATIONS, Kind, PADDINGS, Parameter, REGULARIZERS, is_none},
    spelling,
    suggestions::did_you_mean,
};

const BORDER: &str = "an integer, a pair (vertical, horizontal), or a pair of pairs ((top, bottom), (left, right))";

impl Parameter {
    /// The expression of a value that was given.
    pub(crate) fn value(&self, layer: &str, value: &Expr) -> syn::Result<TokenStream> {
        let wrong = |expected: &str| {
            Err(syn::Error::new_spanned(value, format!("`{}` of {layer} must be {expected}", self.name)))
        };
        let literal = match value {
            Expr::Lit(ExprLit { lit, .. }) => Some(lit),
            _ => None,
        };
        let is_negative = matches!(value, Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)));
        let advice = spelling::advice(self.name, layer, self.kind, value);
        if let Some(error) = self.without_quotes(value).or(advice) {
            return Err(error);
        }
        match (self.kind, literal) {
            (Kind::Activation, Some(Lit::Str(text))) => {
                self.named(text, ACTIVATIONS, quote!(::keras::activations::Activation))
            }
            (Kind::Padding, Some(Lit::Str(text))) => self.named(text, PADDINGS, quote!(::keras::layers::Padding)),
            (Kind::Interpolation, Some(Lit::Str(text))) => {
                self.named(text, INTERPOLATIONS, quote!(::keras::layers::Interpolation))
            }
            (Kind::Initializer, Some(Lit::Str(text))) => {
                self.named(text, INITIALIZERS, quote!(::keras::initializers::Initializer))
            }
            (Kind::Regularizer, Some(Lit::Str(text))) => {
                self.named(text, REGULARIZERS, quote!(::keras::regularizers::Regularizer))
            }
            (Kind::Constraint, Some(Lit::Str(text))) => {
                self.named(text, CONSTRAINTS, quote!(::keras::constraints::Constraint))
            }
            (Kind::Activation, Some(_)) => wrong("a string such as \"relu\""),
            (Kind::Padding, Some(_)) => wrong("\"valid\" or \"same\""),
            (Kind::Interpolation, Some(_)) => wrong("\"nearest\" or \"bilinear\""),
            (Kind::Initializer, Some(_)) => wrong("a string such as \"he_normal\""),
            (Kind::Constraint, Some(_)) => wrong("\"max_norm\", \"non_neg\", or Constraint::max_norm(3.0, &[0])"),
            (Kind::Regularizer, Some(_)) => wrong("\"l1\", \"l2\", or Regularizer::l2(0.001)"),
            (Kind::Integer, Some(Lit::Int(_))) => Ok(quote!(#value)),
            (Kind::Integer, Some(_)) => wrong("an integer"),
            (Kind::Integer, None) if is_negative => wrong("a positive integer"),
            // rustc tells of another type here, and not at the definition of the function that takes it.
            (Kind::Integer, None) => Ok(quote_spanned!(value.span()=> { let number: usize = #value; number })),
            (Kind::Float, Some(Lit::Int(number))) => Ok(float(number)),
            (Kind::Float, None) if let Some(number) = negative_integer(value) => {
                let number = float(number);
                Ok(quote_spanned!(value.span()=> -#number))
            }
            (Kind::Float, Some(Lit::Float(_)) | None) => Ok(quote!(#value)),
            (Kind::Float, Some(_)) => wrong("a number"),
            (Kind::Bool, Some(Lit::Bool(_)) | None) => Ok(quote!(#value)),
            (Kind::Bool, Some(_)) => wrong("true or false"),
            (Kind::Axis, None) if matches!(value, Expr::Tuple(_) | Expr::Array(_)) => wrong("one axis, an integer"),
            (Kind::Axis, Some(Lit::Int(_)) | None) => Ok(quote!(#value)),
            (Kind::Axis, Some(_)) => wrong("an integer"),
            (Kind::Size, Some(Lit::Int(_))) => Ok(quote_spanned!(value.span()=> (#value, #value))),
            (Kind::Size, Some(_)) => wrong("an integer, or a pair of integers: (3, 5)"),
            (Kind::Size, None) => match value {
                Expr::Tuple(tuple) if tuple.elems.len() == 2 => Ok(quote!(#value)),
                Expr::Tuple(_) | Expr::Array(_) => wrong("an integer, or a pair of integers: (3, 5)"),
                _ if is_negative => wrong("a positive integer, or a pair of integers: (3, 5)"),
                _ => Ok(quote_spanned!(value.span()=> { let size = #value; (size, size) })),
            },
            (Kind::Border, Some(Lit::Int(_))) => {
                Ok(quote_spanned!(value.span()=> ((#value, #value), (#value, #value))))
            }
            (Kind::Border, Some(_)) => wrong(BORDER),
            (Kind::Border, None) => match value {
                Expr::Tuple(tuple) if tuple.elems.len() == 2 => {
                    let sides = tuple.elems.iter().map(|side| match side {
                        Expr::Tuple(_) => quote!(#side),
                        _ => quote_spanned!(side.span()=> { let side = #side; (side, side) }),
                    });
                    Ok(quote_spanned!(value.span()=> (#(#sides),*)))
                }
                Expr::Tuple(_) => wrong(BORDER),
                _ if is_negative => wrong(BORDER),
                _ => Ok(quote_spanned!(value.span()=> { let side = #value; ((side, side), (side, side)) })),
            },
            (Kind::AxisPair, None) => match value {
                Expr::Tuple(tuple) if tuple.elems.len() == 2 => Ok(quote!(#value)),
                Expr::Tuple(_) => wrong("an axis, or one for each input: (1, 2)"),
                _ => Ok(quote_spanned!(value.span()=> { let axis = #value; (axis, axis) })),
            },
            (Kind::AxisPair, Some(Lit::Int(_))) => Ok(quote_spanned!(value.span()=> (#value, #value))),
            (Kind::AxisPair, Some(_)) => wrong("an axis, or one for each input: (1, 2)"),
            (Kind::Floats, Some(Lit::Int(_) | Lit::Float(_)) | None) => Ok(floats(value)),
            (Kind::Floats, Some(_)) => wrong("a number, or a tuple of numbers"),
            (Kind::Shape, _) => self.list(layer, value, "a tuple of integers"),
            (Kind::AxesOrNone, None) if is_none(value) => Ok(quote_spanned!(value.span()=> &[])),
            (Kind::Axes | Kind::AxesOrNone, _) => self.list(layer, value, "an axis or a tuple of axes"),
            (Kind::Layer, _) => wrong("a layer, such as Dense(8)"),
            (Kind::Unsupported(_), _) => Err(syn::Error::new_spanned(
                value,
                format!("`{}` of {layer} is not supported here; leave it out", self.name),
            )),
            (_, None) => Ok(quote!(#value)),
        }
    }

    /// The expression of an argument of a call, which must be a literal: it is written at each place that knows of the call.
    pub(crate) fn literal(&self, layer: &str, value: &Expr) -> syn::Result<TokenStream> {
        let is_literal = match value {
            Expr::Lit(_) => true,
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => matches!(**expr, Expr::Lit(_)),
            _ => false,
        };
        if is_literal {
            return self.value(layer, value);
        }
        let message = format!("`{}` of a call of {layer} must be a literal: {}", self.name, self.kind.literal());
        Err(syn::Error::new_spanned(value, message))
    }

    /// What to say of `relu` where `"relu"` is meant.
    fn without_quotes(&self, value: &Expr) -> Option<syn::Error> {
        let Expr::Path(path) = value else { return None };
        let name = path.path.get_ident()?.to_string();
        let is_known = self.strings().iter().any(|(known, _)| *known == name);
        is_known
            .then(|| syn::Error::new_spanned(value, format!("a name is written in quotes: {} = \"{name}\"", self.name)))
    }

    /// Whole numbers, one or several: `&[1, 2]`.
    fn list(&self, layer: &str, value: &Expr, expected: &str) -> syn::Result<TokenStream> {
        let elements: Vec<&Expr> = match value {
            Expr::Tuple(tuple) => tuple.elems.iter().collect(),
            Expr::Array(array) => array.elems.iter().collect(),
            Expr::Paren(inner) => vec![&inner.expr],
            other => vec![other],
        };
        let is_other =
            |element: &&&Expr| matches!(element, Expr::Lit(ExprLit { lit, .. }) if !matches!(lit, Lit::Int(_)));
        match elements.iter().find(is_other) {
            Some(other) => {
                Err(syn::Error::new_spanned(other, format!("`{}` of {layer} must be {expected}", self.name)))
            }
            None => Ok(quote_spanned!(value.span()=> &[#((#elements) as isize),*])),
        }
    }

    fn named(
        &self,
        text: &LitStr,
        names: &[(&'static str, &'static str)],
        path: TokenStream,
    ) -> syn::Result<TokenStream> {
        let given = text.value();
        match names.iter().find(|(name, _)| *name == given) {
            Some((_, constant)) => {
                let constant = Ident::new(constant, text.span());
                Ok(quote_spanned!(text.span()=> #path::#constant))
            }
            None if self.kind == Kind::Regularizer && matches!(&*given.to_lowercase(), "l1_l2" | "l1l2") => {
                let advice = "alone has factors of 0, and so no effect; write Regularizer::l1_l2(0.01, 0.01)";
                Err(syn::Error::new(text.span(), format!("\"{given}\" {advice}")))
            }
            None => {
                let suggestion = did_you_mean(&given, names.iter().map(|(name, _)| *name));
                let known = names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                Err(syn::Error::new(
                    text.span(),
                    format!("there is no {} \"{given}\"{suggestion} (known: {known})", self.name.replace('_', " ")),
                ))
            }
        }
    }
}

/// A whole number where a float is meant: Python's `1` is ours `1.0`.
fn float(number: &LitInt) -> TokenStream {
    let float = LitFloat::new(&format!("{}f32", number.base10_digits()), number.span());
    quote!(#float)
}

/// Numbers, one or several, or the name of a constant, which is one or an array: `&[0.5, 1.0]`.
fn floats(value: &Expr) -> TokenStream {
    let elements: Vec<&Expr> = match value {
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Path(name) => return quote_spanned!(value.span()=> const { ::keras::__private::Numbers(&#name).slice() }),
        other => vec![other],
    };
    let elements = elements.iter().map(|element| match (element, negative_integer(element)) {
        (Expr::Lit(ExprLit { lit: Lit::Int(number), .. }), _) => float(number),
        (_, Some(number)) => {
            let number = float(number);
            quote!(-#number)
        }
        _ => quote!(#element),
    });
    // A constant, so that it lasts: the layer refers to it.
    quote_spanned!(value.span()=> const { &[#(#elements),*] })
}

/// The number of `-1`.
fn negative_integer(value: &Expr) -> Option<&LitInt> {
    match value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match &**expr {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Some(number),
            _ => None,
        },
        _ => None,
    }
}
