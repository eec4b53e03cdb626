//! A layer's passes over buffers that are exactly as long as the layer has said.

use keras_core::{
    kernels::random::Random,
    layers::{Backward, Buffers, Built, Forward, Layer, Space, State},
    shape::Dims,
};

/// What a buffer holds before a pass writes to it: whatever is read unwritten spoils the result.
const UNDEFINED: f32 = f32::NAN;

/// A layer, its inputs and its weights.
pub struct Pass<'a, L> {
    pub layer: L,
    pub built: &'a Built,
    pub batch: usize,
    pub dims: &'a [Dims],
    pub inputs: Vec<Vec<f32>>,
    pub weights: Vec<Vec<f32>>,
    pub state: Vec<Vec<f32>>,
}

/// What both passes gave.
pub struct Trained {
    pub output: Vec<f32>,
    pub state: Vec<Vec<f32>>,
    pub input_gradients: Vec<Vec<f32>>,
    pub weight_gradients: Vec<Vec<f32>>,
}

/// Which gradients are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// The first layer of a model: nobody reads the gradients of its inputs.
    Weights,
    /// A frozen layer.
    Inputs,
    /// A shared layer: the gradients of the weights are added to ones.
    Accumulated,
}

impl<'a, L: Layer> Pass<'a, L> {
    /// Inputs, weights and state of numbers that look random and are no fewer than they seem.
    pub fn new(layer: L, built: &'a Built, batch: usize, dims: &'a [Dims], seed: u64) -> Self {
        let list = built.weights.list();
        let of = |trainable: bool| {
            let chosen = list.iter().enumerate().filter(move |(_, weight)| weight.trainable == trainable);
            chosen.map(|(at, weight)| noise(weight.dims.size(), seed + 10 + at as u64)).collect()
        };
        let inputs = dims.iter().enumerate().map(|(at, dims)| noise(batch * dims.size(), seed + at as u64)).collect();
        Self { layer, built, batch, dims, inputs, weights: of(true), state: of(false) }
    }

    /// The output at inference.
    pub fn infer(&self) -> Vec<f32> {
        self.forward(false, None, &mut Default::default())
    }

    /// Both passes of a training step, with this gradient at the output.
    pub fn train(&self, output_gradient: &[f32], wanted: Wanted) -> Trained {
        let frozen = wanted == Wanted::Inputs;
        let mut state = self.state.clone();
        let mut kept = memory(self.built.kept, self.batch);
        let output = self.forward(true, Some(&mut state[..]).filter(|_| !frozen), &mut kept);
        let mut input_gradients: Vec<Vec<f32>> = match wanted {
            Wanted::Weights => vec![Vec::new(); self.inputs.len()],
            _ => self.inputs.iter().map(|input| vec![UNDEFINED; input.len()]).collect(),
        };
        let start = if wanted == Wanted::Accumulated { 1.0 } else { UNDEFINED };
        let mut weight_gradients: Vec<Vec<f32>> =
            if frozen { Vec::new() } else { self.weights.iter().map(|weight| vec![start; weight.len()]).collect() };
        let mut output_gradient = output_gradient.to_vec();
        let mut scratch = memory(self.built.backward_scratch, self.batch);
        let none = vec![&[][..]; self.inputs.len()];
        self.layer.backward(Backward {
            batch: self.batch,
            input_dims: self.dims,
            output_dims: self.built.output,
            inputs: &if self.built.backward_reads_input { views(&self.inputs) } else { none },
            weights: &views(&self.weights),
            state: &views(&state),
            state_updated: !frozen,
            output: if self.built.backward_reads_output { &output } else { &[] },
            kept: buffers(&mut kept),
            scratch: buffers(&mut scratch),
            output_gradient: &mut output_gradient,
            from_logits: false,
            input_gradients: &mut views_mut(&mut input_gradients),
            weight_gradients: &mut views_mut(&mut weight_gradients),
            accumulate: wanted == Wanted::Accumulated,
            random: Random::new(0, 0),
            inner: Default::default(),
        });
        Trained { output, state, input_gradients, weight_gradients }
    }

