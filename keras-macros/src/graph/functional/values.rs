//! What a value is: a tensor, several of them, a layer, a constant.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Ident, Path, ext::IdentExt, spanned::Spanned};

use super::{
    Binding, Resolver,
    constants::{Constant, is_constant},
    declared, find,
};
use crate::{
    graph::{layers::Bound, limits},
    operations,
    parse::{Parentheses, Value},
    table,
};

impl Resolver {
    /// A value of which one tensor is taken.
    pub(super) fn value(&mut self, value: &Value) -> Binding {
        self.value_for(&[value.span()], value)
    }

    /// A value of which a tensor is taken for each of these places: their number says how many outputs an inner model has.
    pub(super) fn value_for(&mut self, taken: &[Span], value: &Value) -> Binding {
        if self.builder.has_stopped() {
            return Binding::Unknown;
        }
        if self.depth == limits::DEPTH {
            self.builder.stop(value.span(), limits::too_deep());
            return Binding::Unknown;
        }
        self.depth += 1;
        let binding = match value {
            Value::Path(path) => self.path(path),
            Value::Constant(literal) => Binding::Constant(Constant::new(literal.to_token_stream())),
            Value::List(values, span) | Value::Tuple(values, span) => self.tensors(values, *span),
            Value::Fields(name, fields) => self.named_outputs(name, fields),
            Value::Operators(first, more) => {
                let mut result = self.value(first);
                let mut written = declared::text(first);
                for (operator, span, value) in more {
                    let right = declared::text(value);
                    let value = self.value(value);
                    if let Some(body) = &mut self.layer {
                        written = format!("{written} {} {right}", operator.sign());
                        body.text = Some(written.clone());
                    }
                    result = match operator.operation() {
                        Some(operation) => self.binary(operation, *operator, *span, *span, result, value),
                        None => Binding::Unknown,
                    };
                }
                result
            }
            Value::Negative(span, value) => self.negative(*span, value),
            Value::Item(value, group) => self.item(value, group),
            Value::Call(callee, parentheses) => self.call(taken, callee, parentheses),
        };
        self.depth -= 1;
        binding
    }

    /// The tensors of a list or a tuple.
    fn tensors(&mut self, values: &[Value], span: Span) -> Binding {
        let mut tensors = Vec::new();
        for value in values {
            let value = self.value(value);
            match self.tensor_of(value) {
                Binding::Tensor(tensor) => tensors.push(tensor),
                Binding::Tensors(more) => tensors.extend(more),
                Binding::Unknown => return Binding::Unknown,
                _ => {
                    self.builder
                        .error(span, "a list or a tuple contains only tensors; call layers first: `Dense(10)(x)`");
                    return Binding::Unknown;
                }
            }
        }
        self.step(tensors.len(), span);
        Binding::Tensors(tensors)
    }

    /// The tensors of the struct that a listing ends in: one for each field.
    fn named_outputs(&mut self, name: &Ident, fields: &[(Ident, Value)]) -> Binding {
        let expected = format!("{}Outputs", self.builder.graph.header.ident.unraw());
        if *name != expected || !self.calling.is_empty() {
            let message =
                format!("outputs by name are what a model ends with: `{expected} {{ class: Dense(3)(x), … }}`");
            self.builder.error(name.span(), message);
            return Binding::Unknown;
        }
        if fields.len() < 2 {
            self.builder.error(name.span(), "a model with one output ends with it alone: `Dense(10)(x)`");
            return Binding::Unknown;
        }
        let mut tensors = Vec::new();
        for (at, (field, value)) in fields.iter().enumerate() {
            if fields[..at].iter().any(|(earlier, _)| earlier == field) {
                self.builder.error(field.span(), format!("there are two outputs called `{field}`; rename one"));
                return Binding::Unknown;
            }
            match self.value(value) {
                Binding::Tensor(tensor) => tensors.push(tensor),
                Binding::Unknown => return Binding::Unknown,
                _ => {
                    self.builder.error(value.span(), "an output must be a tensor; call the layer: `Dense(10)(x)`");
                    return Binding::Unknown;
                }
            }
        }
        Binding::Tensors(tensors)
    }

