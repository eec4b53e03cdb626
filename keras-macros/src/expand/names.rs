//! What things are called in the generated code, and the generics that go with them.
//!
//! Layers and inputs give their own names to what is made of them, since errors show these. Whatever else is made, or has a name
//! that the listing's own expressions mention, goes around all of them.

use std::collections::HashSet;

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, GenericParam, Generics, ext::IdentExt, spanned::Spanned};

use super::{given, records::Record, wrapped};
use crate::{
    graph::{Call, Graph, LayerNode},
    parse::Header,
};

/// What parameters and variables of generated functions are called: where a constant is in scope, none can have its name.
const PARAMETERS: &[&str] = &[
    "built",
    "error",
    "given",
    "input",
    "inputs",
    "layer",
    "mode",
    "model",
    "outputs",
    "pass",
    "seed",
    "state",
    "weights",
    "workspace",
    "wrapped",
];

/// Name of the struct's type parameter, as errors show it: `Digits<W>`.
const STORAGE: &str = "W";

/// The same, beside a head's own parameters.
pub(super) fn storage(header: &Header) -> Ident {
    InUse::by(header).fresh(STORAGE, header.ident.span())
}

/// The names of one model's generated items.
pub(crate) struct Names<'a> {
    graph: &'a Graph,
    /// The span of the model's name: types and public constants lie on it, so that rustc folds what follows from a
    /// layer's error.
    pub(crate) span: Span,
    /// `<const CLASSES: usize>`, without defaults; empty without parameters.
    pub(crate) parameters: TokenStream,
    /// `{ CLASSES },`: the arguments, with a comma after each.
    pub(crate) arguments: TokenStream,
    hidden: Ident,
    inputs: Vec<Ident>,
    /// The constants of an input's lengths that depend on no const parameter, if others of it do: such lengths are needed twice.
    lengths: Vec<Vec<Option<Ident>>>,
    makes: Vec<Ident>,
    calls: Vec<CallNames>,
    stated_outputs: Vec<Ident>,
    stated_types: Vec<Ident>,
    /// The constant that checks the outputs' dtypes.
    pub(crate) float_outputs: Ident,
    /// The type aliases of the shapes of inputs and outputs.
    pub(crate) shapes: [Ident; 2],
    /// The parameter of `initial_state`.
    pub(crate) state_length: Ident,
    /// The struct's type parameter: where the weights are.
    pub(crate) storage: Ident,
    /// A type parameter: the numbers that weights are stored as.
    pub(crate) stored_as: Ident,
    /// A type parameter of functions that take whatever they are given.
    pub(crate) anything: Ident,
    /// The structs of named inputs and outputs.
    pub(crate) input_record: Record,
    pub(crate) output_record: Record,
}

/// What is made of one call.
struct CallNames {
    built: Ident,
    made: Ident,
    layer: Ident,
    plan: Ident,
    /// With const parameters alone.
    result: Ident,
    or_empty: Ident,
    /// The outputs after the first.
    outputs: Vec<Ident>,
}

/// The names that are in use.
pub(super) struct InUse(HashSet<String>);

impl InUse {
    /// Those of generated functions, and those that a listing's head mentions.
    fn by(header: &Header) -> Self {
        let mut in_use = Self(PARAMETERS.iter().map(|&name| name.to_owned()).collect());
        in_use.mention(header.generics.params.to_token_stream());
        in_use.mention(header.ident.to_token_stream());
        in_use.mention(header.output.to_token_stream());
        in_use
    }

    /// None.
    pub(super) fn none() -> Self {
        Self(HashSet::new())
    }

    pub(super) fn insert(&mut self, name: impl Into<String>) {
        self.0.insert(name.into());
    }

    /// This name, or one like it that nothing has yet.
    pub(super) fn fresh(&mut self, name: impl Into<String>, span: Span) -> Ident {
        let mut name = name.into();
        while !self.0.insert(name.clone()) {
            name.push('_');
        }
        Ident::new(&name, span)
    }

