//! The inference pass over rows of the data.

use super::{
    gather::gather_words,
    pass::id_error,
    slices::{self, Slices},
    workspace::Workspace,
};
use crate::{
    Error,
    data::Source,
    kernels::parallel,
    layers::{Buffers, Elements},
    model::{Inference, MAX_INPUTS, Mode, Program, State},
};

/// The inference pass over rows of the data, slice by slice: each output is appended to its list. Returns the activity
/// regularization penalties, summed over the samples.
///
/// A model with state processes the rows as one batch, and updates the state, even if it fails: the caller keeps a copy.
pub(crate) fn infer_rows(
    program: &Program,
    (weights, panels, seed): (&[f32], &[f32], u64),
    state: &mut State,
    workspaces: &mut Vec<Workspace>,
    inputs: &[Source<'_>],
    rows: &[usize],
    outputs: &mut [Vec<f32>],
) -> Result<f32, Error> {
    let macs = program.description.macs() * rows.len() as u64;
    parallel::enter(parallel::INFERENCE, macs, || {
        infer_in_slices(program, (weights, panels, seed), state, workspaces, inputs, rows, outputs)
    })
}

fn infer_in_slices(
    program: &Program,
    (weights, panels, seed): (&[f32], &[f32], u64),
    state: &mut State,
    workspaces: &mut Vec<Workspace>,
    inputs: &[Source<'_>],
    rows: &[usize],
    outputs: &mut [Vec<f32>],
) -> Result<f32, Error> {
    let (model, memory) = (program.description, program.memory.inference);
    let read: usize = inputs.iter().map(|source| source.dims.size()).sum();
    let has_state = !model.state.is_none();
    let slices =
        if has_state { Slices::whole(rows.len()) } else { Slices::inference(rows.len(), memory.per_sample + read) };
    let threads = parallel::threads().min(slices.count());
    if workspaces.len() < threads {
        workspaces.resize_with(threads, Workspace::default);
    }
    let workspaces = &mut workspaces[..threads];
    for workspace in &mut *workspaces {
        workspace.outputs.resize(outputs.len(), Vec::new());
        workspace.outputs.iter_mut().for_each(Vec::clear);
        workspace.added_losses.clear();
    }
    let (trainable, non_trainable) = weights.split_at(model.trainable);
    let infer = |workspace: &mut Workspace, at: usize, state: Buffers<'_>| {
        let rows = &rows[slices.range(at)];
        let (batch, arenas) = (rows.len(), &mut workspace.arenas);
        arenas.reserve(memory, batch);
        // Consecutive rows are read in place.
        let first = rows.first().copied().unwrap_or_default();
        let in_line = rows.iter().enumerate().all(|(at, &row)| row == first + at);
        let gathered = &mut workspace.inputs;
        gathered.clear();
        if !in_line {
            for (source, input) in inputs.iter().zip(model.inputs) {
                let start = gathered.len();
                gathered.resize(start + batch * input.dtype.words(input.dims.size()), 0.0);
                gather_words(source, rows, &mut gathered[start..]);
            }
        }
        let (mut read, mut gathered) = ([Elements::default(); MAX_INPUTS], &gathered[..]);
        for (read, (source, input)) in read.iter_mut().zip(inputs.iter().zip(model.inputs)) {
            let size = source.dims.size();
            *read = if in_line {
                source.values.range(first * size..(first + batch) * size)
            } else {
                let (words, rest) = gathered.split_at(batch * input.dtype.words(size));
                gathered = rest;
                Elements::in_words(input.dtype, words, batch * size)
            };
        }
        let mut pass = Inference {
            batch,
            trainable,
            panels,
            non_trainable,
            state,
            inputs: &read,
            samples: &mut arenas.samples[..memory.per_sample * batch],
            fixed: &mut arenas.fixed[..memory.fixed],
            widened: &mut [],
            seed,
            first_sample: first,
            added_loss: Some(0.0),
            invalid_id: None,
        };
        (program.infer)(&mut pass);
        if let Some(id) = pass.invalid_id {
            return Err(id_error(model, id, rows));
        }
        workspace.added_losses.push(pass.added_loss.unwrap_or_default());
        let places = (program.output_places)(Mode::Inference).iter().chain((program.output_masks)(Mode::Inference));
        for (output, place) in workspace.outputs.iter_mut().zip(places) {
            output.extend_from_slice(arenas.at(*place, batch));
        }
        Ok::<(), Error>(())
    };
    if has_state {
        infer(&mut workspaces[0], 0, state.of_batch(model, rows.len())?)?;
    } else {
        slices::each(workspaces, 0, &mut vec![(); slices.count()], &|workspace, at, ()| {
            infer(workspace, at, Buffers::none())
        })?;
    }
    // Each thread processes adjacent slices, in the order of the threads.
    for (at, output) in outputs.iter_mut().enumerate() {
        workspaces.iter().for_each(|workspace| output.extend_from_slice(&workspace.outputs[at]));
    }
    let added_losses = workspaces.iter().flat_map(|workspace| &workspace.added_losses);
    Ok(added_losses.map(|&loss| f64::from(loss)).sum::<f64>() as f32)
}
