//! What things are called in the generated code, and the generics that go with them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{GenericParam, Generics};

use crate::{
    graph::{Call, Graph},
    parse::Header,
};

/// What parameters and variables of generated functions are called, but for `output_0` and so on.
const PARAMETERS: &[&str] = &["error", "input", "layer", "pass", "seed", "training", "weights", "workspace"];

/// The names of one model's generated items.
pub(crate) struct Names<'a> {
    graph: &'a Graph,
    /// The span of the model's name: types and public constants lie on it, so that rustc folds what follows from a
    /// layer's error.
    pub(crate) span: Span,
    /// `<const CLASSES: usize>`, without defaults; empty without parameters.
    pub(crate) parameters: TokenStream,
    /// `CLASSES,`: the arguments, with a comma after each.
    pub(crate) arguments: TokenStream,
}

impl<'a> Names<'a> {
    pub(crate) fn new(graph: &'a Graph) -> Self {
        // All that is generated has the same span, so that `self` and variables are the same ones everywhere, also if the
        // listing comes out of a macro that was given the name.
        let span = graph.header.ident.span();
        let without_defaults = without_defaults(&graph.header.generics);
        let parameters = &without_defaults.params;
        let arguments: TokenStream = graph
            .header
            .generics
            .const_params()
            .map(|parameter| {
                let ident = &parameter.ident;
                quote_spanned!(span=> #ident,)
            })
            .collect();
        Self { graph, span, parameters: quote_spanned!(span=> #parameters), arguments }
    }

    /// Whether the model has const parameters.
    pub(crate) fn is_generic(&self) -> bool {
        !self.graph.header.generics.params.is_empty()
    }

    /// The struct itself.
    pub(crate) fn item(&self) -> TokenStream {
        let Header { attributes, visibility, ident, generics, .. } = &self.graph.header;
        let parameters = &generics.params;
        let comma = (!parameters.is_empty() && !parameters.trailing_punct()).then(|| quote_spanned!(ident.span()=> ,));
        quote_spanned! {ident.span()=>
            #(#attributes)*
            #visibility struct #ident<#parameters #comma W = ::keras::Owned> {
                weights: W,
            }
        }
    }

    /// `Digits<CLASSES, W>`, for some `W`.
    pub(crate) fn model(&self, weights: TokenStream) -> TokenStream {
        let (ident, arguments) = (&self.graph.header.ident, &self.arguments);
        quote_spanned!(self.span=> #ident<#arguments #weights>)
    }

    /// `impl<const CLASSES: usize, …>`.
    pub(crate) fn implementation(&self, more: TokenStream) -> TokenStream {
        let parameters = &self.parameters;
        let comma = self.is_generic().then(|| quote_spanned!(self.span=> ,));
        quote_spanned!(self.span=> impl<#parameters #comma #more>)
    }

    /// The hidden type that holds what depends on const parameters.
    pub(crate) fn hidden(&self) -> TokenStream {
        let (ident, arguments) = (self.hidden_ident(), &self.arguments);
        quote_spanned!(self.span=> #ident::<#arguments>)
    }

    /// Its name, as rustc shows it in an error: `DigitsWith::<10>::conv2d`.
    pub(crate) fn hidden_ident(&self) -> Ident {
        format_ident!("{}With", self.graph.header.ident, span = self.span)
    }

    /// The dimensions of an input.
    pub(crate) fn input(&self, input: usize) -> TokenStream {
        self.place(self.input_ident(input), self.graph.inputs[input].depends_on_generics)
    }

    /// The constant of an input's dimensions.
    pub(crate) fn input_ident(&self, input: usize) -> Ident {
        format_ident!("{}_dims", self.graph.inputs[input].name, span = self.span)
    }

    /// The parameter that an input's values are given by.
    pub(crate) fn input_parameter(&self, input: usize) -> Ident {
        if self.graph.header.functional {
            Ident::new(&apart(self.graph.inputs[input].name.to_string(), &["workspace"]), self.span)
        } else {
            Ident::new("input", self.span)
        }
    }

    /// What a call's layer is for the call's inputs: a `Built`.
    pub(crate) fn built(&self, call: usize) -> TokenStream {
        let depends = self.depends(call);
        let ident = self.built_ident(call);
        let ident = if depends { format_ident!("{ident}_built", span = self.span) } else { ident };
        self.place(ident, depends)
    }

    /// The constant of a call: the layer's name for its first call.
    pub(crate) fn built_ident(&self, call: usize) -> Ident {
        // Where a constant is in scope, no parameter can have its name.
        let layer = apart(self.graph.layers[self.graph.calls[call].layer].name.to_string(), PARAMETERS);
        match self.ordinal(call) {
            0 => Ident::new(&layer, self.span),
            again => format_ident!("{layer}_call_{again}", span = self.span),
        }
    }

    /// Where const parameters decide, the constant of the `Result`; the one of the layer's name reports its error.
    pub(crate) fn result_ident(&self, call: usize) -> Ident {
        format_ident!("{}_result", self.built_ident(call), span = self.span)
    }

    /// The constant of the dimensions of a call's output after its first.
    pub(crate) fn output_ident(&self, call: usize, output: usize) -> Ident {
        format_ident!("{}_output_{output}", self.built_ident(call), span = self.span)
    }

    /// The function that makes a layer.
    pub(crate) fn make(&self, layer: usize) -> Ident {
        // On the layer's own span: what goes wrong in its arguments is reported there, and inside of it.
        format_ident!("build_{}", self.graph.layers[layer].name, span = self.graph.layers[layer].span)
    }

    /// The function that makes a call's layer, as a path.
    pub(crate) fn make_path(&self, layer: usize) -> TokenStream {
        self.place(self.make(layer), self.graph.layers[layer].depends_on_generics)
    }

    /// The constant plan of a call.
    pub(crate) fn call_plan(&self, call: usize) -> Ident {
        format_ident!("{}_PLAN", self.built_ident(call).to_string().to_uppercase(), span = self.span)
    }

    /// Whether a call's dimensions depend on const parameters.
    pub(crate) fn depends(&self, call: usize) -> bool {
        self.graph.tensors[self.graph.calls[call].output].depends_on_generics
    }

    /// Whether this is the first call of its layer (0), the second (1), …
    pub(crate) fn ordinal(&self, call: usize) -> usize {
        let layer = self.graph.calls[call].layer;
        self.graph.calls[..call].iter().filter(|earlier| earlier.layer == layer).count()
    }

    /// The dimensions of a tensor: an expression.
    pub(crate) fn dims(&self, tensor: usize) -> TokenStream {
        match self.graph.tensors[tensor].maker {
            None => self.input(tensor),
            Some((call, 0)) => {
                let built = self.built(call);
                quote_spanned!(self.span=> #built.output)
            }
            Some((call, output)) => self.place(self.output_ident(call, output), self.depends(call)),
        }
    }

    /// The dimensions of a call's inputs, as `build` takes them.
    pub(crate) fn inputs(&self, call: &Call) -> TokenStream {
        let dims = call.inputs.iter().map(|&tensor| self.dims(tensor));
        if call.takes_list() {
            quote_spanned!(self.span=> &[#(#dims),*])
        } else {
            quote_spanned!(self.span=> #(#dims)*)
        }
    }

    fn place(&self, ident: Ident, depends: bool) -> TokenStream {
        if depends {
            let hidden = self.hidden();
            quote_spanned!(self.span=> #hidden::#ident)
        } else {
            quote_spanned!(self.span=> #ident)
        }
    }
}

/// A name that is none of the taken ones, nor `output_0` and so on, nor a function's: another for each name.
fn apart(mut name: String, taken: &[&str]) -> String {
    let base = name.trim_end_matches('_');
    if taken.contains(&base) || base.starts_with("output_") || base.starts_with("build_") {
        name.push('_');
    }
    name
}

fn without_defaults(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        if let GenericParam::Const(parameter) = parameter {
            parameter.eq_token = None;
            parameter.default = None;
        }
    }
    generics
}
