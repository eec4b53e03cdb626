//! A layer's passes over buffers that are exactly as long as the layer has said.

pub use keras_core::layers::runner::Wanted;
use keras_core::{
    Random,
    layers::{
        Built, Layer,
        runner::{Mode, Runner, StepGradients},
    },
    shape::Dims,
};

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
        let (inputs, mut state) = (views(&self.inputs), self.state.clone());
        let step = self.runner(&inputs).forward(Mode::Inference, &views(&self.weights), &mut views_mut(&mut state));
        step.outputs.concat()
    }

    /// Both passes of a training step, with this gradient at the output.
    pub fn train(&self, output_gradient: &[f32], wanted: Wanted) -> Trained {
        let (inputs, weights, mut state) = (views(&self.inputs), views(&self.weights), self.state.clone());
        let mode = if wanted == Wanted::Inputs { Mode::FrozenTraining } else { Mode::Training };
        let runner = self.runner(&inputs);
        let step = runner.forward(mode, &weights, &mut views_mut(&mut state));
        let output = step.outputs.concat();
        let StepGradients { inputs: input_gradients, weights: weight_gradients } =
            runner.backward(step, &[output_gradient], wanted, &weights, &views(&state));
        Trained { output, state, input_gradients, weight_gradients }
    }

    fn runner<'r>(&'r self, inputs: &'r [&'r [f32]]) -> Runner<'r, L> {
        let (built, input_dims, batch) = (self.built, self.dims, self.batch);
        // Memory holds no number before a pass writes to it: reading it unwritten spoils the result.
        Runner { layer: self.layer, built, input_dims, inputs, batch, random: Random::new(0, 0), unwritten: f32::NAN }
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
