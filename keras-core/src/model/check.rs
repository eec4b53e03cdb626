//! What generated constants call: they check a model where its listing says what does not fit.

#[cfg(feature = "std")]
use super::Description;
use crate::{
    layers::{Backward, Built, Forward, Layer, TensorSpec, Weights},
    shape::{Dims, Dtype, MAX_ELEMENTS, MAX_LENGTH, Message, ShapeError},
};

/// A layer with what it is for its input: what the generated constant of a layer holds.
///
/// # Panics
/// With the rule's words if it is broken; in const evaluation, the compile error that a user reads.
#[doc(hidden)]
#[track_caller]
pub const fn check(built: Result<Built, ShapeError>, kind: &'static str, name: &'static str) -> Built {
    match built {
        Ok(built) => built,
        Err(error) => {
            let mut message = Message::new();
            message.text(kind);
            message.text(" `");
            message.text(name);
            message.text("`: ");
            message.text(error.message().as_str());
            panic!("{}", message.as_str())
        }
    }
}

/// Checks that a shared layer's call fits the weights and the state that its first call gave it.
#[doc(hidden)]
#[track_caller]
pub const fn check_shared(
    built: Result<Built, ShapeError>,
    first: &Built,
    kind: &'static str,
    name: &'static str,
) -> Built {
    check(same_weights(built, first), kind, name)
}

/// A shared layer's call, if it fits the weights and the state that its first call gave it.
///
/// # Errors
/// If a weight or a state variable would have another shape.
#[doc(hidden)]
pub const fn same_weights(built: BuildResult, first: &Built) -> BuildResult {
    let built = match built {
        Ok(built) => built,
        Err(error) => return Err(error),
    };
    if let (Weights::Own(ours, count), Weights::Own(theirs, _)) = (&built.weights, &first.weights) {
        let mut at = 0;
        while at < *count {
            if !ours[at].dims.equals(theirs[at].dims) {
                return Err(ShapeError::new(
                    "it is called again with an input for which a weight would have shape {a}, but its first call gave \
                     it shape {b}; use a separate layer for this input",
                )
                .dims(ours[at].dims)
                .dims(theirs[at].dims));
            }
            at += 1;
        }
    }
    let (mut at, ours, theirs) = (0, built.states(), first.states());
    while at < ours.len() {
        if !ours[at].dims.equals(theirs[at].dims) {
            return Err(ShapeError::new(
                "it is called again with an input for which a state variable would have shape {a}, but its first call \
                 gave it shape {b}; use a separate layer for this input",
            )
            .dims(ours[at].dims)
            .dims(theirs[at].dims));
        }
        at += 1;
    }
    Ok(built)
}

/// Checks the output that a generic model states.
#[doc(hidden)]
#[track_caller]
pub const fn check_output(computed: Dims, stated: Dims) {
    if !computed.equals(stated) {
        let mut message = Message::new();
        message.text("this model's output is ");
        message.dims(computed);
        message.text(", but it is declared as ");
        message.dims(stated);
        message.text("; declare the computed shape after `->`");
        panic!("{}", message.as_str())
    }
}

/// What `build` gives.
///
/// ```
/// use keras::{layers::Dense, shape::Dims};
/// use keras_core::model::BuildResult;
///
/// const RESULT: BuildResult = Dense::layer(0).build(Dims::new(&[4]));
/// assert!(RESULT.is_err());
/// ```
pub type BuildResult = Result<Built, ShapeError>;

/// One of a call's outputs, if there are as many.
#[doc(hidden)]
#[track_caller]
pub const fn nth_output(built: &Built, output: usize, kind: &'static str, name: &'static str) -> TensorSpec {
    if output < built.outputs().len() {
        return built.nth_output(output);
    }
    let template = if built.outputs().len() == 1 {
        "it has one output, but several names are bound here; write `let x = …`"
    } else {
        "it has only {0} outputs, so none is left for this name; remove it"
    };
    check(Err(ShapeError::new(template).number(built.outputs().len())), kind, name).nth_output(0)
}

/// An input, checked.
///
/// # Panics
/// With words for a length of 0, too many axes or elements: a compile error.
#[doc(hidden)]
#[track_caller]
pub const fn input_spec(lengths: &[usize], dtype: Dtype) -> TensorSpec {
    let mut axis = 0;
    while axis < lengths.len() {
        assert!(lengths[axis] > 0, "an axis of an input has length 0; every length must be at least 1");
        axis += 1;
    }
    let dims = Dims::new(lengths);
    if !dims.is_valid() {
        let mut message = Message::new();
        message.text("an input ");
        message.dims(dims);
        message.text(" is too large: it may have at most 5 axes, ");
        message.integer(MAX_ELEMENTS);
        message.text(" elements, and ");
        message.integer(MAX_LENGTH);
        message.text(" along an axis");
        panic!("{}", message.as_str())
    }
    TensorSpec::new(dims).with_dtype(dtype)
}