    /// The output; `moving` is the state, to be updated, and without it the state is fixed.
    fn forward(&self, training: bool, moving: Option<&mut [Vec<f32>]>, kept: &mut (Vec<f32>, Vec<f32>)) -> Vec<f32> {
        let mut output = vec![UNDEFINED; self.batch * self.built.output.size()];
        let (inputs, weights, fixed) = (views(&self.inputs), views(&self.weights), views(&self.state));
        let mut scratch = memory(self.built.scratch, self.batch);
        let mut updated = moving.map(views_mut);
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

    /// Compares both passes with what a definition gives, for all ways of asking for gradients.
    #[track_caller]
    pub fn check(&self, gradient: &[f32], expected: &Expected, what: &dyn std::fmt::Debug) {
        close(&self.infer(), &expected.output, "output at inference", what);
        for wanted in [Wanted::All, Wanted::Weights, Wanted::Inputs, Wanted::Accumulated] {
            let trained = self.train(gradient, wanted);
            close(&trained.output, &expected.output, "output", what);
            if wanted != Wanted::Weights {
                for (found, expected) in trained.input_gradients.iter().zip(&expected.input_gradients) {
                    close(found, expected, "gradient of an input", what);
                }
            }
            let start = if wanted == Wanted::Accumulated { 1.0 } else { 0.0 };
            for (found, expected) in trained.weight_gradients.iter().zip(&expected.weight_gradients) {
                let expected: Vec<f64> = expected.iter().map(|gradient| gradient + start).collect();
                close(found, &expected, "gradient of a weight", what);
            }
        }
    }
}

/// What a definition gives.
#[derive(Default)]
pub struct Expected {
    pub output: Vec<f64>,
    pub input_gradients: Vec<Vec<f64>>,
    pub weight_gradients: Vec<Vec<f64>>,
}

/// Numbers from -1 to 1.
pub fn noise(length: usize, seed: u64) -> Vec<f32> {
    let random = Random::new(0x5EED, seed);
    (0..length).map(|at| (random.number(at as u64) % 2001) as f32 / 1000.0 - 1.0).collect()
}

/// Compares numbers: sums of a few hundred terms lose no more than this.
#[track_caller]
pub fn close(found: &[f32], expected: &[f64], name: &str, what: &dyn std::fmt::Debug) {
    assert_eq!(found.len(), expected.len(), "{name} of {what:?}");
    let largest = expected.iter().fold(1.0f64, |largest, value| largest.max(value.abs()));
    for (at, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let close = (f64::from(found) - expected).abs() <= 2e-5 * largest;
        assert!(close, "{name}[{at}] of {what:?}: {found} is not {expected}");
    }
}

fn memory(space: Space, batch: usize) -> (Vec<f32>, Vec<f32>) {
    (vec![UNDEFINED; space.per_sample * batch], vec![UNDEFINED; space.fixed])
}

fn buffers(memory: &mut (Vec<f32>, Vec<f32>)) -> Buffers<'_> {
    Buffers { per_sample: &mut memory.0, fixed: &mut memory.1 }
}

fn views(vectors: &[Vec<f32>]) -> Vec<&[f32]> {
    vectors.iter().map(Vec::as_slice).collect()
}

fn views_mut(vectors: &mut [Vec<f32>]) -> Vec<&mut [f32]> {
    vectors.iter_mut().map(Vec::as_mut_slice).collect()
}

/// The indices of each element of a batch, the first axis being the batch.
pub fn indices(batch: usize, lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for &length in [batch].iter().chain(lengths) {
        all = all.iter().flat_map(|start| (0..length).map(|at| [&start[..], &[at]].concat())).collect();
    }
    all
}

/// Where the element of an index lies.
pub fn place(index: &[usize], lengths: &[usize]) -> usize {
    index[1..].iter().zip(lengths).fold(index[0], |place, (at, length)| place * length + at)
}