    /// What an expression or a path of the listing refers to by a name alone.
    fn mention(&mut self, tokens: TokenStream) {
        let mut is_part = false;
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) if !is_part => {
                    self.0.insert(ident.to_string());
                }
                TokenTree::Group(group) => self.mention(group.stream()),
                _ => {}
            }
            // What stands after `.` or `::` is looked up elsewhere.
            is_part = matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), '.' | ':'));
        }
    }
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
                // In braces, since a name alone may be that of a type.
                quote_spanned!(span=> { #ident },)
            })
            .collect();
        let mut in_use = InUse::by(&graph.header);
        for input in &graph.inputs {
            input.dims.iter().for_each(|dim| in_use.mention(dim.to_token_stream()));
        }
        // Documentation shows it: it does not depend on the layers.
        let storage = in_use.fresh(STORAGE, span);
        for layer in &graph.layers {
            for part in layer.with_arguments() {
                in_use.mention(part.path.to_token_stream());
                in_use.mention(part.expression.clone());
                in_use.0.extend(part.given_layers().flat_map(wrapped::names).map(|variable| variable.to_string()));
            }
            in_use.0.extend(layer.call_parameters.iter().map(|parameter| given::name(parameter, span).to_string()));
        }
        let layers: Vec<Ident> =
            graph.layers.iter().map(|layer| in_use.fresh(layer.name.unraw().to_string(), span)).collect();
        let inputs = graph.inputs.iter().map(|input| in_use.fresh(input.name.unraw().to_string(), span)).collect();
        let lengths = graph.inputs.iter().map(|input| {
            let length = |(dim, &depends): (&Expr, &bool)| {
                let is_needed = input.depends_on_generics && !depends && !matches!(dim, Expr::Lit(_));
                is_needed.then(|| in_use.fresh("LENGTH_OF_INPUT", span))
            };
            input.dims.iter().zip(&input.lengths_depend).map(length).collect()
        });
        let lengths = lengths.collect();
        // On the layer's own span: what goes wrong in its arguments is reported there, and inside of it.
        let make = |(layer, node): (&Ident, &LayerNode)| in_use.fresh(format!("build_{layer}"), node.span);
        let makes = layers.iter().zip(&graph.layers).map(make).collect();
        let calls = graph.calls.iter().map(|call| {
            let layer = &layers[call.layer];
            let built = match call.ordinal {
                0 => layer.clone(),
                again => in_use.fresh(format!("{layer}_call_{}", again + 1), span),
            };
            CallNames {
                made: in_use.fresh(format!("made_{built}"), span),
                layer: in_use.fresh(format!("layer_{built}"), span),
                plan: in_use.fresh(format!("{built}_PLAN").to_uppercase(), span),
                result: in_use.fresh(format!("{built}_result"), span),
                or_empty: in_use.fresh(format!("{built}_or_empty"), span),
                outputs: (1..call.outputs).map(|at| in_use.fresh(format!("{built}_output_{at}"), span)).collect(),
                built,
            }
        });
        let calls = calls.collect();
        let stated_outputs = (0..graph.outputs.len()).map(|at| match at {
            0 => in_use.fresh("STATED_OUTPUT", span),
            _ => in_use.fresh(format!("STATED_OUTPUT_{at}"), span),
        });
        let stated_outputs = stated_outputs.collect();
        let stated_type = |(at, stated): (usize, &syn::Type)| {
            in_use.fresh(format!("StatedShape{at}"), stated.span().resolved_at(span))
        };
        let stated_types = graph.header.outputs().into_iter().enumerate().map(stated_type).collect();
        // As rustc shows it in an error: `DigitsWith::<10>::conv2d`.
        let hidden = in_use.fresh(format!("{}With", graph.header.ident.unraw()), span);
        let [state_length, stored_as, anything] = ["LENGTH", "StoredAs", "T"].map(|name| in_use.fresh(name, span));
        let float_outputs = in_use.fresh("FLOAT_OUTPUTS", span);
        let shapes = ["InputShapes", "OutputShapes"].map(|name| in_use.fresh(name, span));
        let parameters = quote_spanned!(span=> #parameters);
        let [input_record, output_record] = Record::of(graph);
        Self {
            graph,
            span,
            parameters,
            arguments,
            hidden,
            inputs,
            lengths,
            makes,
            calls,
            stated_outputs,
            stated_types,
            float_outputs,
            shapes,
            state_length,
            storage,
            stored_as,
            anything,
            input_record,
            output_record,
        }
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
        let storage = &self.storage;
        quote_spanned! {ident.span()=>
            #(#attributes)*
            #visibility struct #ident<#parameters #comma #storage = ::keras::Owned> {
                weights: #storage,
            }
        }
    }

    /// What a generic layer captures: `CLASSES`.
    pub(crate) fn captured(&self) -> TokenStream {
        let idents = self.graph.header.generics.const_params().map(|parameter| &parameter.ident);
        quote_spanned!(self.span=> #(#idents),*)
    }

    /// `Digits<{ CLASSES }, W>`, for some `W`.
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

    /// Its name.
    pub(crate) fn hidden_ident(&self) -> &Ident {
        &self.hidden
    }

    /// An input: dimensions and dtype.
    pub(crate) fn input(&self, input: usize) -> TokenStream {
        self.place(self.input_ident(input), self.graph.inputs[input].depends_on_generics)
    }

    /// The constant of an input: the input's name.
    pub(crate) fn input_ident(&self, input: usize) -> &Ident {
        &self.inputs[input]
    }

    /// The lengths of an input: expressions.
    pub(crate) fn input_lengths(&self, input: usize) -> Vec<TokenStream> {
        let lengths = self.graph.inputs[input].dims.iter().zip(&self.lengths[input]);
        lengths.map(|(dim, constant)| constant.as_ref().map_or_else(|| quote!(#dim), Ident::to_token_stream)).collect()
    }

    /// The constants among them, with what they are.
    pub(crate) fn constant_lengths(&self, input: usize) -> impl Iterator<Item = (&Ident, &Expr)> {
        let lengths = self.lengths[input].iter().zip(&self.graph.inputs[input].dims);
        lengths.filter_map(|(constant, dim)| Some((constant.as_ref()?, dim)))
    }

    /// The parameter that an input's values are given by.
    pub(crate) fn input_parameter(&self, input: usize) -> Ident {
        if self.graph.header.functional {
            let name = self.graph.inputs[input].name.unraw().to_string();
            // Another name for each: those of the other parameters are taken.
            let is_taken = matches!(name.trim_end_matches('_'), "model" | "state" | "workspace");
            if is_taken { format_ident!("{name}_", span = self.span) } else { self.graph.inputs[input].name.clone() }
        } else {
            Ident::new("input", self.span)
        }
    }

    /// What a call's layer is for the call's inputs: a `Built`.
    pub(crate) fn built(&self, call: usize) -> TokenStream {
        if self.depends(call) {
            self.place(self.or_empty_ident(call), true)
        } else {
            self.place(self.built_ident(call), false)
        }
    }

    /// The constant of a call: the layer's name for its first call.
    pub(crate) fn built_ident(&self, call: usize) -> &Ident {
        &self.calls[call].built
    }

    /// Where const parameters decide, the constant of the `Result`; the one of the layer's name reports its error.
    pub(crate) fn result_ident(&self, call: usize) -> &Ident {
        &self.calls[call].result
    }

    /// Where const parameters decide, the constant that is there in any case.
    pub(crate) fn or_empty_ident(&self, call: usize) -> &Ident {
        &self.calls[call].or_empty
    }

    /// The constant of a call's output after its first.
    pub(crate) fn output_ident(&self, call: usize, output: usize) -> &Ident {
        &self.calls[call].outputs[output - 1]
    }

    /// The constant that compares an output with the stated one.
    pub(crate) fn stated_output_ident(&self, output: usize) -> &Ident {
        &self.stated_outputs[output]
    }

    /// The alias of a stated output.
    pub(crate) fn stated_type_ident(&self, output: usize) -> &Ident {
        &self.stated_types[output]
    }

    /// A stated output.
    pub(crate) fn stated_type(&self, output: usize) -> TokenStream {
        let (ident, arguments) = (self.stated_type_ident(output), &self.arguments);
        quote_spanned!(ident.span()=> #ident<#arguments>)
    }

    /// The function that makes a layer.
    pub(crate) fn make(&self, layer: usize) -> &Ident {
        &self.makes[layer]
    }

    /// The function that makes a call's layer, as a path.
    pub(crate) fn make_path(&self, layer: usize) -> TokenStream {
        self.place(self.make(layer), self.graph.layers[layer].depends_on_generics)
    }

    /// The function that gives a call's layer with what its `build` says, where const parameters do not decide.
    pub(crate) fn made(&self, call: usize) -> &Ident {
        &self.calls[call].made
    }

    /// The function that gives a call's layer alone.
    pub(crate) fn layer(&self, call: usize) -> &Ident {
        &self.calls[call].layer
    }

    /// The plan of a call: a static, or an associated constant where const parameters decide.
    pub(crate) fn call_plan(&self, call: usize) -> &Ident {
        &self.calls[call].plan
    }

    /// Whether a call's dimensions depend on const parameters.
    pub(crate) fn depends(&self, call: usize) -> bool {
        self.graph.tensors[self.graph.calls[call].output].depends_on_generics
    }

    /// The dimensions of a tensor: an expression.
    pub(crate) fn dims(&self, tensor: usize) -> TokenStream {
        match self.graph.tensors[tensor].maker {
            Some((call, 0)) => {
                let built = self.built(call);
                quote_spanned!(self.span=> #built.output())
            }
            _ => {
                let spec = self.spec(tensor);
                quote_spanned!(self.span=> #spec.dims)
            }
        }
    }

    /// A tensor: dimensions, dtype, mask.
    pub(crate) fn spec(&self, tensor: usize) -> TokenStream {
        match self.graph.tensors[tensor].maker {
            None => self.input(tensor),
            Some((call, 0)) => {
                let built = self.built(call);
                quote_spanned!(self.span=> #built.nth_output(0))
            }
            Some((call, output)) => self.place(self.output_ident(call, output), self.depends(call)),
        }
    }

    /// The arguments of the function that makes a call's layer: the dimensions of the call's inputs, as `build` takes them, and what
    /// else it gives.
    pub(crate) fn inputs(&self, call: &Call) -> TokenStream {
        let dims = call.rule_inputs().iter().map(|&tensor| self.dims(tensor));
        let given = given::arguments(call, &self.graph.layers[call.layer], self);
        if call.takes_list {
            quote_spanned!(self.span=> &[#(#dims),*] #given)
        } else {
            quote_spanned!(self.span=> #(#dims)* #given)
        }
    }

    fn place(&self, ident: &Ident, depends: bool) -> TokenStream {
        if depends {
            let hidden = self.hidden();
            quote_spanned!(self.span=> #hidden::#ident)
        } else {
            quote_spanned!(self.span=> #ident)
        }
    }
}

/// A number as a person writes it: `3`, not `3usize`.
pub(super) fn number(number: usize) -> Literal {
    Literal::usize_unsuffixed(number)
}

fn without_defaults(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        if let GenericParam::Const(parameter) = parameter {
            parameter.default = None;
        }
    }
    generics
}
