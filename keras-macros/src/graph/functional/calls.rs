//! Calls: of layers with tensors, of blocks with whatever their parameters stand for.

use std::{collections::HashMap, rc::Rc};

use proc_macro2::Span;
use syn::{Expr, Ident};

use super::{Binding, Resolver};
use crate::{
    graph::{CallArgument, arrange::Operand},
    kinds::Parameter,
    parse::{Block, Given, Parentheses},
    suggestions::did_you_mean,
    table::{InCall, Row},
};

impl Resolver {
    /// A layer called with tensors, and with arguments of the call.
    pub(super) fn apply(&mut self, taken: &[Span], layer: usize, parentheses: &Parentheses) -> Binding {
        let Some(given) = self.reported(parentheses.given()) else { return Binding::Unknown };
        let (mut operands, mut arguments) = (Vec::new(), Vec::new());
        for given in given {
            let row = self.builder.graph.layers[layer].built_in;
            let input = match (&given.name, row) {
                (None, _) => None,
                (Some(name), None) => {
                    let message = "models and custom layers take tensors by position; write it without a name";
                    self.builder.error(name.span(), message);
                    return Binding::Unknown;
                }
                (Some(name), Some(row)) => match row.in_call(name) {
                    Ok(InCall::Input(input)) => Some((row, input)),
                    Ok(InCall::Argument(parameter)) => {
                        let Some(argument) = self.call_argument(row, parameter, given) else { return Binding::Unknown };
                        if arguments.iter().any(|earlier: &CallArgument| earlier.name == argument.name) {
                            self.builder.error(name.span(), format!("`{name}` is given twice; remove one"));
                        }
                        arguments.push(argument);
                        continue;
                    }
                    Err(error) => {
                        self.builder.errors.push(error);
                        return Binding::Unknown;
                    }
                },
            };
            let Some(value) = self.reported(given.value()) else { return Binding::Unknown };
            let (name, span) = (given.name.clone(), value.span());
            let value = self.value(value);
            let what = match self.tensor_of(value) {
                Binding::Tensor(tensor) => {
                    operands.push(Operand { name, ..Operand::tensor(tensor, span) });
                    continue;
                }
                Binding::Tensors(tensors) => {
                    operands.push(Operand { name, ..Operand::list(tensors, span) });
                    continue;
                }
                Binding::Unknown => return Binding::Unknown,
                Binding::Layer(_) | Binding::Weight(_) => "layer",
                Binding::Constant(_) => "constant",
            };
            let message = match (input, row.and_then(|row| row.call.arguments.first())) {
                (Some((row, input)), _) => {
                    format!("`{}` of {} must be a tensor, but this is a {what}", input.name, row.name)
                }
                (None, Some(argument)) if what == "constant" => {
                    format!(
                        "this is a constant, but a tensor is needed; pass an argument of the call by name: {} = …",
                        argument.name
                    )
                }
                (None, _) if what == "constant" => {
                    "this is a constant, but a tensor is needed: `Dense(10)(x)`".to_owned()
                }
                (None, _) => "this is a layer, but a tensor is needed; call it first: `Dense(10)(x)`".to_owned(),
            };
            self.builder.error(span, message);
            return Binding::Unknown;
        }
        let span = parentheses.group.span();
        if operands.iter().all(|operand| operand.tensors.is_empty()) {
            self.builder.error(span, "a layer is called with a tensor: `Dense(10)(x)`");
            return Binding::Unknown;
        }
        if taken.len() == 1 || self.builder.graph.layers[layer].built_in.is_some() {
            let origin = self.builder.graph.layers[layer].span;
            return Binding::Tensor(self.builder.call(&[origin], layer, &operands, arguments, span).start);
        }
        Binding::Tensors(self.builder.call(taken, layer, &operands, arguments, span).collect())
    }

    /// The value of an argument of a call.
    fn call_argument(
        &mut self,
        row: &'static Row,
        parameter: &'static Parameter,
        given: &Given,
    ) -> Option<CallArgument> {
        let value = if self.mentions_values(given.tokens.clone()) {
            let message =
                format!("`{}` of {} must be {}, not a tensor", parameter.name, row.name, parameter.kind.literal());
            Err(syn::Error::new_spanned(&given.tokens, message))
        } else {
            let tokens = self.constant(given.tokens.clone()).tokens;
            syn::parse2(tokens).and_then(|value| parameter.literal(row.name, &value))
        };
        let value = self.reported(value)?;
        Some(CallArgument { name: parameter.name, kind: parameter.kind, value })
    }

    /// A block's body, at a call.
    pub(super) fn inline(&mut self, taken: &[Span], name: &str, at: Span, parentheses: &Parentheses) -> Binding {
        if self.calling.iter().any(|calling| calling == name) {
            self.builder.error(
                at,
                format!(
                    "the block `{name}` calls itself, so its graph would be infinite; repeat it with `for _ in 0..3 {{ \
                     … }}`"
                ),
            );
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
        let is_weight = self.layer.is_some() && tokens.to_string().contains("weight");
        if !is_weight && !self.mentions_values(tokens.clone()) && syn::parse2::<Expr>(tokens.clone()).is_ok() {
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
