//! A layer by itself, without a model.

use super::{
    Built, Layer, StateVariable,
    runner::{Mode, Runner, Step, StepGradients, Wanted},
};
use crate::{Error, Result, kernels::random::Random, shape::Dims};

/// A layer by itself, with weights of its own: what calling a layer on data is in Keras.
///
/// ```
/// use keras::prelude::*;
///
/// let mut dense = standalone!(Dense::layer(2).use_bias(false), [3], 7)?;
/// dense.weights_mut().copy_from_slice(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
/// assert_eq!(dense.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])?, [1.0, 2.0, 4.0, 5.0]); // two samples
///
/// // A loss of one's own: the sum of the squares of what comes out.
/// let mut sgd = SGD::new(0.01);
/// for _ in 0..40 {
///     let output = dense.forward(&[&[1.0, 2.0, 3.0]])?;
///     let gradients = dense.backward(&output.iter().map(|value| 2.0 * value).collect::<Vec<_>>())?;
///     sgd.step(dense.weights_mut(), &gradients.weights)?;
/// }
/// assert!(dense.call(&[&[1.0, 2.0, 3.0]])?.iter().all(|value| value.abs() < 1e-3));
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Standalone<L> {
    layer: L,
    built: Built,
    input_dims: Vec<Dims>,
    seed: u64,
    trainable: Vec<f32>,
    non_trainable: Vec<f32>,
    /// The state variables; none before the first call.
    states: Vec<Vec<f32>>,
    /// The number of passes in training so far: each has random numbers of its own.
    passes: u64,
    last: Option<Trained>,
}

/// What `backward` needs of the last pass in training.
#[derive(Clone, Debug)]
struct Trained {
    batch: usize,
    inputs: Vec<Vec<f32>>,
    step: Step,
}

/// The gradients that [`Standalone::backward`] gives.
///
/// ```
/// use keras::prelude::*;
///
/// let mut dense = standalone!(Dense::layer(1).kernel_initializer(Initializer::ONES), [2], 7)?;
/// dense.forward(&[&[3.0, 4.0]])?;
/// let gradients = dense.backward(&[0.5])?;
/// assert_eq!(gradients.inputs, [[0.5, 0.5]]);
/// assert_eq!(gradients.weights, [1.5, 2.0, 0.5]); // the kernel's, then the bias'
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LayerGradients {
    /// By each input.
    pub inputs: Vec<Vec<f32>>,
    /// By the trainable weights, one after the other.
    pub weights: Vec<f32>,
}

