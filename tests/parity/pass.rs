//! A layer's passes on recorded inputs and weights.

use keras::{
    layers::{Backward, Buffers, Built, Forward, Layer, Space, State},
    shape::{Dims, ShapeError},
};
use keras_core::kernels::random::Random;

use crate::support::{Case, FORWARD, GRADIENT};

/// What a buffer holds before a pass writes to it: whatever is read unwritten spoils the result.
const UNDEFINED: f32 = f32::NAN;

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

    fn output(&self) -> Vec<f32> {
        vec![UNDEFINED; self.batch * self.built.output.size()]
    }

    fn memory(&self, space: Space) -> (Vec<f32>, Vec<f32>) {
        (vec![UNDEFINED; space.per_sample * self.batch], vec![UNDEFINED; space.fixed])
    }

    /// The output; `moving` are the moving averages, to be updated, and without them they stay as recorded.
    fn forward(&self, training: bool, moving: Option<&mut [Vec<f32>]>, kept: &mut (Vec<f32>, Vec<f32>)) -> Vec<f32> {
        let (mut output, mut scratch) = (self.output(), self.memory(self.built.scratch));
        let (inputs, weights, fixed) = (self.inputs(), self.weights(true), self.weights(false));
        let mut updated = moving.map(views);
        self.layer.forward(Forward {
            batch: self.batch,
            training,
            input_dims: self.dims,
            output_dims: self.built.output,
            inputs: &inputs,
            weights: &weights,
            state: updated.as_deref_mut().map_or(State::Fixed(&fixed), State::Updated),
            output: &mut output,
            kept: buffers(kept),
            scratch: buffers(&mut scratch),
            random: Random::new(0, 0),
            folded: Default::default(),
            inner: Default::default(),
        });
        output
    }

    /// The output at inference.
    pub fn infer(&self) -> Vec<f32> {
        self.forward(false, None, &mut (Vec::new(), Vec::new()))
    }
}

fn buffers(memory: &mut (Vec<f32>, Vec<f32>)) -> Buffers<'_> {
    Buffers { per_sample: &mut memory.0, fixed: &mut memory.1 }
}

fn views(vectors: &mut [Vec<f32>]) -> Vec<&mut [f32]> {
    vectors.iter_mut().map(Vec::as_mut_slice).collect()
}

/// Shapes, both passes, and the moving averages.
pub fn check_layer<L: Layer>(pass: &Pass<'_, L>) {
    let (case, built) = (pass.case, &pass.built);
    // One sample is recorded without an axis for the batch.
    let one_sample = pass.batch == 1 && case.dims("output") == built.output;
    if !one_sample && case.samples("output") != (pass.batch, built.output) {
        case.fail(format!("output of shape {} instead of {}", built.output, case.samples("output").1));
    }
    for weight in built.weights.list() {
        if weight.dims != case.dims(weight.name) {
            case.fail(format!("{} of shape {} instead of {}", weight.name, weight.dims, case.dims(weight.name)));
        }
    }

    // Where the call was one with training=True, the moving averages change; elsewhere the layer is like a frozen one.
    let updates = case.has("updated_moving_mean");
    let mut kept = pass.memory(built.kept);
    let mut state: Vec<Vec<f32>> = pass.weights(false).into_iter().map(<[f32]>::to_vec).collect();
    let trained = if updates {
        pass.forward(true, Some(&mut state), &mut kept)
    } else {
        case.check("output", &pass.infer(), FORWARD);
        pass.forward(true, None, &mut kept)
    };
    case.check("output", &trained, FORWARD);
    if updates {
        let moving = built.weights.list().iter().filter(|weight| !weight.trainable);
        for (weight, values) in moving.zip(&state) {
            case.check(&format!("updated_{}", weight.name), values, FORWARD);
        }
    }

    let state: Vec<&[f32]> = state.iter().map(Vec::as_slice).collect();
    let mut output_gradient = case.values("output_gradient").to_vec();
    let mut scratch = pass.memory(built.backward_scratch);
    let mut input_gradients: Vec<Vec<f32>> = pass.inputs().iter().map(|input| vec![UNDEFINED; input.len()]).collect();
    let mut weight_gradients: Vec<Vec<f32>> =
        pass.weights(true).iter().map(|weight| vec![UNDEFINED; weight.len()]).collect();
    pass.layer.backward(Backward {
        batch: pass.batch,
        input_dims: pass.dims,
        output_dims: built.output,
        inputs: &if built.backward_reads_input { pass.inputs() } else { vec![&[][..]; pass.dims.len()] },
        weights: &pass.weights(true),
        state: &state,
        state_updated: updates,
        output: if built.backward_reads_output { &trained } else { &[] },
        kept: buffers(&mut kept),
        scratch: buffers(&mut scratch),
        output_gradient: &mut output_gradient,
        from_logits: false,
        input_gradients: &mut views(&mut input_gradients),
        weight_gradients: &mut views(&mut weight_gradients),
        accumulate: false,
        random: Random::new(0, 0),
        inner: Default::default(),
    });
    for (at, gradient) in input_gradients.iter().enumerate() {
        case.check(&pass.numbered("input_gradient", at), gradient, GRADIENT);
    }
    let trainable = built.weights.list().iter().filter(|weight| weight.trainable);
    for (weight, gradient) in trainable.zip(&weight_gradients) {
        case.check(&format!("{}_gradient", weight.name), gradient, GRADIENT);
    }
}
