//! The tensors of a call, in the order in which its layer takes them.

use proc_macro2::Span;
use syn::{Error, Ident, Result};

use super::NamedInput;
use crate::{signature::Input, table::Row};

/// A tensor, or a list of them, in the parentheses of a call.
pub(super) struct Operand {
    pub(super) name: Option<Ident>,
    pub(super) tensors: Vec<usize>,
    pub(super) is_list: bool,
    pub(super) span: Span,
}

impl Operand {
    /// One tensor by its place.
    pub(super) fn tensor(tensor: usize, span: Span) -> Self {
        Self { name: None, tensors: vec![tensor], is_list: false, span }
    }

    /// A list of tensors by its place.
    pub(super) fn list(tensors: Vec<usize>, span: Span) -> Self {
        Self { name: None, tensors, is_list: true, span }
    }
}

/// The tensors of a call.
pub(super) struct Arranged {
    /// Those of the required inputs, and after them those of the others.
    pub(super) inputs: Vec<usize>,
    /// Whether the layer's rule takes the required ones as a list.
    pub(super) takes_list: bool,
    pub(super) named_inputs: Vec<NamedInput>,
}

impl Arranged {
    /// Tensors in the order in which they are given.
    pub(super) fn as_given(operands: &[Operand]) -> Self {
        let inputs: Vec<usize> = operands.iter().flat_map(|operand| operand.tensors.iter().copied()).collect();
        let is_one = matches!(operands, [Operand { is_list: false, .. }]);
        Self { inputs, takes_list: !is_one, named_inputs: Vec::new() }
    }

    /// Tensors in the order in which a built-in layer takes them.
    pub(super) fn new(row: &'static Row, operands: &[Operand], span: Span) -> Result<Self> {
        let Row { name, call, .. } = row;
        let mut given: Vec<Option<&Operand>> = vec![None; call.inputs.len()];
        for (place, operand) in operands.iter().enumerate() {
            let at = match &operand.name {
                Some(name) => call.inputs.iter().position(|input| name == input.name),
                None => (place < given.len()).then_some(place),
            };
            let Some(at) = at else { return Err(Error::new(span, too_many(row, operands))) };
            if let Some(before) = given[at].replace(operand) {
                let how = if before.name.is_some() { "both times by name" } else { "by position and by name" };
                let place = operand.name.as_ref().map_or(operand.span, Ident::span);
                return Err(Error::new(place, format!("`{}` is given twice, {how}; remove one", call.inputs[at].name)));
            }
        }
        for (input, operand) in call.inputs.iter().zip(&given).filter_map(|(input, given)| Some((input, (*given)?))) {
            match mismatch(row, input, operand) {
                Some(Mismatch::Count) => return Err(Error::new(span, too_many(row, operands))),
                Some(Mismatch::Form(message)) => return Err(Error::new(operand.span, message)),
                None => {}
            }
        }
        let (mut inputs, mut named_inputs) = (Vec::new(), Vec::new());
        // The required ones first.
        let (required, optional): (Vec<_>, Vec<_>) =
            call.inputs.iter().zip(&given).partition(|(input, _)| input.required);
        for (input, operand) in required {
            let Some(operand) = operand else {
                return Err(Error::new(span, format!("{name} needs `{}`; {}", input.name, call.takes())));
            };
            inputs.extend(&operand.tensors);
        }
        for (input, operand) in optional {
            let Some(operand) = operand else { continue };
            let start = inputs.len();
            inputs.extend(&operand.tensors);
            named_inputs.push(NamedInput { name: input.name, place: start..inputs.len(), is_list: input.is_list });
        }
        Ok(Self { inputs, takes_list: !call.takes_one(), named_inputs })
    }
}

/// What is wrong with one tensor, or a list, as an input.
fn mismatch(row: &Row, input: &Input, operand: &Operand) -> Option<Mismatch> {
    let (count, is_only) = (operand.tensors.len(), row.call.inputs.len() == 1);
    match (input.is_list, operand.is_list) {
        (true, true) if is_only && count < 2 => Some(Mismatch::Count),
        (true, false) if is_only => Some(Mismatch::Count),
        (true, false) => {
            let name = input.name;
            Some(Mismatch::Form(format!("`{name}` of {} must be a list of tensors: {name} = [x, y]", row.name)))
        }
        (false, true) if is_only && count > 1 => Some(Mismatch::Count),
        (false, true) => {
            let message = "must be one tensor, not a list; write it without brackets";
            Some(Mismatch::Form(format!("`{}` of {} {message}", input.name, row.name)))
        }
        _ => None,
    }
}

enum Mismatch {
    /// Another number of tensors than the layer takes.
    Count,
    Form(String),
}

/// What to say of tensors that a layer has no inputs for.
fn too_many(row: &Row, operands: &[Operand]) -> String {
    let Row { name, call, .. } = row;
    match call.inputs {
        [input] if input.is_list => format!("{name} takes a list of at least 2 inputs: {name}()([x, y])"),
        [_] => {
            let given: usize = operands.iter().map(|operand| operand.tensors.len()).sum();
            format!(
                "{name} takes one input, but {given} are given; join them first with Add()([x, y]) or \
                 Concatenate()([x, y])"
            )
        }
        several => format!("{name} takes at most {} tensors by position; {}", several.len(), call.takes()),
    }
}
