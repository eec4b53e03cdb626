//! The structs of named inputs and outputs beside a model of several.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{Visibility, ext::IdentExt};

use super::names::{InUse, number};
use crate::graph::Graph;

/// The largest number of inputs and outputs that are tuples: for these, traits are implemented.
const TUPLE: usize = 16;

/// How a model takes its inputs, or gives its outputs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// There is only one.
    One,
    /// By position, and by name.
    Tuple,
    /// By name alone.
    Named,
}

/// A struct of named inputs or outputs: one generic field for each, so that it takes data as well as losses and weights.
pub(crate) struct Record {
    pub(crate) form: Form,
    /// `TwoTowersInputs`.
    pub(crate) ident: Ident,
    /// The names of the fields.
    pub(crate) fields: Vec<Ident>,
    visibility: Visibility,
    /// The name of the model.
    model: Ident,
    /// The parameters: the type of each field.
    types: Vec<Ident>,
    /// What the fields are: `input`, `output`.
    what: &'static str,
}

impl Record {
    pub(crate) fn inputs(visibility: &Visibility, model: &Ident, fields: &[Ident]) -> Self {
        let form = match fields.len() {
            0 | 1 => Form::One,
            2..=TUPLE => Form::Tuple,
            _ => Form::Named,
        };
        Self::new(visibility, model, ("Inputs", "input"), fields.to_vec(), form)
    }

    /// `by_name`: the listing ends in the struct.
    pub(crate) fn outputs(visibility: &Visibility, model: &Ident, fields: &[Ident], by_name: bool) -> Self {
        let form = match fields.len() {
            0 | 1 => Form::One,
            2..=TUPLE if !by_name => Form::Tuple,
            _ => Form::Named,
        };
        Self::new(visibility, model, ("Outputs", "output"), fields.to_vec(), form)
    }

