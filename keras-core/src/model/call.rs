//! The const evaluation of a call: what a layer's declaration becomes for the tensors that it is called with.

use super::{BuildResult, InputDescription, MAX_NESTING};
use crate::{
    layers::{Built, Dtypes, Fusion, Layer, Masks, TensorSpec, Weights, merging::broadcast},
    shape::{Dims, Dtype, ShapeError},
};

/// The declaration of a layer for a call: without the part in fusion that the layer does not confirm, with the dtype and the mask of
/// its outputs, which follow from its inputs.
///
/// # Errors
/// If the layer does not take the inputs' dtypes or masks, if it is a model of other inputs, or if it has more outputs than are
/// taken. That there are too few is the business of [`nth_output`](super::nth_output), which is reported where the one too many
/// is bound.
#[doc(hidden)]
pub const fn called<L: Layer>(made: &(L, BuildResult), inputs: &[TensorSpec], outputs: usize) -> BuildResult {
    let mut built = match made.1 {
        Ok(built) => built,
        Err(error) => return Err(error),
    };
    if !L::FUSES {
        built = built.fusion(Fusion::None);
    }
    let is_model = match &built.weights {
        Weights::Model(model) => {
            if let Err(error) = check_model_inputs(model, inputs) {
                return Err(error);
            }
            true
        }
        Weights::Wrapped(model, scope) => {
            if let Err(error) = check_wrapped(model, scope, inputs) {
                return Err(error);
            }
            false
        }
        Weights::Own(..) => false,
    };
    if built.outputs().len() > outputs {
        let template = if is_model {
            "this model has {0} outputs; name each: `let (a, b) = …`"
        } else {
            "it has {0} outputs; name each: `let (a, b) = …`"
        };
        return Err(ShapeError::new(template).number(built.outputs().len()));
    }
    if is_model {
        return Ok(built);
    }
    let dtype = match output_dtype(&built, inputs) {
        Ok(dtype) => dtype,
        Err(error) => return Err(error),
    };
    match output_mask(&built, inputs) {
        Ok(mask) => Ok(built.resolved(dtype, mask)),
        Err(error) => Err(error),
    }
}

/// The declaration of a layer that is an argument of another, which calls it with one input of these dimensions and has it by
/// this path.
///
/// # Errors
/// If it has several outputs, or is a model of other inputs. Their dtype is that of the outer layer's input, of which
/// [`called`] knows.
#[doc(hidden)]
pub const fn argument<L: Layer>(made: (L, BuildResult), input: Dims, path: &'static [&'static str]) -> BuildResult {
    let mut built = match made.1 {
        Ok(built) => built,
        Err(error) => return Err(error),
    };
    if !L::FUSES {
        built = built.fusion(Fusion::None);
    }
    if let Weights::Model(model) = &built.weights {
        if model.inputs.len() != 1 {
            let template = "this model takes {0} inputs, but it is called with one here; use a model with one input";
            return Err(ShapeError::new(template).number(model.inputs.len()));
        }
        if let Err(error) = check_model_input(&model.inputs[0], input) {
            return Err(error);
        }
    }
    if built.outputs().len() > 1 {
        let template = "it has {0} outputs, but only one is used here; use a layer with one output";
        return Err(ShapeError::new(template).number(built.outputs().len()));
    }
    Ok(built.in_scope(path))
}

const fn check_levels(levels: usize) -> Result<(), ShapeError> {
    if levels < MAX_NESTING {
        return Ok(());
    }
    let template = "models are nested {0} levels deep here, but at most {1} levels are supported; replace the call of \
                    one of these models with its layers";
    Err(ShapeError::new(template).number(levels + 1).number(MAX_NESTING))
}

/// Checks the call of a layer of which a model is an argument: its dimensions are checked where it is made.
const fn check_wrapped(model: &super::Description, scope: &[&str], inputs: &[TensorSpec]) -> Result<(), ShapeError> {
    if let Err(error) = check_levels(model.levels + scope.len()) {
        return Err(error);
    }
    check_model_dtype(&model.inputs[0], &inputs[0], 0)
}

const fn check_model_input(expected: &InputDescription, found: Dims) -> Result<(), ShapeError> {
    if found.equals(expected.dims) {
        return Ok(());
    }
    Err(ShapeError::new("this model expects an input of shape {a}, but its input has shape {b}; change one of them")
        .dims(expected.dims)
        .dims(found))
}

const fn check_model_dtype(expected: &InputDescription, found: &TensorSpec, at: usize) -> Result<(), ShapeError> {
    if found.dtype.is(expected.dtype) {
        return Ok(());
    }
    let template = match expected.dtype {
        Dtype::Float32 => "this model takes float32, but its input {0} has another dtype",
        Dtype::Int32 => "this model takes int32, but its input {0} has another dtype",
        Dtype::UInt8 => "this model takes uint8, but its input {0} has another dtype",
        Dtype::String => "this model takes strings, but its input {0} has another dtype",
    };
    Err(ShapeError::new(template).number(at))
}