impl<L: Layer> Standalone<L> {
    /// A layer, what its `build` says of inputs of these dimensions, and a seed for its weights and random numbers:
    /// `standalone!` asks `build` by itself.
    ///
    /// # Errors
    /// If the layer is a model, which needs no help to be called.
    ///
    /// ```
    /// use keras::{layers::Standalone, prelude::*, shape::Dims};
    ///
    /// let (layer, side) = (Conv2D::layer(16, (3, 3)), 8);
    /// let image = Dims::new(&[side, side, 1]);
    /// let convolution = Standalone::new(layer, layer.build(image)?, &[image], 7)?;
    /// assert_eq!(convolution.call(&[&[0.5; 64]])?.len(), 6 * 6 * 16);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(layer: L, built: Built, inputs: &[Dims], seed: u64) -> Result<Self> {
        let list = built.weights.list();
        let has_weights = built.weights.trainable_size() + built.weights.non_trainable_size() > 0;
        let has_state = !built.state_space().is_none();
        if (has_weights && list.is_empty()) || (has_state && built.states().is_empty()) {
            return Err(Error::argument("layer", "a model", "a layer that owns its weights and state"));
        }
        let (mut trainable, mut non_trainable) = (Vec::new(), Vec::new());
        for (stream, weight) in list.iter().enumerate() {
            let mut values = vec![0.0; weight.dims.size()];
            weight.initializer.fill(weight.dims, Random::new(seed, stream as u64), &mut values);
            if weight.trainable { &mut trainable } else { &mut non_trainable }.append(&mut values);
        }
        let input_dims = inputs.to_vec();
        let (states, passes, last) = (Vec::new(), 0, None);
        Ok(Self { layer, built, input_dims, seed, trainable, non_trainable, states, passes, last })
    }

    /// The output at inference, of samples that lie one after the other.
    ///
    /// # Errors
    /// If there are not as many inputs as were said, or they are no whole number of samples, the same of each; or if the layer has
    /// state, which [`call_stateful`](Self::call_stateful) keeps.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let add = standalone!(Add::layer(), [[2], [2]], 7)?;
    /// assert_eq!(add.call(&[&[1.0, 2.0], &[10.0, 20.0]])?, [11.0, 22.0]);
    /// let error = add.call(&[&[1.0, 2.0, 3.0], &[10.0, 20.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "3 values are not a whole number of samples of shape (2,), which have 2 each");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn call(&self, inputs: &[&[f32]]) -> Result<Vec<f32>> {
        Ok(first(self.call_each(inputs)?))
    }

    /// All outputs at inference, of a layer that has several.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let relu = standalone!(ReLU::layer(), [2], 7)?;
    /// assert_eq!(relu.call_each(&[&[-1.0, 2.0]])?, [[0.0, 2.0]]); // it has one
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn call_each(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        if !self.built.states().is_empty() {
            return Err(Error::argument("layer", "stateful", "called with `call_stateful`, which keeps its state"));
        }
        let batch = self.batch(inputs)?;
        Ok(self.run(Mode::Inference, batch, inputs, &mut self.non_trainable.clone(), &mut []).outputs)
    }

    /// The output at inference of a layer with state, which goes on from call to call.
    ///
    /// # Errors
    /// As [`call`](Self::call), or if the number of samples is not that of the state.
    ///
    /// ```
    /// # use keras::{layers::{Backward, Built, Forward, Layer, StateVariable}, prelude::*, shape::{Dims, ShapeError}};
    /// # #[derive(Clone, Copy)]
    /// # pub struct Sum;
    /// # impl Sum {
    /// #     pub const fn layer() -> Self { Self }
    /// #     pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
    /// #         Built::new(input).state(StateVariable::per_sample("sum", input)).ok()
    /// #     }
    /// # }
    /// # impl Layer for Sum {
    /// #     fn forward(&self, pass: Forward<'_>) {
    /// #         let ([input], [sum], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
    /// #         sum.iter_mut().zip(input).for_each(|(sum, value)| *sum += value);
    /// #         output.copy_from_slice(sum);
    /// #     }
    /// #     fn backward(&self, _: Backward<'_>) {}
    /// # }
    /// # let error = standalone!(Sum::layer(), [1])?.call(&[&[1.0]]).unwrap_err().to_string();
    /// # assert_eq!(error, "`layer` is stateful, but must be called with `call_stateful`, which keeps its state");
    /// // `Sum` gives the sum of all that a sample was so far.
    /// let mut sum = standalone!(Sum::layer(), [1])?;
    /// sum.call_stateful(&[&[1.0, 10.0]])?;
    /// assert_eq!(sum.call_stateful(&[&[2.0, 20.0]])?, [3.0, 30.0]);
    /// assert!(sum.call_stateful(&[&[5.0]]).unwrap_err().to_string().starts_with("the state holds 2 samples"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn call_stateful(&mut self, inputs: &[&[f32]]) -> Result<Vec<f32>> {
        Ok(first(self.call_each_stateful(inputs)?))
    }

    /// All outputs at inference of a layer with state.
    ///
    /// # Errors
    /// As [`call_stateful`](Self::call_stateful).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut relu = standalone!(ReLU::layer(), [2], 7)?;
    /// assert_eq!(relu.call_each_stateful(&[&[-1.0, 2.0]])?, [[0.0, 2.0]]); // it has one, and no state
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn call_each_stateful(&mut self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        Ok(self.run_stateful(Mode::Inference, inputs)?.1.outputs)
    }

    /// The output in training: what drops values drops them, moving averages move, and [`backward`](Self::backward) can follow.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut dropout = standalone!(Dropout::layer(0.5), [100], 7)?;
    /// let output = dropout.forward(&[&[1.0; 100]])?;
    /// assert!(output.iter().all(|&value| value == 0.0 || value == 2.0) && output.contains(&0.0));
    /// assert_ne!(output, dropout.forward(&[&[1.0; 100]])?); // others are dropped
    /// assert_eq!(dropout.call(&[&[1.0; 100]])?, [1.0; 100]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn forward(&mut self, inputs: &[&[f32]]) -> Result<Vec<f32>> {
        Ok(first(self.forward_each(inputs)?))
    }

    /// All outputs in training, of a layer that has several.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut relu = standalone!(ReLU::layer(), [2], 7)?;
    /// assert_eq!(relu.forward_each(&[&[-1.0, 2.0]])?, [[0.0, 2.0]]);
    /// assert_eq!(relu.backward_each(&[&[5.0, 5.0]])?.inputs, [[0.0, 5.0]]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn forward_each(&mut self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        self.passes += 1;
        self.recorded(Mode::Training, inputs)
    }

    fn recorded(&mut self, mode: Mode, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        let (batch, step) = self.run_stateful(mode, inputs)?;
        let outputs = step.outputs.clone();
        self.last = Some(Trained { batch, inputs: inputs.iter().map(|input| input.to_vec()).collect(), step });
        Ok(outputs)
    }

    /// The output at inference, which [`backward`](Self::backward) can follow: as a call with `training=False` under a
    /// `GradientTape`. Nothing is dropped, and a BatchNormalization uses its moving averages.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut normalization = standalone!(BatchNormalization::layer().epsilon(0.0), [1], 7)?;
    /// normalization.weight_mut("moving_mean").unwrap().fill(1.0);
    /// normalization.weight_mut("moving_variance").unwrap().fill(4.0);
    /// assert_eq!(normalization.forward_at_inference(&[&[5.0, 3.0]])?, [2.0, 1.0]);
    /// let gradients = normalization.backward(&[1.0, 10.0])?;
    /// assert_eq!(gradients.weights, [2.0 + 10.0, 11.0]); // of gamma and beta
    /// assert_eq!(gradients.inputs, [[0.5, 5.0]]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn forward_at_inference(&mut self, inputs: &[&[f32]]) -> Result<Vec<f32>> {
        Ok(first(self.forward_each_at_inference(inputs)?))
    }

    /// All outputs at inference, which [`backward_each`](Self::backward_each) can follow.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut dropout = standalone!(Dropout::layer(0.5), [2], 7)?;
    /// assert_eq!(dropout.forward_each_at_inference(&[&[-1.0, 2.0]])?, [[-1.0, 2.0]]);
    /// assert_eq!(dropout.backward_each(&[&[5.0, 6.0]])?.inputs, [[5.0, 6.0]]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn forward_each_at_inference(&mut self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        self.recorded(Mode::RecordedInference, inputs)
    }

    /// The gradients by the inputs and the weights, given that by the output of the last [`forward`](Self::forward).
    ///
    /// # Errors
    /// If there was no such pass since the last call, or the gradient is not as long as its output.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut relu = standalone!(ReLU::layer(), [3], 7)?;
    /// assert!(relu.backward(&[1.0; 3]).is_err()); // there was no forward pass
    /// relu.forward(&[&[-1.0, 2.0, 3.0]])?;
    /// assert_eq!(relu.backward(&[5.0; 3])?.inputs, [[0.0, 5.0, 5.0]]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn backward(&mut self, output_gradient: &[f32]) -> Result<LayerGradients> {
        self.backward_each(&[output_gradient])
    }

    /// The gradients of a layer that has several outputs, given those by each of them.
    ///
    /// # Errors
    /// As [`backward`](Self::backward).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut relu = standalone!(ReLU::layer(), [2], 7)?;
    /// relu.forward(&[&[-1.0, 2.0]])?;
    /// assert!(relu.backward_each(&[&[5.0, 5.0], &[5.0, 5.0]]).is_err()); // it has one
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn backward_each(&mut self, output_gradients: &[&[f32]]) -> Result<LayerGradients> {
        let Some(Trained { batch, inputs, step }) = self.last.take() else {
            return Err(Error::argument("backward", "called first", "called after `forward`"));
        };
        let expected = step.outputs.iter().map(Vec::len);
        if !output_gradients.iter().map(|gradient| gradient.len()).eq(expected) {
            let found = format!("{:?}", output_gradients.iter().map(|gradient| gradient.len()).collect::<Vec<_>>());
            self.last = Some(Trained { batch, inputs, step });
            let expected = "one for each output of the last `forward`, as long as that";
            return Err(Error::argument("output_gradients", found, expected));
        }
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let (weights, non_trainable) = (self.split(true, &self.trainable), self.split(false, &self.non_trainable));
        let runner = self.runner(batch, &inputs);
        let StepGradients { inputs, weights } =
            runner.backward(step, output_gradients, Wanted::All, &weights, &non_trainable);
        Ok(LayerGradients { inputs, weights: weights.concat() })
    }

    /// The trainable weights, one after the other.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let dense = standalone!(Dense::layer(4), [3], 7)?;
    /// assert_eq!(dense.weights().len(), 3 * 4 + 4);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn weights(&self) -> &[f32] {
        &self.trainable
    }

    /// The trainable weights, to change.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut double = standalone!(Dense::layer(1), [1], 7)?;
    /// double.weights_mut().copy_from_slice(&[2.0, 0.0]);
    /// assert_eq!(double.call(&[&[1.0, 2.0]])?, [2.0, 4.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn weights_mut(&mut self) -> &mut [f32] {
        &mut self.trainable
    }

    /// A weight by its name, trainable or not; in an argument of the layer by its path, `dense/kernel`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut normalization = standalone!(BatchNormalization::layer().momentum(0.5), [1], 7)?;
    /// normalization.forward(&[&[2.0, 6.0]])?;
    /// assert_eq!(normalization.weight("moving_mean"), Some(&[0.5 * 0.0 + 0.5 * 4.0][..]));
    /// assert_eq!((normalization.weight("gamma"), normalization.weight("delta")), (Some(&[1.0][..]), None));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn weight(&self, name: &str) -> Option<&[f32]> {
        let (trainable, range) = self.find(name)?;
        if trainable { &self.trainable } else { &self.non_trainable }.get(range)
    }

    /// A weight by its name, trainable or not, to change; in an argument of the layer by its path, `dense/kernel`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut normalization = standalone!(BatchNormalization::layer().epsilon(0.0), [1], 7)?;
    /// normalization.weight_mut("moving_mean").unwrap().copy_from_slice(&[3.0]);
    /// assert_eq!(normalization.call(&[&[5.0]])?, [2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn weight_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        let (trainable, range) = self.find(name)?;
        if trainable { &mut self.trainable } else { &mut self.non_trainable }.get_mut(range)
    }

    /// Where a weight is: among the trainable ones or the others, and its range there.
    fn find(&self, name: &str) -> Option<(bool, core::ops::Range<usize>)> {
        let weights = self.built.weights.list();
        let at = weights.iter().position(|weight| weight.has_path(name, 0))?;
        let weight = &weights[at];
        let before = weights[..at].iter().filter(|other| other.trainable == weight.trainable);
        let start: usize = before.map(|other| other.dims.size()).sum();
        Some((weight.trainable, start..start + weight.dims.size()))
    }

    /// A state variable by its name, as the last call left it; `None` before the first call, and after a reset.
    ///
    /// ```
    /// # use keras::{layers::{Backward, Built, Forward, Layer, StateVariable}, prelude::*, shape::{Dims, ShapeError}};
    /// # #[derive(Clone, Copy)]
    /// # pub struct Sum;
    /// # impl Sum {
    /// #     pub const fn layer() -> Self { Self }
    /// #     pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
    /// #         Built::new(input).state(StateVariable::per_sample("sum", input)).ok()
    /// #     }
    /// # }
    /// # impl Layer for Sum {
    /// #     fn forward(&self, pass: Forward<'_>) {
    /// #         let ([input], [sum], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
    /// #         sum.iter_mut().zip(input).for_each(|(sum, value)| *sum += value);
    /// #         output.copy_from_slice(sum);
    /// #     }
    /// #     fn backward(&self, _: Backward<'_>) {}
    /// # }
    ///
    /// let mut sum = standalone!(Sum::layer(), [1])?;
    /// sum.call_stateful(&[&[1.0, 10.0]])?;
    /// assert_eq!(sum.state("sum"), Some(&[1.0, 10.0][..]));
    /// assert_eq!(sum.state("product"), None);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn state(&self, name: &str) -> Option<&[f32]> {
        let mut variables = self.built.states().iter().zip(&self.states);
        variables.find(|(variable, _)| variable.name == name).map(|(_, values)| values.as_slice())
    }

    /// Sets the state back to its initial values; the next batch may have another number of samples. As
    /// [Keras' `reset_state`](https://keras.io/api/layers/recurrent_layers/rnn/).
    ///
    /// ```
    /// # use keras::{layers::{Backward, Built, Forward, Layer, StateVariable}, prelude::*, shape::{Dims, ShapeError}};
    /// # #[derive(Clone, Copy)]
    /// # pub struct Sum;
    /// # impl Sum {
    /// #     pub const fn layer() -> Self { Self }
    /// #     pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
    /// #         Built::new(input).state(StateVariable::per_sample("sum", input)).ok()
    /// #     }
    /// # }
    /// # impl Layer for Sum {
    /// #     fn forward(&self, pass: Forward<'_>) {
    /// #         let ([input], [sum], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
    /// #         sum.iter_mut().zip(input).for_each(|(sum, value)| *sum += value);
    /// #         output.copy_from_slice(sum);
    /// #     }
    /// #     fn backward(&self, _: Backward<'_>) {}
    /// # }
    ///
    /// let mut sum = standalone!(Sum::layer(), [1])?;
    /// sum.call_stateful(&[&[1.0, 10.0]])?;
    /// sum.reset_state();
    /// assert_eq!(sum.call_stateful(&[&[5.0]])?, [5.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn reset_state(&mut self) {
        self.states.clear();
    }

    /// The number of samples of these inputs.
    fn batch(&self, inputs: &[&[f32]]) -> Result<usize> {
        if inputs.len() != self.input_dims.len() {
            return Err(Error::argument("inputs", inputs.len(), "as many as the layer was built for"));
        }
        let mut batch = None;
        for (input, &dims) in inputs.iter().zip(&self.input_dims) {
            let size = dims.size().max(1);
            if !input.len().is_multiple_of(size) {
                return Err(Error::ValueCount { values: input.len(), shape: dims });
            }
            let (found, expected) = (input.len() / size, *batch.get_or_insert(input.len() / size));
            if found != expected {
                return Err(Error::SampleCounts { what: "samples of another input", expected, found });
            }
            if let Some(count) = self.built.ids
                && let Some(at) = input.iter().position(|&id| id < 0.0 || id.fract() != 0.0 || id >= count as f32)
            {
                return Err(Error::Id {
                    layer: "the layer".to_owned(),
                    sample: at / size,
                    value: f64::from(input[at]),
                    count,
                });
            }
        }
        Ok(batch.unwrap_or(0))
    }

    fn runner<'r>(&'r self, batch: usize, inputs: &'r [&'r [f32]]) -> Runner<'r, L> {
        let (built, input_dims, random) = (&self.built, &self.input_dims[..], Random::new(self.seed, self.passes));
        Runner { layer: self.layer, built, input_dims, inputs, batch, random, unwritten: 0.0 }
    }

    fn run(
        &self,
        mode: Mode,
        batch: usize,
        inputs: &[&[f32]],
        non_trainable: &mut [f32],
        states: &mut [Vec<f32>],
    ) -> Step {
        let weights = self.split(true, &self.trainable);
        let mut blocks = self.blocks(states);
        let mut parts: Vec<&mut [f32]> = match &mut blocks {
            Some(blocks) => blocks.iter_mut().map(Vec::as_mut_slice).collect(),
            None => states.iter_mut().map(Vec::as_mut_slice).collect(),
        };
        let mut non_trainable = self.split_mut(false, non_trainable);
        let step = self.runner(batch, inputs).forward_stateful(mode, &weights, &mut non_trainable, &mut parts);
        if let Some(blocks) = blocks {
            let mut rest = blocks.each_ref().map(Vec::as_slice);
            for (variable, values) in self.built.states().iter().zip(states) {
                let block = &mut rest[usize::from(!variable.per_sample)];
                let (of_variable, after) = block.split_at(values.len());
                values.copy_from_slice(of_variable);
                *block = after;
            }
        }
        step
    }

    /// The state variables in two blocks, those with a batch axis and the others, if the layer runs layers.
    fn blocks(&self, states: &[Vec<f32>]) -> Option<[Vec<f32>; 2]> {
        if !self.built.has_layers() || states.is_empty() {
            return None;
        }
        let mut blocks = [Vec::new(), Vec::new()];
        for (variable, values) in self.built.states().iter().zip(states) {
            blocks[usize::from(!variable.per_sample)].extend_from_slice(values);
        }
        Some(blocks)
    }

    /// A forward pass that the non-trainable weights and the state go on from, with the number of its samples.
    fn run_stateful(&mut self, mode: Mode, inputs: &[&[f32]]) -> Result<(usize, Step)> {
        let batch = self.batch(inputs)?;
        self.prepare_states(batch)?;
        let (mut non_trainable, mut states) =
            (std::mem::take(&mut self.non_trainable), std::mem::take(&mut self.states));
        let step = self.run(mode, batch, inputs, &mut non_trainable, &mut states);
        (self.non_trainable, self.states) = (non_trainable, states);
        Ok((batch, step))
    }

    /// Puts the state to its initial values if there is none yet.
    fn prepare_states(&mut self, batch: usize) -> Result<()> {
        let variables = self.built.states();
        if self.states.is_empty() {
            let samples = |per_sample| if per_sample { batch } else { 1 };
            let fill = |it: &StateVariable| vec![it.initial; it.dims.size() * samples(it.per_sample)];
            self.states = variables.iter().map(fill).collect();
        }
        for (variable, values) in variables.iter().zip(&self.states) {
            let (size, is_other) = (variable.dims.size(), values.len() != variable.dims.size() * batch);
            if variable.per_sample && is_other {
                return Err(Error::StateSamples { expected: values.len() / size.max(1), found: batch });
            }
        }
        Ok(())
    }

    /// The lengths of the weights that are trainable, or of the others.
    fn lengths(&self, trainable: bool) -> Vec<usize> {
        let weights = self.built.weights.list().iter().filter(move |weight| weight.trainable == trainable);
        let lengths: Vec<usize> = weights.map(|weight| weight.dims.size()).collect();
        // A layer that runs layers takes them as one.
        if self.built.has_layers() { vec![lengths.iter().sum()] } else { lengths }
    }

    fn split<'v>(&self, trainable: bool, mut values: &'v [f32]) -> Vec<&'v [f32]> {
        let mut parts = Vec::new();
        for length in self.lengths(trainable) {
            let (part, rest) = values.split_at(length);
            parts.push(part);
            values = rest;
        }
        parts
    }

    fn split_mut<'v>(&self, trainable: bool, mut values: &'v mut [f32]) -> Vec<&'v mut [f32]> {
        let mut parts = Vec::new();
        for length in self.lengths(trainable) {
            let (part, rest) = values.split_at_mut(length);
            parts.push(part);
            values = rest;
        }
        parts
    }
}

/// The first of a layer's outputs.
fn first(outputs: Vec<Vec<f32>>) -> Vec<f32> {
    outputs.into_iter().next().unwrap_or_default()
}