/// Refuses more weights, or floats of memory, than any machine has: what is computed of their number stays in range.
#[track_caller]
pub(super) const fn check_elements(what: &'static str, elements: usize) {
    if elements > MAX_ELEMENTS {
        let mut message = Message::new();
        message.text("this model needs ");
        message.integer(elements);
        message.text(" ");
        message.text(what);
        message.text(", but at most ");
        message.integer(MAX_ELEMENTS);
        message.text(" are supported; make its layers smaller");
        panic!("{}", message.as_str())
    }
}

/// Checks that an output of a model is of floats, which losses and predictions are.
#[doc(hidden)]
#[track_caller]
pub const fn check_float_output(output: TensorSpec) {
    if let Some(error) = float_output(output) {
        panic!("{}", error.message().as_str())
    }
}

/// The error of an output that is not of floats, for the outer model of one with const parameters.
#[doc(hidden)]
pub const fn float_output(output: TensorSpec) -> Option<ShapeError> {
    if output.dtype.is(Dtype::Float32) {
        return None;
    }
    Some(ShapeError::new(
        "an output of this model is not float32; put Rescaling(1.0) or another layer with a float32 output after it",
    ))
}

/// Checks that a layer has as many outputs as are taken, where [`nth_output`] cannot say so.
#[doc(hidden)]
pub const fn with_outputs(built: BuildResult, outputs: usize) -> BuildResult {
    match built {
        Ok(layer) if layer.outputs().len() < outputs => {
            let error = ShapeError::new("{0} outputs are bound, but it has only {1}; bind at most {1}");
            Err(error.number(outputs).number(layer.outputs().len()))
        }
        built => built,
    }
}

/// Checks that two models have the same layers, and weights of the same names and dimensions.
#[cfg(feature = "std")]
#[track_caller]
pub(crate) const fn check_same_weights(from: &'static Description, into: &'static Description) {
    const OTHER_LAYERS: &str =
        "`with_shape` needs a model with the same layers, but the other model has different ones";
    let (mut ours, mut theirs) = (from.nested_layers(), into.nested_layers());
    loop {
        match (ours.advance(), theirs.advance()) {
            (None, None) => break,
            (Some(ours), Some(theirs)) if ours.path.hash() == theirs.path.hash() => {}
            _ => panic!("{}", OTHER_LAYERS),
        }
    }
    let (mut ours, mut theirs) = (from.named_weights(), into.named_weights());
    loop {
        match (ours.advance(), theirs.advance()) {
            (None, None) => return,
            (Some(ours), Some(theirs)) if ours.name.hash() == theirs.name.hash() => {
                if !ours.dims.equals(theirs.dims) {
                    let mut message = Message::new();
                    message.text("`with_shape` needs weights of the same shapes, but `");
                    ours.name.write(&mut message);
                    message.text("` is ");
                    message.dims(ours.dims);
                    message.text(" in this model and ");
                    message.dims(theirs.dims);
                    message.text(" in the other; use layers whose weights do not depend on the size");
                    panic!("{}", message.as_str())
                }
            }
            _ => panic!("{}", OTHER_LAYERS),
        }
    }
}

/// Checks that a workspace of this size fits on the stack: that of a thread is 2 MiB, that of the main thread 8.
#[doc(hidden)]
#[track_caller]
pub const fn check_stack(bytes: usize) {
    if bytes > 1 << 20 {
        let mut message = Message::new();
        message.text("this model needs a workspace of ");
        message.integer(bytes.div_ceil(1024));
        message.text(
            " KiB, but `predict_one` puts at most 1024 KiB on the stack; use `predict_one_in` with a workspace that \
             you provide",
        );
        panic!("{}", message.as_str())
    }
}

/// What was built, or an empty layer in its place: the error is reported elsewhere.
#[doc(hidden)]
pub const fn built_or_empty(built: BuildResult) -> Built {
    match built {
        Ok(built) => built,
        Err(_) => Built::new(Dims::SCALAR),
    }
}

/// Stands for a layer whose arguments are at fault; its constant reports them.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Unusable;

impl Layer for Unusable {
    fn forward(&self, _: Forward<'_>) {}
    fn backward(&self, _: Backward<'_>) {}
}

/// Passes items on, or drops them without the feature `std`.
#[cfg(feature = "std")]
#[doc(hidden)]
#[macro_export]
macro_rules! with_std {
    ($($items:tt)*) => { $($items)* };
}

/// Passes items on, or drops them without the feature `std`.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! with_std {
    ($($items:tt)*) => {};
}
