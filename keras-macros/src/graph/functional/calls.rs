//! Calls: of layers with tensors, of blocks with whatever their parameters stand for.

use std::{collections::HashMap, rc::Rc};

use proc_macro2::Span;
use syn::{Expr, Ident};

use super::{Binding, Resolver};
use crate::{
    parse::{Block, Given, Parentheses, Value},
    suggestions::did_you_mean,
};

impl Resolver {
    /// A layer called with tensors.
    pub(super) fn apply(&mut self, taken: &[Span], layer: usize, parentheses: &Parentheses) -> Binding {
        let Some(values) = self.reported(parentheses.given().and_then(|given| {
            given
                .iter()
                .map(|given| match &given.name {
                    None => given.value(),
                    Some(name) => Err(syn::Error::new(
                        name.span(),
                        "tensors stand here; a layer's arguments stand in its own parentheses: `Dense(10, activation = \"relu\")(x)`",
                    )),
                })
                .collect::<syn::Result<Vec<&Value>>>()
        })) else {
            return Binding::Unknown;
        };
        let list = matches!(&values[..], [Value::List(..) | Value::Tuple(..)]);
        let mut inputs = Vec::new();
        for value in &values {
            match self.value(value) {
                Binding::Tensor(tensor) => inputs.push(tensor),
                Binding::Tensors(tensors) => inputs.extend(tensors),
                Binding::Unknown => return Binding::Unknown,
                Binding::Layer(_) => {
                    self.builder
                        .error(value.span(), "a layer stands where a tensor is needed; call it first: `Dense(10)(x)`");
                    return Binding::Unknown;
                }
                Binding::Constant(_) => {
                    self.builder.error(value.span(), "a constant stands where a tensor is needed: `Dense(10)(x)`");
                    return Binding::Unknown;
                }
            }
        }
        let span = parentheses.group.span();
        if inputs.is_empty() {
            self.builder.error(span, "a layer is called with a tensor: `Dense(10)(x)`");
            return Binding::Unknown;
        }
        if taken.len() == 1 || self.builder.graph.layers[layer].built_in.is_some() {
            return Binding::Tensor(self.builder.call(layer, inputs, list, span));
        }
        Binding::Tensors(self.builder.call_for(taken, layer, inputs, list, span).collect())
    }

    /// A block's body, at a call.
    pub(super) fn inline(&mut self, taken: &[Span], name: &str, at: Span, parentheses: &Parentheses) -> Binding {
        if self.calling.iter().any(|calling| calling == name) {
            self.builder.error(at, format!("the block `{name}` calls itself, and its graph would have no end; repeat it by `for _ in 0..3 {{ … }}`"));
            return Binding::Unknown;
        }
        self.step(1, at);
        let block = Rc::clone(&self.blocks[name]);
        let arguments = parentheses.given().and_then(|given| in_order(&block, given, parentheses.group.span()));
        let Some(arguments) = self.reported(arguments) else { return Binding::Unknown };
        let mut scope = HashMap::new();
        for (parameter, given) in block.parameters.iter().zip(arguments) {
            let binding = self.argument(given);
            scope.insert(parameter.to_string(), binding);
        }
        // A block sees its parameters and nothing of its caller, as a Rust function.
        let outer = std::mem::replace(&mut self.scopes, vec![scope]);
        self.calling.push(name.to_owned());
        let result = self.run(&block.body, taken);
        self.calling.pop();
        self.scopes = outer;
        match result {
            Some((binding, _)) => binding,
            None => {
                self.builder.error(at, format!("the block `{name}` has no output; end it with a tensor, without `;`"));
                Binding::Unknown
            }
        }
    }

    /// A block's argument: a tensor or layer if it mentions one, a constant otherwise.
    fn argument(&mut self, given: &Given) -> Binding {
        let tokens = &given.tokens;
        if !self.mentions_values(tokens.clone()) && syn::parse2::<Expr>(tokens.clone()).is_ok() {
            return Binding::Constant(self.constant(tokens.clone()));
        }
        match self.reported(given.value()) {
            Some(value) => self.value(value),
            None => Binding::Unknown,
        }
    }

    /// What there is, or nothing, and its error reported.
    pub(super) fn reported<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.builder.errors.push(error)).ok()
    }
}

/// What a block's call gives for each of its parameters, by its place or by its name.
fn in_order<'a>(block: &Block, given: &'a [Given], span: Span) -> syn::Result<Vec<&'a Given>> {
    let (block, parameters) = (&block.name, &block.parameters);
    let names = parameters.iter().map(Ident::to_string).collect::<Vec<_>>();
    let form = format!("call it as {block}({})", names.join(", "));
    if given.len() != parameters.len() {
        let (takes, given) = (parameters.len(), given.len());
        let message = format!("the block `{block}` takes {takes} arguments, not {given}; {form}");
        return Err(syn::Error::new(span, message));
    }
    let mut arguments = vec![None; parameters.len()];
    for (at, argument) in given.iter().enumerate() {
        let slot = match &argument.name {
            None => at,
            Some(name) => parameters.iter().position(|parameter| parameter == name).ok_or_else(|| {
                let suggestion = did_you_mean(&name.to_string(), names.iter().map(String::as_str));
                let message = format!("the block `{block}` has no parameter `{name}`{suggestion} ({form})");
                syn::Error::new(name.span(), message)
            })?,
        };
        if arguments[slot].replace(argument).is_some() {
            let at = argument.name.as_ref().map_or(span, Ident::span);
            let message = format!("`{}` is given twice; {form}", parameters[slot]);
            return Err(syn::Error::new(at, message));
        }
    }
    // As many as there are parameters, and none twice: so all of them.
    Ok(arguments.into_iter().flatten().collect())
}
