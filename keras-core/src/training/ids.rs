//! The check of ids where data enter: of inputs that go to an embedding as they are.

use crate::{
    Error, Result,
    data::Source,
    layers::{Reuse, Weights},
    model::Description,
};

/// Checks the data of those inputs.
pub(crate) fn check(model: &Description, inputs: &[Source<'_>]) -> Result<()> {
    each(model, "", &mut |input, layer, count| {
        let Some(source) = inputs.get(input) else { return Ok(()) };
        match source.values.iter().position(|&value| !is_id(value, count)) {
            Some(at) => {
                let (value, sample) = (source.values[at], at / source.dims.size().max(1));
                Err(Error::Id { layer, sample, value, count })
            }
            None => Ok(()),
        }
    })
}

fn is_id(value: f32, count: usize) -> bool {
    value >= 0.0 && value < count as f32 && value.fract() == 0.0
}

/// Hands over each input of the model that is ids: its number, the layer that takes it, and how many ids there are.
fn each(model: &Description, path: &str, found: &mut dyn FnMut(usize, String, usize) -> Result<()>) -> Result<()> {
    // Which input of the model each tensor is, if layers only gave it other axes.
    let mut roots: Vec<Option<usize>> =
        (0..model.tensors()).map(|at| (at < model.inputs.len()).then_some(at)).collect();
    for call in model.calls {
        let name = format!("{path}{}", model.layers[call.layer].name);
        if let (Some(count), [input, ..]) = (call.built.ids, call.inputs)
            && let Some(root) = roots[*input]
        {
            found(root, name.clone(), count)?;
        }
        if let Weights::Model(inner) = &call.built.weights {
            each(inner, &format!("{name}/"), &mut |at, layer, count| match call
                .inputs
                .get(at)
                .and_then(|&tensor| roots[tensor])
            {
                Some(root) => found(root, layer, count),
                None => Ok(()),
            })?;
        }
        if let (Reuse::Always, [input]) = (call.built.reuse, call.inputs) {
            roots[call.output] = roots[*input];
        }
    }
    Ok(())
}
