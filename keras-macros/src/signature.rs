//! What a layer's call takes, as Keras' `call` does: tensors by their places or by name, and arguments by name.

use crate::kinds::Parameter;

/// Tensors of a layer's call.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    /// Whether it is a list of tensors, and not one.
    pub(crate) is_list: bool,
}

impl Input {
    /// One tensor that must be given.
    pub(crate) const fn required(name: &'static str) -> Self {
        Self { name, required: true, is_list: false }
    }

    /// One tensor that may be given.
    #[cfg_attr(not(test), expect(dead_code, reason = "no layer has one yet"))]
    pub(crate) const fn optional(name: &'static str) -> Self {
        Self { name, required: false, is_list: false }
    }

    /// Several tensors.
    pub(crate) const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }
}

/// All that a layer's call takes.
///
/// The layer's `build` is given the dimensions of its required inputs: of the one tensor that it is, or else of a list of
/// tensors. For an optional input, and for an argument, the layer has a builder method of its name, which is called where it is
/// given: with the dimensions of the tensor, or with the argument.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) inputs: &'static [Input],
    pub(crate) arguments: &'static [Parameter],
}

impl Signature {
    /// One tensor.
    pub(crate) const ONE: Self = Self { inputs: &[Input::required("inputs")], arguments: &[] };

    /// A list of tensors.
    pub(crate) const LIST: Self = Self { inputs: &[Input::required("inputs").list()], arguments: &[] };

    /// The inputs that must be given.
    pub(crate) fn required(&self) -> impl Iterator<Item = &'static Input> {
        self.inputs.iter().filter(|input| input.required)
    }

    /// Whether the layer's `build` takes the dimensions of one tensor, instead of a list.
    pub(crate) fn takes_one(&self) -> bool {
        let mut required = self.required();
        matches!((required.next(), required.next()), (Some(input), None) if !input.is_list)
    }

    /// The names of all that it takes.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        let arguments = self.arguments.iter().map(|argument| argument.name);
        self.inputs.iter().map(|input| input.name).chain(arguments)
    }

    /// What it takes, in words.
    pub(crate) fn takes(&self) -> String {
        format!("its call takes {}", self.names().collect::<Vec<_>>().join(", "))
    }
}
