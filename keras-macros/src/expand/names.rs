//! What things are called in the generated code, and the generics that go with them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{GenericParam, Generics};

use crate::graph::{Call, Graph};

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
        // At the model's name, but with the names of the macro's caller: `self` and locals must be the same ones everywhere,
        // also if the listing comes out of a macro that was given the name.
        let span = graph.header.ident.span().resolved_at(Span::call_site());
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
        item(&self.graph.header)
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
        let arguments = &self.arguments;
        quote_spanned!(self.span=> Layers::<#arguments>)
    }

    /// The dimensions of an input.
    pub(crate) fn input(&self, input: usize) -> TokenStream {
        let node = &self.graph.inputs[input];
        let ident = Ident::new(&node.name.to_string(), self.span);
        self.place(ident, node.depends_on_generics)
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
        let layer = &self.graph.layers[self.graph.calls[call].layer].name;
        match self.ordinal(call) {
            0 => Ident::new(&layer.to_string(), self.span),
            again => format_ident!("{layer}_call_{again}", span = self.span),
        }
    }

    /// The function that makes a layer.
    pub(crate) fn make(&self, layer: usize) -> Ident {
        // On the layer's own span: what goes wrong in its arguments is reported there.
        format_ident!("new_{}", self.graph.layers[layer].name, span = self.graph.layers[layer].span)
    }

    /// The function that makes a call's layer, as a path.
    pub(crate) fn make_path(&self, layer: usize) -> TokenStream {
        self.place(self.make(layer), self.graph.layers[layer].depends_on_generics)
    }

    /// The constant plan of a call.
    pub(crate) fn call_plan(&self, call: usize) -> Ident {
        Ident::new(&self.built_ident(call).to_string().to_uppercase(), self.span)
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
        if tensor < self.graph.inputs.len() {
            self.input(tensor)
        } else {
            let built = self.built(tensor - self.graph.inputs.len());
            quote_spanned!(self.span=> #built.output)
        }
    }

    /// The dimensions of a call's inputs, as `build` takes them.
    pub(crate) fn inputs(&self, call: &Call) -> TokenStream {
        let dims = call.inputs.iter().map(|&tensor| self.dims(tensor));
        if call.list || call.inputs.len() != 1 {
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

/// The struct of a model: emitted even if its listing is at fault, so that its name exists.
pub(crate) fn item(header: &crate::parse::Header) -> TokenStream {
    let (attributes, visibility, ident) = (&header.attributes, &header.visibility, &header.ident);
    let parameters = &header.generics.params;
    let comma = (!parameters.is_empty() && !parameters.trailing_punct()).then(|| quote_spanned!(ident.span()=> ,));
    quote_spanned! {ident.span()=>
        #(#attributes)*
        #visibility struct #ident<#parameters #comma W = ::keras::Owned> {
            weights: W,
        }
    }
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
