//! The end of a graph: its outputs, and whether everything leads to them.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::{Ident, ext::IdentExt, spanned::Spanned};

use super::{
    Call, Failure, Graph, LayerNode, OutputNode, Tensor,
    build::{Builder, MOST},
    layers::twice,
    names::Counter,
};

impl Builder {
    /// Makes tensors the outputs, and checks that everything leads to them.
    pub(super) fn finish(self, outputs: Vec<(usize, Span)>) -> std::result::Result<Graph, Box<Failure>> {
        self.finish_with(outputs.into_iter().map(|(tensor, span)| (tensor, span, None)).collect())
    }

    /// The same for outputs with names of their own, all or none.
    pub(super) fn finish_with(
        mut self,
        outputs: Vec<(usize, Span, Option<Ident>)>,
    ) -> std::result::Result<Graph, Box<Failure>> {
        let (mut names, mut is_output) = (Counter::default(), HashSet::new());
        let mut taken = HashSet::new();
        for (tensor, span, field) in outputs {
            if tensor < self.graph.inputs.len() {
                self.error(span, "an output must come from a layer, but this is an input; call a layer with it, such as `Identity()(…)`");
                continue;
            }
            if !is_output.insert(tensor) {
                self.error(span, "this tensor is an output already; list each once");
                continue;
            }
            if self.graph.outputs.len() == MOST {
                self.error(span, format!("a model has at most {MOST} outputs; join some of them first"));
            }
            self.graph.tensors[tensor].used = true;
            let base = match &field {
                Some(field) => field.unraw().to_string(),
                None => self.layer_of(tensor).map(|layer| layer.name_text.clone()).unwrap_or_default(),
            };
            self.graph.outputs_by_name = field.is_some();
            let name = names.next(&base, |name| taken.contains(name));
            taken.insert(name.clone());
            self.graph.outputs.push(OutputNode { name, field, tensor });
        }
        // What a layer was mistaken for may be all that it was used for: then that is the mistake.
        let has_mistaken_layer = self.graph.layers.iter().any(|layer| layer.calls > 0 && layer.error.is_some());
        if self.errors.is_empty() && !has_mistaken_layer {
            self.report_unused();
        }
        self.sort_layers();
        let generic = !self.graph.header.generics.params.is_empty();
        if self.errors.is_empty() && generic && self.graph.header.output.is_none() {
            let span = self.graph.header.ident.span();
            self.error(
                span,
                "a model with const parameters must declare its output shape: `-> Shape1<CLASSES>` (a tuple of shapes \
                 with several outputs)",
            );
        }
        let count = self.graph.outputs.len();
        let stated = match &self.graph.header.output {
            Some(syn::Type::Tuple(tuple)) => Some((tuple.span(), tuple.elems.len())),
            Some(one) => Some((one.span(), 1)),
            None => None,
        };
        if let Some((span, stated)) = stated
            && self.errors.is_empty()
            && stated != count
        {
            self.error(
                span,
                if count == 1 {
                    format!("the model has 1 output, but output shapes are declared for {stated}; declare one")
                } else {
                    format!(
                        "the model has {count} outputs, but output shapes are declared for {stated}; declare a tuple \
                         of {count}"
                    )
                },
            );
        }
        if self.errors.is_empty() && !self.graph.outputs.is_empty() {
            Ok(self.graph)
        } else {
            Err(Failure::of_graph(self.graph, self.errors))
        }
    }

    /// Reports what leads nowhere.
    fn report_unused(&mut self) {
        // A loop's body is there once, and is reported once. Spans cannot be compared but by how they are shown.
        let mut reported = HashSet::new();
        for at in 0..self.graph.tensors.len() {
            let Tensor { span, used, maker, .. } = self.graph.tensors[at];
            if used || !reported.insert(format!("{span:?}")) {
                continue;
            }
            let message = match maker {
                None => {
                    let name = &self.graph.inputs[at].name_text;
                    format!("the input `{name}` is not used; use it, or remove its declaration")
                }
                Some((call, output)) => {
                    let Call { layer, outputs, .. } = self.graph.calls[call];
                    let name = &self.graph.layers[layer].name_text;
                    if let Some(outer) = self.shadows.get(&at) {
                        format!(
                            "the output of `{name}` is not used; write `{outer} = …;`: `let` is local to the loop's \
                             body"
                        )
                    } else if outputs == 1 {
                        format!("the output of `{name}` is not used; use it, or remove the call")
                    } else {
                        format!("output {output} of `{name}` is not used; use it, or bind it to `_`")
                    }
                }
            };
            self.error(span, message);
        }
        for layer in 0..self.graph.layers.len() {
            let LayerNode { calls, span, name_text, argument_of, .. } = &self.graph.layers[layer];
            let message = match (calls, argument_of) {
                (0, None) => {
                    format!("the layer `{name_text}` is never called; call it with a tensor, or remove it")
                }
                (1.., Some(outer)) => twice(name_text, outer),
                _ => continue,
            };
            self.error(*span, message);
        }
    }

    /// Puts the layers in the order of their first calls, as a summary lists them; their names stay. Arguments of others are in
    /// them.
    fn sort_layers(&mut self) {
        let is_called = |&layer: &usize| self.graph.layers[layer].calls > 0;
        let mut order: Vec<usize> = (0..self.graph.layers.len()).filter(is_called).collect();
        order.sort_by_key(|&layer| self.graph.layers[layer].first_call);
        let mut places = vec![0; self.graph.layers.len()];
        for (place, &layer) in order.iter().enumerate() {
            places[layer] = place;
        }
        for call in &mut self.graph.calls {
            call.layer = places[call.layer];
        }
        let mut layers: Vec<Option<LayerNode>> = std::mem::take(&mut self.graph.layers).into_iter().map(Some).collect();
        self.graph.layers = order.into_iter().filter_map(|layer| layers[layer].take()).collect();
    }
}