const fn check_model_inputs(model: &super::Description, inputs: &[TensorSpec]) -> Result<(), ShapeError> {
    if let Err(error) = check_levels(model.levels) {
        return Err(error);
    }
    if inputs.len() != model.inputs.len() {
        let template = match (model.inputs.len(), inputs.len()) {
            (1, _) => "this model takes one input, but {1} are given; call it with one: `(x)`",
            (_, 1) => {
                "this model takes {0} inputs, but one is given; call it in a `model!`, with a list of them: `([x, y])`"
            }
            _ => "this model takes {0} inputs, but {1} are given; give it a list of {0}: `([x, y])`",
        };
        return Err(ShapeError::new(template).number(model.inputs.len()).number(inputs.len()));
    }
    let mut at = 0;
    while at < inputs.len() {
        if let Err(error) = check_model_input(&model.inputs[at], inputs[at].dims) {
            return Err(error);
        }
        if let Err(error) = check_model_dtype(&model.inputs[at], &inputs[at], at) {
            return Err(error);
        }
        if inputs[at].mask.is_some() {
            return Err(ShapeError::new(
                "input {0} of this model has a mask, which a model used as a layer does not support; put the layer \
                 that makes the mask into the model",
            )
            .number(at));
        }
        at += 1;
    }
    Ok(())
}

/// Ids as `float32` are told apart up to this one.
const MAX_FLOAT_ID: usize = 1 << 24;

const fn output_dtype(built: &Built, inputs: &[TensorSpec]) -> Result<Dtype, ShapeError> {
    let mut at = 0;
    while at < inputs.len() {
        let dtype = inputs[at].dtype;
        let refused = match (built.dtypes, dtype) {
            (_, Dtype::String) => Some(
                "its input is text (dtype \"string\"), which no layer supports yet; convert it to ids before the \
                 model, and declare `dtype = \"int32\"`",
            ),
            (_, Dtype::Float32) | (Dtypes::Same | Dtypes::Numbers, _) | (Dtypes::Moved, Dtype::Int32) => None,
            (Dtypes::Moved, _) => {
                Some("it takes float32 or int32, but its input {a} is uint8; put Rescaling(1.0 / 255.0) before it")
            }
            (Dtypes::Float32, Dtype::Int32) => Some(
                "it takes float32, but its input {a} is int32; put Embedding before it for ids, or Rescaling(1.0) for numbers",
            ),
            (Dtypes::Float32, _) => {
                Some("it takes float32, but its input {a} is uint8; put Rescaling(1.0 / 255.0) before it")
            }
        };
        if let Some(template) = refused {
            return Err(ShapeError::new(template).dims(inputs[at].dims));
        }
        if !dtype.is(inputs[0].dtype) && matches!(built.dtypes, Dtypes::Moved | Dtypes::Same) {
            return Err(ShapeError::new(
                "its inputs must have the same dtype, but one is float32 and another int32; put Rescaling(1.0) before the \
                 int32 one",
            ));
        }
        at += 1;
    }
    if let Some(count) = built.ids
        && inputs[0].dtype.is(Dtype::Float32)
        && count > MAX_FLOAT_ID
    {
        return Err(ShapeError::new(
            "its input_dim is {0}, but float32 represents ids exactly only up to {1}; declare the input with `dtype = \
             \"int32\"`",
        )
        .number(count)
        .number(MAX_FLOAT_ID));
    }
    Ok(match built.dtypes {
        Dtypes::Moved | Dtypes::Same if !inputs.is_empty() => inputs[0].dtype,
        _ => Dtype::Float32,
    })
}

const fn output_mask(built: &Built, inputs: &[TensorSpec]) -> Result<Option<Dims>, ShapeError> {
    let (mut masked, mut at) = (0, 0);
    while at < inputs.len() {
        if inputs[at].mask.is_some() {
            masked += 1;
        }
        at += 1;
    }
    Ok(match built.masks {
        Masks::Made(dims) => Some(dims),
        Masks::Refused(advice) if masked > 0 => return Err(ShapeError::new(advice)),
        Masks::Consumed | Masks::Combined if let Some(error) = misfit(inputs) => return Err(error),
        Masks::Passed if masked > 0 && masked == inputs.len() => return joined_mask(built.output(), inputs),
        Masks::Combined if masked > 0 => Some(positions(built.output())),
        _ => None,
    })
}

/// The positions of a tensor: all axes but the last, which is that of the features.
const fn positions(dims: Dims) -> Dims {
    dims.before(dims.rank().saturating_sub(1))
}

