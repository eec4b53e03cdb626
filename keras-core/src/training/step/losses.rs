//! The losses of a training step, slice by slice.

use core::ops::Range;

use arrayvec::ArrayVec;

use super::{
    masks,
    pass::{Slice, SliceOutput},
    workspace::Arenas,
};
use crate::{
    Error,
    kernels::subnormals,
    layers::{FinalActivation, TensorSpec},
    losses::{Extent, Logits, Prediction, TargetView},
    model::{MAX_OUTPUTS, Mode, Place, Program},
    training::{LossBatch, loss_list::Losses},
};

/// The losses of a step, shared by its slices.
pub(super) struct StepLosses<'a> {
    pub(super) program: &'a Program,
    pub(super) losses: &'a dyn Losses,
    pub(super) loss_weights: &'a [f32],
    pub(super) rows: &'a [usize],
    /// The number of samples of the batch.
    pub(super) targets: &'a [TargetView<'a>],
    pub(super) sample_weights: &'a [Option<&'a [f32]>],
    /// The targets and weights of the batch, for each output.
    pub(super) whole: ArrayVec<Extent, MAX_OUTPUTS>,
}

impl<'a> StepLosses<'a> {
    /// The losses of a slice, as its contribution to those of the batch, and the gradients of its outputs.
    pub(super) fn evaluate(&self, arenas: &Arenas, samples: Range<usize>, slice: &mut Slice) -> Result<(), Error> {
        let (batch, whole) = (samples.len(), self.rows.len());
        let part_of_targets = |all: &TargetView<'a>| {
            let size = all.len() / whole.max(1);
            all.slice(samples.start * size, batch * size)
        };
        let targets: ArrayVec<_, MAX_OUTPUTS> = self.targets.iter().map(part_of_targets).collect();
        let part_of_weights = |weights: &'a [f32]| {
            let each = weights.len() / whole.max(1);
            &weights[samples.start * each..samples.end * each]
        };
        let mut sample_weights: ArrayVec<Option<&[f32]>, MAX_OUTPUTS> =
            self.sample_weights.iter().map(|weights| weights.map(part_of_weights)).collect();
        let mut predictions = ArrayVec::<_, MAX_OUTPUTS>::new();
        let mut gradients = ArrayVec::<&mut [f32], MAX_OUTPUTS>::new();
        for (at, SliceOutput { values, gradient }) in slice.outputs.iter_mut().enumerate() {
            predictions.push(prediction(self.program.outputs[at], arenas, values, batch));
            // A loss writes every element of its gradient.
            gradient.resize(values.len(), 0.0);
            gradients.push(gradient);
        }
        let masks_of_outputs = (self.program.output_masks)(Mode::Training);
        for (at, (mask, merged)) in slice.masks.iter_mut().zip(&mut slice.merged).enumerate() {
            mask.clear();
            mask.extend_from_slice(arenas.at(masks_of_outputs[at], batch));
            if !mask.is_empty() {
                masks::merge(mask, sample_weights[at], batch, self.losses.reduction(at).into(), merged);
                sample_weights[at] = Some(merged);
            }
        }
        let part = LossBatch {
            targets: &targets,
            predictions: &predictions,
            sample_weights: &sample_weights,
            loss_weights: self.loss_weights,
        };
        slice.losses =
            self.losses.evaluate(&part, &mut gradients).map_err(|error| error.of_rows(&self.rows[samples]))?;
        if batch != whole {
            slice.losses.total = 0.0;
            for (at, gradient) in gradients.iter_mut().enumerate() {
                let part = Extent::new(batch, sample_weights[at]);
                let share = self.losses.reduction(at).share(part, self.whole[at]);
                gradient.iter_mut().for_each(|g| *g *= share);
                slice.losses.each[at] *= share;
                slice.losses.total += self.loss_weights.get(at).copied().unwrap_or(1.0) * slice.losses.each[at];
            }
        }
        // Those of a converged model vanish, and what is computed of them would be slow.
        gradients.iter_mut().for_each(|gradient| subnormals::flush(gradient));
        Ok(())
    }
}

/// An output of a slice, with its logits if the model saves them.
fn prediction<'a>(output: TensorSpec, arenas: &'a Arenas, values: &'a [f32], batch: usize) -> Prediction<'a> {
    let TensorSpec { dims, final_activation, logits, .. } = output;
    let kind = match final_activation {
        FinalActivation::Other => None,
        FinalActivation::Softmax => Some(Logits::Softmax),
        FinalActivation::Sigmoid => Some(Logits::Sigmoid),
    };
    let place = Place { offset: logits, length: dims.size() };
    let logits = kind.map(|kind| (kind, arenas.at(place, batch)));
    Prediction { values, dims, count: batch, logits }
}
