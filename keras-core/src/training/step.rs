//! One step: forward, losses, backward.

use super::{
    LossList,
    memory::Arenas,
    signature::{LossBatch, LossValues},
};
use crate::{
    Error,
    data::{Source, Target},
    layers::{FinalActivation, Output, Weights},
    losses::{Logits, Prediction, TargetView},
    model::{Description, Inference, Model, Owned, Place, Rest, Storage, Training},
    optimizers::{Optimizer, OptimizerError, Variable},
    regularizers::Regularizer,
};

/// The gradients of a model's trainable weights, flat, in the order of the weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gradients {
    pub(crate) values: Vec<f32>,
}

impl Gradients {
    /// The gradients as they lie: one for each trainable weight.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The gradients, to change: clip them, scale them, add to them.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

/// What a step gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepResult {
    /// The loss of the batch, regularization included.
    pub loss: f32,
    /// The loss of each output, unweighted and without regularization.
    pub losses: Vec<f32>,
}

/// The memory of training steps, and what they need to know of the model.
pub(crate) struct Stepper {
    arenas: Arenas,
    gradients: Vec<f32>,
    /// The regularized weights: where, and by what.
    penalties: Vec<Penalty>,
    loss_weights: Vec<f32>,
    labels: Vec<Vec<u32>>,
    values: Vec<Vec<f32>>,
    sample_weight: Vec<f32>,
}

struct Penalty {
    /// Among all layers.
    layer: usize,
    offset: usize,
    length: usize,
    regularizer: Regularizer,
}

impl Stepper {
    pub(crate) fn new(model: &'static Description) -> Self {
        let mut penalties = Vec::new();
        collect_penalties(model, &mut 0, &mut 0, &mut penalties);
        Self {
            arenas: Arenas::default(),
            gradients: vec![0.0; model.trainable],
            penalties,
            loss_weights: Vec::new(),
            labels: vec![Vec::new(); model.outputs.len()],
            values: vec![Vec::new(); model.outputs.len()],
            sample_weight: Vec::new(),
        }
    }

    pub(crate) fn set_loss_weights(&mut self, weights: Vec<f32>) {
        self.loss_weights = weights;
    }

    fn check_loss_weights<M: Model>(&self) -> Result<(), Error> {
        if self.loss_weights.is_empty() || self.loss_weights.len() == M::DESCRIPTION.outputs.len() {
            return Ok(());
        }
        Err(Error::argument("loss_weights", format!("{:?}", self.loss_weights), "one number for each output"))
    }

    pub(crate) fn gradients(&self) -> &[f32] {
        &self.gradients
    }

    /// Copies the rows of a batch out of the data: inputs into the workspace, targets and weights beside it.
    fn gather<M: Model>(&mut self, training: bool, data: &Batch<'_>) {
        let batch = data.rows.len();
        let space = if training { M::MEMORY.training } else { M::MEMORY.inference };
        self.arenas.reserve(space, batch);
        for (place, source) in M::inputs(training).iter().zip(data.inputs) {
            super::memory::gather(source.values, source.dims.size(), data.rows, self.arenas.at_mut(*place, batch));
        }
        for (at, target) in data.targets.iter().enumerate() {
            match target {
                Target::Labels { labels, dims, .. } => {
                    let size = dims.size();
                    self.labels[at].clear();
                    for &row in data.rows {
                        self.labels[at].extend_from_slice(&labels[row * size..(row + 1) * size]);
                    }
                }
                Target::Values { values, dims, .. } => {
                    let size = dims.size();
                    self.values[at].clear();
                    for &row in data.rows {
                        self.values[at].extend_from_slice(&values[row * size..(row + 1) * size]);
                    }
                }
            }
        }
        self.sample_weight.clear();
        if let Some(weights) = data.sample_weight {
            self.sample_weight.extend(data.rows.iter().map(|&row| weights[row]));
        }
    }