/// The mask that a layer passes on to its output: that of its input, or those of its inputs, broadcast. It has the first axes
/// of the output.
const fn joined_mask(output: Dims, inputs: &[TensorSpec]) -> Result<Option<Dims>, ShapeError> {
    let (mut joined, mut at): (Option<Dims>, _) = (None, 0);
    while at < inputs.len() {
        joined = match (joined, inputs[at].mask) {
            (Some(joined), Some(mask)) => match broadcast::both(joined, mask) {
                // Axes are added in front, where those of another mask have a different meaning.
                Some(both) if joined.rank() == mask.rank() => Some(both),
                _ => {
                    let template = "the masks of its inputs, {a} and {b}, cannot be broadcast together; give the \
                                    inputs the same rank";
                    return Err(ShapeError::new(template).dims(joined).dims(mask));
                }
            },
            (_, mask) => mask,
        };
        at += 1;
    }
    if let Some(mask) = joined
        && (mask.rank() > output.rank() || !mask.equals(output.before(mask.rank())))
    {
        let template = if inputs.len() == 1 {
            "its input has a mask of shape {b}, which does not fit its output {a}; put the layer that makes the mask \
             after it"
        } else {
            "the masks of its inputs combine to shape {b}, which does not fit its output {a}; put the layers that make \
             the masks after it"
        };
        return Err(ShapeError::new(template).dims(output).dims(mask));
    }
    Ok(joined)
}

/// The error of a mask that the layer reads and that does not have a number for each position of its input.
const fn misfit(inputs: &[TensorSpec]) -> Option<ShapeError> {
    let mut at = 0;
    while at < inputs.len() {
        let expected = positions(inputs[at].dims);
        if let Some(mask) = inputs[at].mask
            && !mask.equals(expected)
        {
            let template = "it expects a mask of shape {a}, but the mask of its input has shape {b}; put the layer \
                            that makes the mask after it";
            return Some(ShapeError::new(template).dims(expected).dims(mask));
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Add, Concatenate, GlobalAveragePooling1D};

    /// The declaration of a layer, called with inputs of these dimensions and masks.
    fn call<L: Layer>(layer: L, built: BuildResult, inputs: &[(&[usize], &[usize])]) -> BuildResult {
        let inputs: Vec<TensorSpec> = inputs.iter().map(|(dims, mask)| masked(dims, mask)).collect();
        called(&(layer, built), &inputs, 1)
    }

    fn masked(dims: &[usize], mask: &[usize]) -> TensorSpec {
        TensorSpec { mask: Some(Dims::new(mask)), ..TensorSpec::new(Dims::new(dims)) }
    }

    fn sum(inputs: &[(&[usize], &[usize])]) -> Result<Dims, String> {
        let dims: Vec<Dims> = inputs.iter().map(|(dims, _)| Dims::new(dims)).collect();
        let built = call(Add::layer(), Add::layer().build(&dims), inputs).map_err(|error| error.to_string())?;
        Ok(built.nth_output(0).mask.unwrap())
    }

    #[test]
    fn masks_of_several_inputs_are_broadcast() {
        let expected = Ok(Dims::new(&[3]));
        assert_eq!(sum(&[(&[3, 2], &[3]), (&[1, 2], &[1])]), expected);
        assert_eq!(sum(&[(&[1, 2], &[1]), (&[3, 2], &[3])]), expected);
        assert_eq!(sum(&[(&[2, 1, 4], &[2, 1]), (&[1, 3, 4], &[1, 3])]), Ok(Dims::new(&[2, 3])));
    }

    #[test]
    fn masks_that_cannot_be_broadcast_are_refused_in_words() {
        for (inputs, words) in [
            (
                [(&[3, 2][..], &[3][..]), (&[2], &[])],
                "the masks of its inputs, (3,) and (), cannot be broadcast together; give the inputs the same rank",
            ),
            (
                [(&[4, 3, 2], &[4]), (&[3, 2], &[3])],
                "the masks of its inputs, (4,) and (3,), cannot be broadcast together; give the inputs the same rank",
            ),
            (
                [(&[1, 1, 2], &[1]), (&[3, 2], &[3])],
                "the masks of its inputs combine to shape (3,), which does not fit its output (1, 3, 2); put the \
                 layers that make the masks after it",
            ),
        ] {
            assert_eq!(sum(&inputs).unwrap_err(), words);
        }
    }

    #[test]
    fn a_mask_that_is_read_has_a_number_for_each_position() {
        let steps = (&[5, 2, 2][..], &[5][..]);
        let words = "it expects a mask of shape (5, 2), but the mask of its input has shape (5,); ";
        let dims = Dims::new(&[5, 2, 2]);
        let error = call(Concatenate::layer(), Concatenate::layer().build(&[dims; 2]), &[steps; 2]).unwrap_err();
        assert!(error.to_string().starts_with(words), "{error}");
        let pool = GlobalAveragePooling1D::layer();
        let error = call(pool, pool.build(Dims::new(&[5, 2])), &[(&[5, 2], &[5, 2])]).unwrap_err();
        let words = "it expects a mask of shape (5,), but the mask of its input has shape (5, 2); ";
        assert!(error.to_string().starts_with(words), "{error}");
    }
}