    fn path(&mut self, path: &Path) -> Binding {
        let is_bound = path.get_ident().is_some_and(|ident| self.find(&ident.to_string()).is_some());
        if !is_bound && is_constant(path) {
            return Binding::Constant(Constant::new(path.to_token_stream()));
        }
        let Some(ident) = path.get_ident() else {
            let name = path.to_token_stream().to_string().replace(' ', "");
            self.builder.error(path.span(), format!("a layer needs parentheses: `{name}()`"));
            return Binding::Unknown;
        };
        if let Some(binding) = self.find(&ident.to_string()) {
            return binding;
        }
        if ident.to_string().starts_with(char::is_uppercase) && table::find(path).is_some() {
            self.builder.error(ident.span(), format!("a layer needs parentheses: `{ident}()`"));
        } else {
            self.unknown(ident, false);
        }
        Binding::Unknown
    }

    fn call(&mut self, taken: &[Span], callee: &Value, parentheses: &Parentheses) -> Binding {
        let Value::Path(path) = callee else {
            return match self.value(callee) {
                Binding::Layer(layer) => self.apply(taken, layer, parentheses),
                Binding::Unknown => Binding::Unknown,
                _ => {
                    self.builder
                        .error(parentheses.group.span(), "only layers and blocks can be called: `Dense(10)(x)`");
                    Binding::Unknown
                }
            };
        };
        if let Some(ident) = path.get_ident() {
            let name = ident.to_string();
            match self.find(&name) {
                Some(Binding::Layer(layer)) => return self.apply(taken, layer, parentheses),
                Some(Binding::Unknown) => return Binding::Unknown,
                Some(Binding::Tensor(_) | Binding::Tensors(_) | Binding::Weight(_)) => {
                    let message = format!(
                        "`{name}` is a tensor and cannot be called; call a layer or a block with it: \
                         `Dense(10)({name})`"
                    );
                    self.builder.error(path.span(), message);
                    return Binding::Unknown;
                }
                Some(Binding::Constant(_)) => {
                    self.builder.error(
                        path.span(),
                        format!("`{name}` is a constant and cannot be called; call a layer or a block: `Dense(10)(x)`"),
                    );
                    return Binding::Unknown;
                }
                None => {}
            }
            if self.blocks.contains_key(&name) {
                return self.inline(taken, &name, path.span(), parentheses);
            }
            if self.layer.is_some() && name == "weight" {
                return self.weight(path.span(), parentheses);
            }
            if let Some(length) = self.length(&name, &parentheses.group) {
                return Binding::Constant(Constant::new(length));
            }
            if let Some(operation) = operations::find(&name) {
                return self.operation(operation, path.span(), parentheses);
            }
            if !name.starts_with(char::is_uppercase) {
                self.unknown(ident, true);
                return Binding::Unknown;
            }
            if name == "Input" {
                self.builder.error(
                    path.span(),
                    "inputs are declared after the model's name: `struct Name(image: Input(28, 28, 1))`",
                );
                return Binding::Unknown;
            }
        }
        if let Some(operation) = path.segments.last().map(|segment| segment.ident.to_string())
            && operations::find(&operation).is_some()
        {
            self.builder.error(path.span(), format!("an operation is called by its name alone: `{operation}(…)`"));
            return Binding::Unknown;
        }
        let arguments = self.arguments(&parentheses.group);
        let scopes = &self.scopes;
        let names = |ident: &Ident| match find(scopes, &ident.to_string()) {
            Some(Binding::Layer(layer)) => Bound::Layer(*layer),
            Some(Binding::Tensor(_) | Binding::Tensors(_) | Binding::Weight(_)) => Bound::Tensor,
            Some(Binding::Constant(_) | Binding::Unknown) | None => Bound::Nothing,
        };
        Binding::Layer(self.builder.layer(path, &arguments, &names))
    }
}

/// The tensors of a value, each with where it stands.
pub(super) fn places(value: &Value, tensors: Vec<usize>) -> Vec<(usize, Span)> {
    let spans = spans(value);
    let place = |at: usize| if spans.len() == tensors.len() { spans[at] } else { value.span() };
    tensors.iter().enumerate().map(|(at, &tensor)| (tensor, place(at))).collect()
}

fn spans(value: &Value) -> Vec<Span> {
    match value {
        Value::List(values, _) | Value::Tuple(values, _) => values.iter().flat_map(spans).collect(),
        one => vec![one.span()],
    }
}