    /// Forward, losses and backward of a training step; the gradients are in `self.gradients`.
    pub(crate) fn train<M: Model<Storage = Owned>, L: LossList<M::Outputs>>(
        &mut self,
        model: &mut M,
        losses: &L,
        data: &Batch<'_>,
        step: u64,
        mut observe: impl FnMut(&[TargetView<'_>], &[Prediction<'_>], Option<&[f32]>) -> Result<(), Error>,
    ) -> Result<StepResult, Error> {
        let batch = data.rows.len();
        self.check_loss_weights::<M>()?;
        self.gather::<M>(true, data);
        let seed = model.storage().seed() ^ (step + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let trainable = M::DESCRIPTION.trainable;
        let (weights, frozen) = model.storage_mut().parts_mut();
        let (trainable, rest) = weights.split_at_mut(trainable);
        let space = M::MEMORY.training;
        {
            let (samples, fixed) =
                (&mut self.arenas.samples[..space.per_sample * batch], &mut self.arenas.fixed[..space.fixed]);
            let mut pass = Training {
                batch,
                trainable,
                rest: Rest::Updated(rest),
                samples,
                fixed,
                frozen,
                seed,
                gradients: &mut [],
                accumulate: false,
                input_gradients: false,
                from_logits: 0,
            };
            M::forward(&mut pass);
        }
        let mut values = {
            // The losses write the gradients of the outputs, which lie in the same arena as the outputs they read.
            let outputs = M::DESCRIPTION.outputs.len();
            let mut result = LossValues { total: 0.0, each: Vec::new(), from_logits: 0 };
            let mut gradients: Vec<Vec<f32>> =
                M::output_gradients().iter().map(|place| vec![0.0; place.length * batch]).collect();
            {
                let predictions: Vec<_> = (0..outputs).map(|at| self.prediction::<M>(at, true, batch)).collect();
                let targets: Vec<_> = (0..outputs).map(|at| self.target(at, data)).collect();
                let sample_weight = data.sample_weight.map(|_| &self.sample_weight[..]);
                observe(&targets, &predictions, sample_weight)?;
                let mut views: Vec<_> = gradients.iter_mut().map(|gradient| &mut gradient[..]).collect();
                let values = losses.evaluate(
                    &LossBatch {
                        targets: &targets,
                        predictions: &predictions,
                        sample_weight,
                        loss_weights: &self.loss_weights,
                    },
                    &mut views,
                );
                let values = values.map_err(|error| error.of_rows(data.rows))?;
                result.total = values.total;
                result.each = values.each;
                result.from_logits = values.from_logits;
            }
            for (place, gradient) in M::output_gradients().iter().zip(&gradients) {
                self.arenas.at_mut(*place, batch).copy_from_slice(gradient);
            }
            result
        };
        for penalty in self.penalties.iter().filter(|penalty| !frozen[penalty.layer]) {
            values.total += penalty.regularizer.value(&trainable[penalty.offset..penalty.offset + penalty.length]);
        }
        {
            let (samples, fixed) =
                (&mut self.arenas.samples[..space.per_sample * batch], &mut self.arenas.fixed[..space.fixed]);
            let mut pass = Training {
                batch,
                trainable,
                rest: Rest::Updated(rest),
                samples,
                fixed,
                frozen,
                seed,
                gradients: &mut self.gradients,
                accumulate: false,
                input_gradients: false,
                from_logits: values.from_logits,
            };
            M::backward(&mut pass);
        }
        for penalty in self.penalties.iter().filter(|penalty| !frozen[penalty.layer]) {
            let range = penalty.offset..penalty.offset + penalty.length;
            penalty.regularizer.add_gradient(&trainable[range.clone()], &mut self.gradients[range]);
        }
        Ok(StepResult { loss: values.total, losses: values.each })
    }

    /// Forward and losses at inference.
    pub(crate) fn test<M: Model<Storage = Owned>, L: LossList<M::Outputs>>(
        &mut self,
        model: &M,
        losses: &L,
        data: &Batch<'_>,
        mut observe: impl FnMut(&[TargetView<'_>], &[Prediction<'_>], Option<&[f32]>) -> Result<(), Error>,
    ) -> Result<StepResult, Error> {
        let batch = data.rows.len();
        self.check_loss_weights::<M>()?;
        self.gather::<M>(false, data);
        infer(model, &mut self.arenas, batch);
        let outputs = M::DESCRIPTION.outputs.len();
        let predictions: Vec<_> = (0..outputs).map(|at| self.prediction::<M>(at, false, batch)).collect();
        let targets: Vec<_> = (0..outputs).map(|at| self.target(at, data)).collect();
        let sample_weight = data.sample_weight.map(|_| &self.sample_weight[..]);
        observe(&targets, &predictions, sample_weight)?;
        let values = losses.evaluate(
            &LossBatch {
                targets: &targets,
                predictions: &predictions,
                sample_weight,
                loss_weights: &self.loss_weights,
            },
            &mut [],
        );
        let values = values.map_err(|error| error.of_rows(data.rows))?;
        let (trainable, frozen) = (model.storage().weights(), model.storage().frozen());
        let penalty: f32 = self
            .penalties
            .iter()
            .filter(|penalty| !frozen[penalty.layer])
            .map(|penalty| penalty.regularizer.value(&trainable[penalty.offset..penalty.offset + penalty.length]))
            .sum();
        Ok(StepResult { loss: values.total + penalty, losses: values.each })
    }

    fn prediction<M: Model>(&self, at: usize, training: bool, batch: usize) -> Prediction<'_> {
        let Output { dims, final_activation, logits } = M::OUTPUTS[at];
        let kind = match final_activation {
            FinalActivation::Other => None,
            FinalActivation::Softmax => Some(Logits::Softmax),
            FinalActivation::Sigmoid => Some(Logits::Sigmoid),
        };
        let place = Place { offset: logits, length: dims.size() };
        let logits = kind.filter(|_| training).map(|kind| (kind, self.arenas.at(place, batch)));
        Prediction { values: self.arenas.at(M::outputs(training)[at], batch), dims, count: batch, logits }
    }