    fn new(
        visibility: &Visibility,
        model: &Ident,
        (suffix, what): (&str, &'static str),
        fields: Vec<Ident>,
        form: Form,
    ) -> Self {
        let ident = format_ident!("{}{suffix}", model.unraw(), span = model.span());
        let mut in_use = InUse::none();
        in_use.insert("Self");
        in_use.insert(ident.to_string());
        let types = fields.iter().map(|field| in_use.fresh(pascal_case(&field.unraw().to_string()), model.span()));
        let types = types.collect();
        Self { form, ident, fields, visibility: visibility.clone(), model: model.clone(), types, what }
    }

    /// Those of a graph.
    pub(crate) fn of(graph: &Graph) -> [Self; 2] {
        let (visibility, ident) = (&graph.header.visibility, &graph.header.ident);
        let inputs: Vec<Ident> = graph.inputs.iter().map(|input| input.name.clone()).collect();
        let outputs = graph.output_fields();
        [Self::inputs(visibility, ident, &inputs), Self::outputs(visibility, ident, &outputs, graph.outputs_by_name)]
    }

    fn span(&self) -> Span {
        self.model.span()
    }

    /// One of these, or the tuple or the struct of them.
    pub(crate) fn several(&self, parts: Vec<TokenStream>) -> TokenStream {
        let (ident, span) = (&self.ident, self.span());
        match (self.form, &parts[..]) {
            (Form::One, [one]) => one.clone(),
            (Form::Named, _) => quote_spanned!(span=> #ident<#(#parts),*>),
            _ => quote_spanned!(span=> (#(#parts),*)),
        }
    }

    /// The struct of these, in any form of several.
    pub(crate) fn named(&self, parts: &[TokenStream]) -> TokenStream {
        let ident = &self.ident;
        quote_spanned!(self.span()=> #ident<#(#parts),*>)
    }

    /// Whether there is a struct.
    pub(crate) fn is_several(&self) -> bool {
        self.form != Form::One
    }

    /// One of several values of the model's form.
    pub(crate) fn part(&self, values: &TokenStream, at: usize) -> TokenStream {
        let (field, at) = (&self.fields[at], number(at));
        match self.form {
            Form::Named => quote_spanned!(self.span()=> #values.#field),
            _ => quote_spanned!(self.span()=> #values.#at),
        }
    }

    /// These values in the form of the model.
    pub(crate) fn values(&self, parts: Vec<TokenStream>) -> TokenStream {
        match (self.form, &parts[..]) {
            (Form::One, [one]) => one.clone(),
            (Form::Named, _) => {
                let (ident, fields) = (&self.ident, &self.fields);
                quote_spanned!(self.span()=> #ident { #(#fields: #parts),* })
            }
            _ => quote_spanned!(self.span()=> (#(#parts),*)),
        }
    }

    /// The struct alone, without implementations.
    pub(crate) fn item(&self) -> TokenStream {
        if !self.is_several() {
            return TokenStream::new();
        }
        let Self { ident, fields, visibility, model, types, what, .. } = self;
        let doc = match *what {
            "input" => format!(
                " The inputs of [`{model}`] by name: samples for `fit`, `evaluate` and `predict`, one sample for `predict_one_named`."
            ),
            _ => format!(
                " The outputs of [`{model}`] by name: targets for `fit` and `evaluate`, losses, tuples of metrics, `loss_weights` and \
                 `sample_weight`, and predictions."
            ),
        };
        let docs = fields.iter().map(|field| format!(" The {what} `{}`.", field.unraw()));
        quote_spanned! {self.span()=>
            #[doc = #doc]
            #[derive(
                ::core::clone::Clone,
                ::core::marker::Copy,
                ::core::fmt::Debug,
                ::core::default::Default,
                ::core::cmp::PartialEq,
            )]
            #[allow(dead_code, unreachable_pub, non_camel_case_types)]
            #visibility struct #ident<#(#types),*> {
                #(
                    #[doc = #docs]
                    pub #fields: #types,
                )*
            }
        }
    }

    /// The implementations for it.
    pub(crate) fn implementations(&self) -> TokenStream {
        if !self.is_several() {
            return TokenStream::new();
        }
        let Self { ident, fields, types, what, .. } = self;
        let span = self.span();
        let at: Vec<_> = (0..fields.len()).map(number).collect();
        let mut in_use = InUse::none();
        types.iter().for_each(|name| in_use.insert(name.to_string()));
        let shapes: Vec<Ident> = (0..fields.len()).map(|at| in_use.fresh(format!("S{at}"), span)).collect();
        let kinds: Vec<Ident> = (0..fields.len()).map(|at| in_use.fresh(format!("K{at}"), span)).collect();
        let form = match self.form {
            Form::Named => format_ident!("named", span = span),
            _ => format_ident!("tuple", span = span),
        };
        // Not by those macros, which rustc would mention.
        let has_data = if *what == "input" { self.takes_samples(&shapes) } else { self.takes_targets(&shapes, &kinds) };
        let data = match *what {
            "input" => quote_spanned! {span=>
                ::keras::__private::named_inputs!(#form #ident { #(#at #fields #types #shapes),* });
            },
            _ => quote_spanned! {span=>
                ::keras::__private::named_outputs!(#form #ident { #(#at #fields #types #shapes #kinds),* });
            },
        };
        let lints = quote_spanned! {span=>
            #[allow(dead_code, unreachable_pub, non_camel_case_types)]
            #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        };
        quote_spanned! {span=>
            #lints
            const _: () = {
                ::keras::__private::named!(#ident { #(#at #fields #types),* });
                ::keras::__private::with_std! {
                    #has_data
                    #data
                }
            };
        }
    }
}

impl Record {
    /// `impl Inputs`: each field has samples of its input. The bounds are those of nested pairs, see `keras_core::data::fields`.
    fn takes_samples(&self, shapes: &[Ident]) -> TokenStream {
        let (span, ident, types) = (self.span(), &self.ident, &self.types);
        let of = self.several(shapes.iter().map(ToTokens::to_token_stream).collect());
        let (pairs, of_pairs, fields) = (self.references(), pairs(tokens(shapes), span), self.fields_of_self());
        quote_spanned! {span=>
            impl<#(#shapes,)* #(#types),*> ::keras::__private::Inputs<#of> for #ident<#(#types),*>
            where
                for<'f> #pairs: ::keras::__private::InputFields<'f, #of_pairs>,
            {
                type Known = ();

                fn sources<'a>(
                    &'a self,
                    into: &mut ::std::vec::Vec<::keras::__private::Source<'a>>,
                ) -> ::keras::Result<()> {
                    ::keras::__private::InputFields::<'a, #of_pairs>::sources(#fields, into)
                }
            }
        }
    }

    /// `impl Targets`: each field has targets of its output.
    fn takes_targets(&self, shapes: &[Ident], kinds: &[Ident]) -> TokenStream {
        let (span, ident, types) = (self.span(), &self.ident, &self.types);
        let several = |idents: &[Ident]| self.several(idents.iter().map(ToTokens::to_token_stream).collect());
        let (of_kinds, of) = (several(kinds), several(shapes));
        let (kind_pairs, shape_pairs) = (pairs(tokens(kinds), span), pairs(tokens(shapes), span));
        let (pairs, fields) = (self.references(), self.fields_of_self());
        quote_spanned! {span=>
            impl<#(#shapes: ::keras::__private::Shape,)* #(#kinds,)* #(#types),*>
                ::keras::__private::Targets<#of_kinds, #of> for #ident<#(#types),*>
            where
                for<'f> #pairs: ::keras::__private::TargetFields<'f, #kind_pairs, #shape_pairs>,
            {
                type Known = ();

                fn targets<'a>(
                    &'a self,
                    into: &mut ::std::vec::Vec<::keras::__private::Target<'a>>,
                ) -> ::keras::Result<()> {
                    ::keras::__private::TargetFields::<'a, #kind_pairs, #shape_pairs>::targets(#fields, into)
                }
            }
        }
    }

    /// `(&'f Image, (&'f Numbers, ()))`.
    fn references(&self) -> TokenStream {
        pairs(self.types.iter().map(|of| quote_spanned!(self.span()=> &'f #of)), self.span())
    }

    /// `(&self.image, (&self.numbers, ()))`.
    fn fields_of_self(&self) -> TokenStream {
        pairs(self.fields.iter().map(|field| quote_spanned!(self.span()=> &self.#field)), self.span())
    }
}

/// Nested pairs: `(a, (b, ()))`.
fn pairs(parts: impl DoubleEndedIterator<Item = TokenStream>, span: Span) -> TokenStream {
    parts.rev().fold(quote_spanned!(span=> ()), |rest, part| quote_spanned!(span=> (#part, #rest)))
}

fn tokens(idents: &[Ident]) -> impl DoubleEndedIterator<Item = TokenStream> {
    idents.iter().map(ToTokens::to_token_stream)
}

/// The name of a field as that of a type: `image_of_left` is `ImageOfLeft`.
fn pascal_case(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    let name: String = words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        })
        .collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() { format!("T{name}") } else { name }
}
