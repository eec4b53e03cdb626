//! A layer's passes on recorded inputs and weights.

use keras::{
    layers::{
        Built, Layer,
        runner::{Mode, Runner, Step, Wanted},
    },
    shape::{Dims, ShapeError},
};
use keras_core::Random;

use crate::support::{Case, FORWARD, GRADIENT};

/// A layer of one input.
pub fn single(case: &Case<'_>, layer: impl Layer, build: impl Fn(Dims) -> Result<Built, ShapeError>) {
    let (batch, dims) = case.samples("input");
    check_layer(&Pass { case, layer, built: build(dims).unwrap(), batch, dims: &[dims] });
}

/// A layer of several inputs.
pub fn several(case: &Case<'_>, layer: impl Layer, build: impl Fn(&[Dims]) -> Result<Built, ShapeError>) {
    let inputs = (0..).map(|at| format!("input_{at}")).take_while(|name| case.has(name));
    let dims: Vec<Dims> = inputs.map(|name| case.samples(&name).1).collect();
    check_layer(&Pass { case, layer, built: build(&dims).unwrap(), batch: case.samples("input_0").0, dims: &dims });
}

/// A built layer and the inputs of a case.
pub struct Pass<'a, L> {
    pub case: &'a Case<'a>,
    pub layer: L,
    pub built: Built,
    pub batch: usize,
    pub dims: &'a [Dims],
}

impl<'a, L: Layer> Pass<'a, L> {
    fn numbered(&self, name: &str, at: usize) -> String {
        if self.case.has("input") { name.to_owned() } else { format!("{name}_{at}") }
    }

    fn inputs(&self) -> Vec<&'a [f32]> {
        (0..self.dims.len()).map(|at| self.case.values(&self.numbered("input", at))).collect()
    }

    fn weights(&self, trainable: bool) -> Vec<&'a [f32]> {
        let weights = self.built.weights.list().iter().filter(|weight| weight.trainable == trainable);
        weights.map(|weight| self.case.values(weight.name)).collect()
    }

    fn runner<'r>(&'r self, inputs: &'r [&'r [f32]]) -> Runner<'r, L> {
        let (built, input_dims, batch) = (&self.built, self.dims, self.batch);
        // Memory holds no number before a pass writes to it: reading it unwritten spoils the result.
        Runner { layer: self.layer, built, input_dims, inputs, batch, random: Random::new(0, 0), unwritten: f32::NAN }
    }

    /// A forward pass; the non-trainable weights are as recorded before it, and updated in training.
    fn forward(&self, mode: Mode, non_trainable: &mut [Vec<f32>]) -> Step {
        self.runner(&self.inputs()).forward(mode, &self.weights(true), &mut views(non_trainable))
    }

    /// The output at inference.
    pub fn infer(&self) -> Vec<f32> {
        let mut non_trainable: Vec<Vec<f32>> = self.weights(false).into_iter().map(<[f32]>::to_vec).collect();
        self.forward(Mode::Inference, &mut non_trainable).outputs.concat()
    }
}

fn views(vectors: &mut [Vec<f32>]) -> Vec<&mut [f32]> {
    vectors.iter_mut().map(Vec::as_mut_slice).collect()
}

/// Shapes, both passes, and the moving averages.
pub fn check_layer<L: Layer>(pass: &Pass<'_, L>) {
    let (case, built) = (pass.case, &pass.built);
    // One sample is recorded without an axis for the batch.
    let one_sample = pass.batch == 1 && case.dims("output") == built.output();
    if !one_sample && case.samples("output") != (pass.batch, built.output()) {
        case.fail(format!("output of shape {} instead of {}", built.output(), case.samples("output").1));
    }
    for weight in built.weights.list() {
        if weight.dims != case.dims(weight.name) {
            case.fail(format!("{} of shape {} instead of {}", weight.name, weight.dims, case.dims(weight.name)));
        }
    }

    // Where the call was one with training=True, the moving averages change; elsewhere the layer is like a frozen one.
    let updates = case.has("updated_moving_mean");
    let mut state: Vec<Vec<f32>> = pass.weights(false).into_iter().map(<[f32]>::to_vec).collect();
    let step = if updates {
        pass.forward(Mode::Training, &mut state)
    } else {
        case.check("output", &pass.infer(), FORWARD);
        pass.forward(Mode::FrozenTraining, &mut state)
    };
    case.check("output", &step.outputs[0], FORWARD);
    if updates {
        let moving = built.weights.list().iter().filter(|weight| !weight.trainable);
        for (weight, values) in moving.zip(&state) {
            case.check(&format!("updated_{}", weight.name), values, FORWARD);
        }
    }

    let state: Vec<&[f32]> = state.iter().map(Vec::as_slice).collect();
    let (inputs, output_gradient) = (pass.inputs(), case.values("output_gradient"));
    let gradients = pass.runner(&inputs).backward(step, &[output_gradient], Wanted::All, &pass.weights(true), &state);
    for (at, gradient) in gradients.inputs.iter().enumerate() {
        case.check(&pass.numbered("input_gradient", at), gradient, GRADIENT);
    }
    let trainable = built.weights.list().iter().filter(|weight| weight.trainable);
    for (weight, gradient) in trainable.zip(&gradients.weights) {
        case.check(&format!("{}_gradient", weight.name), gradient, GRADIENT);
    }
}