    fn target(&self, at: usize, data: &Batch<'_>) -> TargetView<'_> {
        match data.targets[at] {
            Target::Labels { .. } => TargetView::Labels(&self.labels[at]),
            Target::Values { .. } => TargetView::Values(&self.values[at]),
        }
    }
}

/// The inference pass over a batch whose inputs are in place.
pub(crate) fn infer<M: Model>(model: &M, arenas: &mut Arenas, batch: usize) {
    let space = M::MEMORY.inference;
    let (trainable, rest) = model.storage().weights().split_at(M::DESCRIPTION.trainable);
    M::infer(&mut Inference {
        batch,
        trainable,
        rest,
        samples: &mut arenas.samples[..space.per_sample * batch],
        fixed: &mut arenas.fixed[..space.fixed],
    });
}

/// `layer` and `offset`: the number of layers and the floats of trainable weights before the model's.
fn collect_penalties(model: &Description, layer: &mut usize, offset: &mut usize, into: &mut Vec<Penalty>) {
    for each in model.layers {
        let own = *layer;
        *layer += 1;
        if let Weights::Model(inner) = &each.built.weights {
            collect_penalties(inner, layer, offset, into);
        }
        for weight in each.built.weights.list().iter().filter(|weight| weight.trainable) {
            let length = weight.dims.size();
            if weight.regularizer != Regularizer::None {
                into.push(Penalty { layer: own, offset: *offset, length, regularizer: weight.regularizer });
            }
            *offset += length;
        }
    }
}

/// A batch: which rows of which data.
pub(crate) struct Batch<'a> {
    pub(crate) inputs: &'a [Source<'a>],
    pub(crate) targets: &'a [Target<'a>],
    pub(crate) rows: &'a [usize],
    pub(crate) sample_weight: Option<&'a [f32]>,
}

/// A trainable weight as an optimizer sees it, with its name in full.
pub(crate) struct Named {
    name: String,
    range: std::ops::Range<usize>,
    trainable: bool,
}

/// The trainable weights: each by its name, its place, and whether it is to change. `frozen` has a flag for each layer.
pub(crate) fn variables(model: &'static Description, frozen: &[bool]) -> Vec<Named> {
    let mut variables = Vec::new();
    collect_variables(model, "", &mut frozen.iter(), &mut 0, &mut variables);
    variables
}

fn collect_variables(
    model: &Description,
    prefix: &str,
    frozen: &mut std::slice::Iter<'_, bool>,
    offset: &mut usize,
    into: &mut Vec<Named>,
) {
    for layer in model.layers {
        let trainable = frozen.next() == Some(&false);
        let name = format!("{prefix}{}/", layer.name);
        if let Weights::Model(inner) = &layer.built.weights {
            collect_variables(inner, &name, frozen, offset, into);
        }
        for weight in layer.built.weights.list().iter().filter(|weight| weight.trainable) {
            let end = *offset + weight.dims.size();
            into.push(Named { name: format!("{name}{}", weight.name), range: *offset..end, trainable });
            *offset = end;
        }
    }
}

/// One step of an optimizer: what [`Optimizer::apply`] does.
pub(crate) fn apply<M: Model<Storage = Owned>, O: Optimizer>(
    optimizer: &mut O,
    model: &mut M,
    gradients: &Gradients,
) -> Result<(), OptimizerError> {
    let variables = variables(M::DESCRIPTION, model.storage().frozen());
    apply_flat(optimizer, model, &gradients.values, &variables)
}

/// The same, for gradients that lie elsewhere and variables that are known already.
pub(crate) fn apply_flat<M: Model<Storage = Owned>, O: Optimizer>(
    optimizer: &mut O,
    model: &mut M,
    gradients: &[f32],
    variables: &[Named],
) -> Result<(), OptimizerError> {
    let trainable = M::DESCRIPTION.trainable;
    let variables: Vec<_> = variables
        .iter()
        .map(|named| Variable { name: &named.name, range: named.range.clone(), trainable: named.trainable })
        .collect();
    optimizer.step_variables(&mut model.storage_mut().weights_mut()[..trainable], gradients, &variables)
}
