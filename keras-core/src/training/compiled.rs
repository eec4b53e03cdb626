//! A model with an optimizer, losses and metrics.

use super::{
    Evaluate, Evaluation, Fit, Gradients, IsCompiled, LossList, MetricList, Predict, Predictions, Samples, StepResult,
    after::After,
    ids,
    means::Means,
    metrics::CompiledMetrics,
    own_steps::OwnStep,
    rows::Rows,
    run::Run,
    step::{By, Stepper},
    variables::{self, variables},
};
use crate::{
    Error, Result,
    callbacks::Logs,
    data::{Inputs, SampleWeight, Shapes, Source, Target, Targets, Tensor},
    kernels::parallel,
    layers::measure,
    metrics::{Direction, Metric},
    model::{Description, Model, Owned, Storage, Summary},
    optimizers::{Optimizer, Variable},
    shape::Shape,
};
use std::path::Path;

/// What a model can do: train, predict, save. In the prelude; every model has it.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Xor { Input(2), Dense(8, activation = "tanh"), Dense(1, activation = "sigmoid") } }
///
/// let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// let y = Tensor::from([0.0, 1.0, 1.0, 0.0]);
/// let mut xor = Xor::with_seed(1);
/// xor.compile(Adam::new(0.05), BinaryCrossentropy::default(), ()).fit(&x, &y).epochs(400).verbose(0).run()?;
/// let right = xor.predict(&x)?.values().iter().zip(y.values()).all(|(p, y)| (p - y).abs() < 0.5);
/// assert!(right);
///
/// /// Code for any model that can be trained.
/// fn mean_weight<M: Train>(model: &M) -> f32 {
///     model.weights().iter().sum::<f32>() / model.weights().len() as f32
/// }
/// assert!(mean_weight(&xor).is_finite());
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Train: Model<Storage = Owned> {
    /// Chooses the optimizer, the loss (a tuple of losses with several outputs), and the metrics (a tuple).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3, activation = "softmax") } }
    ///
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    /// let evaluation = compiled.evaluate(&Tensor::from([[1.0, 0.0, 0.0, 1.0]]), &Labels::try_from([2])?)?;
    /// assert!(evaluation.get("accuracy").is_some());
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Whether the losses fit the outputs is checked when the program is compiled:
    ///
    /// ```compile_fail
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3, activation = "softmax") } }
    ///
    /// // one output, two losses
    /// Net::new().compile(Adam::default(), (MeanSquaredError::default(), MeanSquaredError::default()), ());
    /// ```
    fn compile<O, L, X>(&mut self, optimizer: O, losses: L, metrics: X) -> Compiled<'_, Self, O, L>
    where
        O: Optimizer,
        L: LossList<Self::Outputs>,
        X: MetricList<Self::Outputs>,
    {
        const { L::FITS_THE_OUTPUTS };
        Compiled::new(self, optimizer, losses, metrics.boxed_each())
    }

    /// Comes after `compile`: [`Compiled::fit`]. Of a model that is not compiled it is [a compile error](IsCompiled).
    fn fit<X, Y>(&mut self, x: X, y: Y) -> Self::Answer
    where
        Self: IsCompiled,
    {
        let _ = (x, y);
        self.answer()
    }

    /// Comes after `compile`: [`Compiled::evaluate`]. Of a model that is not compiled it is [a compile error](IsCompiled).
    fn evaluate<X, Y>(&mut self, x: X, y: Y) -> Self::Answer
    where
        Self: IsCompiled,
    {
        let _ = (x, y);
        self.answer()
    }

    /// Comes after `compile`: [`Compiled::train_on_batch`]. Of a model that is not compiled it is
    /// [a compile error](IsCompiled).
    fn train_on_batch<X, Y>(&mut self, x: X, y: Y) -> Self::Answer
    where
        Self: IsCompiled,
    {
        let _ = (x, y);
        self.answer()
    }

    /// The loss of a batch, in training mode, and the gradients of all trainable weights: the first half of a training loop
    /// of one's own. The second is [`Optimizer::apply`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[0.0], [2.0]]));
    /// let (loss, gradients) = Line::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 1.0);
    /// assert_eq!(gradients.values(), [1.0 + 3.0, 1.0 + 1.0]); // by the kernel, by the bias
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn loss_and_gradients<L, X, Y>(&mut self, x: X, y: Y, loss: &L) -> Result<(f32, Gradients)>
    where
        L: LossList<Self::Outputs>,
        X: Inputs<Self::Inputs>,
        Y: Targets<L::Targets, Self::Outputs>,
    {
        const { L::FITS_THE_OUTPUTS };
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        x.sources(&mut inputs)?;
        y.targets(&mut targets)?;
        let rows: Vec<usize> = (0..count(Self::DESCRIPTION, &inputs, &targets)?).collect();
        let mut stepper = Stepper::new(Self::DESCRIPTION);
        let batch = Rows { inputs: &inputs, targets: &targets, rows: &rows, sample_weight: &SampleWeight::default() };
        let result = parallel::enter(Self::DESCRIPTION.training_macs(rows.len()), || {
            stepper.train(self, loss, &batch, By::Weights, |_| Ok(()))
        })?;
        Ok((result.loss, Gradients::new(stepper.gradients().to_vec(), Self::DESCRIPTION)))
    }

    /// The loss of a batch, in training mode, and its gradients by the inputs: a tensor, or a tuple of them. Ids have none: 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// // The samples, changed so that they are harder to predict.
    /// let (mut x, y) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[0.0]]));
    /// let mut line = Line::new();
    /// let (loss, by_x) = line.loss_and_input_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!((loss, by_x.values()), (9.0, &[6.0, 6.0][..]));
    /// x.values_mut().iter_mut().zip(by_x.values()).for_each(|(x, gradient)| *x += 0.1 * gradient.signum());
    /// assert!(line.loss_and_input_gradients(&x, &y, &MeanSquaredError::default())?.0 > loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn loss_and_input_gradients<L, X, Y>(&mut self, x: X, y: Y, loss: &L) -> Result<(f32, Samples<Self>)>
    where
        L: LossList<Self::Outputs>,
        X: Inputs<Self::Inputs>,
        Y: Targets<L::Targets, Self::Outputs>,
        Self::Inputs: Shapes,
    {
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        x.sources(&mut inputs)?;
        y.targets(&mut targets)?;
        let rows: Vec<usize> = (0..count(Self::DESCRIPTION, &inputs, &targets)?).collect();
        let mut stepper = Stepper::new(Self::DESCRIPTION);
        let batch = Rows { inputs: &inputs, targets: &targets, rows: &rows, sample_weight: &SampleWeight::default() };
        let result = parallel::enter(Self::DESCRIPTION.training_macs(rows.len()), || {
            stepper.train(self, loss, &batch, By::Inputs, |_| Ok(()))
        })?;
        Ok((result.loss, Self::Inputs::tensors(stepper.input_gradients())?))
    }

    /// The gradients of all trainable weights by whatever comes after the model: `gradient` is given the outputs of the batch,
    /// in training mode, and says their gradients. Two models learn together this way, or a model by a loss that is no
    /// [`Loss`](crate::losses::Loss).
    ///
    /// # Errors
    /// If the data do not fit together, or if `gradient` fails or gives another number of samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// // The loss is the sum of the outputs' squares.
    /// let mut line = Line::new();
    /// let (outputs, gradients) = line.backpropagate(&Tensor::from([[1.0], [3.0]]), |outputs| {
    ///     let mut gradient = outputs.clone();
    ///     gradient.values_mut().iter_mut().for_each(|value| *value *= 2.0);
    ///     Ok(gradient)
    /// })?;
    /// assert_eq!(outputs.values(), [1.0, 3.0]);
    /// assert_eq!(gradients.values(), [2.0 * 1.0 + 6.0 * 3.0, 2.0 + 6.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn backpropagate<X, F>(&mut self, x: X, gradient: F) -> Result<(Predictions<Self>, Gradients)>
    where
        X: Inputs<Self::Inputs>,
        Self::Outputs: Shapes,
        F: FnOnce(&Predictions<Self>) -> Result<Predictions<Self>> + Send,
    {
        let mut inputs = Vec::new();
        x.sources(&mut inputs)?;
        let rows: Vec<usize> = (0..count(Self::DESCRIPTION, &inputs, &[])?).collect();
        let mut stepper = Stepper::new(Self::DESCRIPTION);
        let batch = Rows { inputs: &inputs, targets: &[], rows: &rows, sample_weight: &SampleWeight::default() };
        let after = After::<Self::Outputs, F>::new(gradient);
        parallel::enter(Self::DESCRIPTION.training_macs(rows.len()), || {
            stepper.train(self, &after, &batch, By::Weights, |_| Ok(()))
        })?;
        Ok((after.outputs()?, Gradients::new(stepper.gradients().to_vec(), Self::DESCRIPTION)))
    }

    /// Predicts samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let sums = Sum::new().predict(&Tensor::from([[1.0, 2.0], [3.0, 4.0]]))?;
    /// assert_eq!(sums.values(), [3.0, 7.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn predict<X>(&self, x: X) -> Result<Predictions<Self>>
    where
        X: Inputs<Self::Inputs>,
        Self::Outputs: Shapes,
    {
        Predict::new(self).run(x)
    }

    /// Predicts samples as one batch: [`predict`](Self::predict), without splitting them up. As
    /// [Keras' `predict_on_batch`](https://keras.io/api/models/model_training_apis/#predict_on_batch-method).
    ///
    /// # Errors
    /// If the data do not fit together.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let sums = Sum::new().predict_on_batch(&Tensor::from([[1.0, 2.0], [3.0, 4.0]]))?;
    /// assert_eq!(sums.values(), [3.0, 7.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn predict_on_batch<X>(&self, x: X) -> Result<Predictions<Self>>
    where
        X: Inputs<Self::Inputs>,
        Self::Outputs: Shapes,
    {
        Predict::new(self).batch_size(usize::MAX).run(x)
    }

    /// Saves the weights as safetensors: beside the file, flushed, then renamed over it.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let path = std::env::temp_dir().join(format!("save-{}.safetensors", std::process::id()));
    /// Net::with_seed(1).save(&path)?;
    /// assert!(std::fs::metadata(&path).unwrap().len() > 4 * Net::PARAMETERS as u64);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        crate::saving::save(Self::DESCRIPTION, self.storage().weights(), path.as_ref()).map_err(Into::into)
    }

    /// Loads weights that `save` wrote. All mismatches are listed, and nothing is changed if there is one.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    /// sequential! { struct Wider { Input(4), Dense(5) } }
    ///
    /// let path = std::env::temp_dir().join(format!("load-{}.safetensors", std::process::id()));
    /// let net = Net::with_seed(1);
    /// net.save(&path)?;
    /// let mut again = Net::new();
    /// again.load(&path)?;
    /// assert_eq!(again.weights(), net.weights());
    /// let error = Wider::new().load(&path).unwrap_err();
    /// assert!(error.to_string().contains("`dense/kernel` is (4, 3) in the file, but the model's is (4, 5)"));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        crate::saving::load(Self::DESCRIPTION, self.storage_mut().weights_mut(), path.as_ref()).map_err(Into::into)
    }

    /// Leaves a layer's weights as they are in training, from the next step on: `freeze("conv2d")`.
    ///
    /// A layer of an inner model has a path, `freeze("encoder/conv2d")`; an inner model is frozen with all that is in it. As in
    /// Keras, a frozen BatchNormalization normalizes in training as it does at inference.
    ///
    /// # Errors
    /// If there is no such layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, name = "first"), Dense(1, name = "second") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[5.0]]));
    /// let mut net = Net::with_seed(1);
    /// net.freeze("first")?;
    /// let (first, second) = (net.first().trainable().to_vec(), net.second().trainable().to_vec());
    /// net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert_eq!(net.first().trainable(), first);
    /// assert_ne!(net.second().trainable(), second);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn freeze(&mut self, layer: &str) -> Result<()> {
        set_frozen(self, layer, true)
    }

    /// Lets training change a layer's weights, from the next step on; of an inner model, those of all its layers.
    ///
    /// # Errors
    /// If there is no such layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, name = "first", trainable = false), Dense(1) } }
    ///
    /// let mut net = Net::with_seed(1);
    /// assert!(net.first().is_frozen());
    /// net.unfreeze("first")?;
    /// assert!(!net.first().is_frozen());
    /// assert!(net.unfreeze("frist").unwrap_err().to_string().contains("first"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn unfreeze(&mut self, layer: &str) -> Result<()> {
        set_frozen(self, layer, false)
    }

    /// Measures the mean and the variance that a [`Normalization`](crate::layers::Normalization) normalizes by, of data as they
    /// come to the layer; one of an inner model has a path, `adapt("encoder/normalization", &x)`. As
    /// [Keras' `adapt`](https://keras.io/api/layers/preprocessing_layers/numerical/normalization/).
    ///
    /// # Errors
    /// If there is no such layer, it is no Normalization, or the data's samples have another shape than its input.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Scaled { Input(2), Normalization() } }
    /// sequential! { struct Net { Input(2), Scaled(name = "scaled"), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let x = Tensor::from([[1.0, -10.0], [3.0, -50.0]]);
    /// let mut net = Net::new();
    /// net.adapt("scaled/normalization", &x)?;
    /// assert_eq!(net.predict(&x)?.values(), [-1.0 + 1.0, 1.0 - 1.0]);
    /// assert!(net.adapt("dense", &x).unwrap_err().to_string().contains("a Normalization"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn adapt<S: Shape>(&mut self, layer: &str, data: &Tensor<S>) -> Result<()> {
        let unknown = || Error::UnknownLayer { name: layer.to_owned(), known: Self::DESCRIPTION.layer_paths() };
        let found = Self::DESCRIPTION.get_layer(layer).ok_or_else(unknown)?;
        if found.kind != "Normalization" {
            let kind = format!("`{layer}` of kind {}", found.kind);
            return Err(Error::argument("layer", kind, "a Normalization"));
        }
        for (name, measured) in measure(found.built, data)? {
            let path = format!("{layer}/{name}");
            let mut weights = Self::DESCRIPTION.named_weights();
            if let Some(weight) = weights.find(|weight| weight.name.equals(path.as_bytes())) {
                self.weights_mut()[weight.offset..][..measured.len()].copy_from_slice(&measured);
            }
        }
        Ok(())
    }

    /// The table of layers as the model is now: what is frozen is counted as not trainable. (Without a model at hand,
    /// `Digits::summary()` is the table as declared.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let mut net = Net::new();
    /// net.freeze("dense")?;
    /// assert!(net.summary().to_string().contains("Non-trainable params: 15"));
    /// assert!(Net::summary().to_string().contains("Non-trainable params: 0"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn summary(&self) -> Summary {
        Summary::new(Self::DESCRIPTION).frozen(self.storage().frozen())
    }

    /// All weights, flat: trainable first.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1, bias_initializer = "ones"), BatchNormalization() } }
    ///
    /// let net = Net::with_seed(1);
    /// assert_eq!(net.weights().len(), Net::PARAMETERS);
    /// assert_eq!(net.weights()[2], 1.0); // the bias, after the kernel's two
    /// ```
    fn weights(&self) -> &[f32] {
        self.storage().weights()
    }

    /// All weights, flat, to change.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1) } }
    ///
    /// let mut net = Net::new();
    /// net.weights_mut().copy_from_slice(&[2.0, 3.0, 0.5]);
    /// assert_eq!(net.predict_one(&[1.0, 1.0]), [5.5]);
    /// ```
    fn weights_mut(&mut self) -> &mut [f32] {
        self.storage_mut().weights_mut()
    }
}

impl<M: Model<Storage = Owned>> Train for M {}

fn set_frozen<M: Model<Storage = Owned>>(model: &mut M, name: &str, frozen: bool) -> Result<()> {
    let flags = M::DESCRIPTION
        .flags_of(name)
        .ok_or_else(|| Error::UnknownLayer { name: name.to_owned(), known: M::DESCRIPTION.layer_paths() })?;
    model.storage_mut().frozen_mut()[flags].fill(frozen);
    Ok(())
}

/// The number of samples, the same in all data; ids are checked too.
pub(crate) fn count(model: &Description, inputs: &[Source<'_>], targets: &[Target<'_>]) -> Result<usize> {
    let samples = inputs.first().map_or(0, |input| input.count);
    let counts = inputs.iter().map(|input| ("inputs", input.count));
    for (what, found) in counts.chain(targets.iter().map(|target| ("targets", target.count()))) {
        if found != samples {
            return Err(Error::SampleCounts { what, expected: samples, found });
        }
    }
    if samples == 0 {
        return Err(Error::NoSamples);
    }
    ids::check(model, inputs)?;
    Ok(samples)
}

/// A model with an optimizer, losses and metrics: what `compile` gives.
///
/// The optimizer's state lives here: it goes on over several calls of `fit`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Line { Input(1), Dense(1) } }
///
/// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(Adam::new(0.1), MeanSquaredError::default(), ());
/// compiled.fit(&x, &y).epochs(2).verbose(0).run()?;
/// compiled.fit(&x, &y).epochs(3).verbose(0).run()?;
/// assert_eq!(compiled.optimizer().iterations(), 5); // of one step each
/// # Ok::<(), keras::Error>(())
/// ```
pub struct Compiled<'m, M: Model, O, L> {
    pub(crate) model: &'m mut M,
    pub(crate) optimizer: O,
    pub(crate) losses: L,
    pub(super) metrics: CompiledMetrics,
    pub(crate) stepper: Stepper,
    pub(crate) variables: Vec<Variable<'static>>,
    frozen: Vec<bool>,
}

impl<'m, M, O, L> Compiled<'m, M, O, L>
where
    M: Model<Storage = Owned>,
    O: Optimizer,
    L: LossList<M::Outputs>,
{
    fn new(model: &'m mut M, optimizer: O, losses: L, plain: Vec<Vec<Box<dyn Metric>>>) -> Self {
        let frozen = model.storage().frozen().to_vec();
        Self {
            stepper: Stepper::new(M::DESCRIPTION),
            variables: variables(M::DESCRIPTION, &frozen),
            model,
            optimizer,
            losses,
            metrics: CompiledMetrics::new(plain),
            frozen,
        }
    }

    /// A weight for each output's loss in the total (1 each).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Two(x: Input(1)) { (Dense(1, name = "a")(x), Dense(1, name = "b")(x)) } }
    ///
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[2.0]]));
    /// let mut two = Two::with_seed(1);
    /// let losses = (MeanSquaredError::default(), MeanSquaredError::default());
    /// let result = two.compile(SGD::default(), losses, ()).loss_weights(&[1.0, 0.25]).train_on_batch(&x, (&y, &y))?;
    /// assert_eq!(result.loss, result.losses()[0] + 0.25 * result.losses()[1]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn loss_weights(mut self, weights: &[f32]) -> Self {
        self.stepper.set_loss_weights(weights.to_vec());
        self
    }

    /// More metrics (a tuple, or one for each output), which see the sample weights; those of `compile` do not.
    ///
    /// ```
    /// use keras::{metrics, prelude::*};
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[1.0], [6.0]])); // one right, one off by 4
    /// let mut same = Same::new();
    /// let error = (metrics::MeanAbsoluteError::default(),);
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), error.clone()).weighted_metrics(error);
    /// let evaluation = Evaluate::new(&mut compiled).sample_weight(&[3.0, 1.0]).run(&x, &y)?;
    /// assert_eq!(evaluation["mean_absolute_error"], 2.0);
    /// assert_eq!(evaluation.iter().last().map(|(_, value)| value), Some(1.0)); // 4 with a weight of 1 in 4
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn weighted_metrics<X: MetricList<M::Outputs>>(mut self, metrics: X) -> Self {
        self.metrics.weighted = metrics.boxed_each();
        self
    }

    /// The model.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    /// compiled.model().freeze("dense")?; // between two calls of `fit`, say
    /// assert!(line.dense().is_frozen());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn model(&mut self) -> &mut M {
        self.model
    }

    /// The optimizer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.optimizer().set_learning_rate(0.01);
    /// assert_eq!(compiled.optimizer().current_learning_rate(), 0.01);
    /// ```
    pub fn optimizer(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// Prepares a training run: set its options, then `run()` it.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(5).batch_size(1).verbose(0).run()?;
    /// assert_eq!(history["loss"].len(), 5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn fit<'a, X, Y>(&'a mut self, x: X, y: Y) -> Fit<'a, 'm, M, O, L>
    where
        X: Inputs<M::Inputs> + 'a,
        Y: Targets<L::Targets, M::Outputs> + 'a,
    {
        Fit::new(self, x, y)
    }

    /// One optimizer step on one batch: its loss.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let before = compiled.train_on_batch(&x, &y)?.loss;
    /// for _ in 0..20 {
    ///     compiled.train_on_batch(&x, &y)?;
    /// }
    /// assert!(compiled.train_on_batch(&x, &y)?.loss < before);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn train_on_batch<X, Y>(&mut self, x: X, y: Y) -> Result<StepResult>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        x.sources(&mut inputs)?;
        y.targets(&mut targets)?;
        let rows: Vec<usize> = (0..count(M::DESCRIPTION, &inputs, &targets)?).collect();
        let sample_weight = &SampleWeight::default();
        self.train_rows(&Rows { inputs: &inputs, targets: &targets, rows: &rows, sample_weight })
    }

    /// Puts the averages of the weights in their place, if the optimizer [keeps](Optimizer::use_ema) them: `fit` ends so, and
    /// steps by [`train_on_batch`](Self::train_on_batch) may.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1).use_ema(true), MeanSquaredError::default(), ());
    /// for _ in 0..20 {
    ///     compiled.train_on_batch(&x, &y)?;
    /// }
    /// compiled.finalize()?;
    /// let average = compiled.optimizer().average().unwrap().to_vec();
    /// assert_eq!(line.weights(), average);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn finalize(&mut self) -> Result<()> {
        Ok(self.optimizer.finalize(self.model)?)
    }

    /// Losses and metrics of samples, in batches of 32; [`Evaluate`] has options.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// assert_eq!(compiled.evaluate(&Tensor::from([[1.0], [2.0]]), &Tensor::from([[2.0], [4.0]]))?.loss, 2.5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn evaluate<X, Y>(&mut self, x: X, y: Y) -> Result<Evaluation>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        Evaluate::new(self).run(x, y)
    }

    /// Losses and metrics of these samples as one batch: [`evaluate`](Self::evaluate), without splitting them up. As
    /// [Keras' `test_on_batch`](https://keras.io/api/models/model_training_apis/#test_on_batch-method).
    ///
    /// # Errors
    /// If the data do not fit together, or a label is not a class of the model.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// assert_eq!(compiled.test_on_batch(&Tensor::from([[1.0], [2.0]]), &Tensor::from([[2.0], [4.0]]))?.loss, 2.5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn test_on_batch<X, Y>(&mut self, x: X, y: Y) -> Result<Evaluation>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        Evaluate::new(self).batch_size(usize::MAX).run(x, y)
    }

    /// One optimizer step; the metrics are updated.
    pub(crate) fn train_rows(&mut self, data: &Rows<'_>) -> Result<StepResult> {
        self.follow_freezing();
        parallel::enter(M::DESCRIPTION.training_macs(data.rows.len()), || {
            let metrics = &mut self.metrics;
            let result =
                self.stepper.train(self.model, &self.losses, data, By::Weights, |observed| metrics.update(observed))?;
            let gradients = self.stepper.gradients();
            variables::step(&mut self.optimizer, self.model, gradients, &self.variables, &self.frozen)?;
            Ok(result)
        })
    }

    /// Notes which layers are frozen, if that has changed.
    fn follow_freezing(&mut self) {
        if self.model.storage().frozen() != self.frozen {
            self.frozen = self.model.storage().frozen().to_vec();
            self.variables = variables(M::DESCRIPTION, &self.frozen);
        }
    }

    /// Losses and metrics of these rows, and what callbacks add to them.
    pub(super) fn evaluate_rows(
        &mut self,
        data: &Rows<'_>,
        batch_size: usize,
        own: Option<&mut OwnStep<'_, 'm, M, O, L>>,
        run: &mut Run<'_>,
    ) -> Result<Evaluation> {
        run.each(self, |callback, context| callback.on_test_begin(context))?;
        self.reset_metrics();
        let (mut means, mut own) = (Means::default(), own);
        for (batch, rows) in data.rows.chunks(batch_size).enumerate() {
            run.each(self, |callback, context| callback.on_test_batch_begin(batch, context))?;
            let data = Rows { rows, ..*data };
            match &mut own {
                Some(own) => means.add_own(&own(self, &data)?, rows.len()),
                None => {
                    let metrics = &mut self.metrics;
                    let (stepper, model, losses) = (&mut self.stepper, &*self.model, &self.losses);
                    let result = parallel::enter(M::DESCRIPTION.macs() * rows.len() as u64, || {
                        stepper.test(model, losses, &data, |observed| metrics.update(observed))
                    })?;
                    means.add(&result, rows.len());
                }
            }
            if run.is_watched() {
                let mut logs = self.logs(&means);
                run.each(self, |callback, context| callback.on_test_batch_end(batch, &mut logs, context))?;
            }
        }
        let figures = self.figures(&means);
        let loss = figures.iter().find(|(name, _)| name == "loss").map_or(f64::NAN, |(_, loss)| *loss);
        let mut evaluation = Evaluation { loss, figures };
        if run.is_watched() {
            let mut logs = self.logs(&means);
            run.each(self, |callback, context| callback.on_test_end(&mut logs, context))?;
            evaluation.take(&logs);
        }
        Ok(evaluation)
    }

    /// Lets the metrics forget the batches so far.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, activation = "sigmoid", kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::new();
    /// let mut compiled = net.compile(SGD::new(0.0), BinaryCrossentropy::default(), (TruePositives::default(),));
    /// compiled.train_on_batch(&Tensor::from([[1.0]]), &Tensor::from([[1.0]]))?;
    /// compiled.reset_metrics();
    /// assert_eq!(compiled.metrics().get("true_positives"), Some(0.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn reset_metrics(&mut self) {
        self.metrics.reset();
    }

    /// The loss, each output's loss if there are several, and the metrics.
    pub(crate) fn figures(&self, means: &Means) -> Vec<(String, f64)> {
        let outputs = M::DESCRIPTION.outputs;
        if let Some(own) = means.own() {
            let mut figures: Vec<(String, f64)> = own.map(|(name, value)| (name.to_owned(), value)).collect();
            // A step of one's own need not update the metrics.
            if self.metrics.is_updated() {
                let metrics = self.metrics.names(outputs).into_iter().zip(self.metrics.results());
                let more: Vec<_> = metrics.filter(|(name, _)| figures.iter().all(|(own, _)| own != name)).collect();
                figures.extend(more);
            }
            return figures;
        }
        let mut figures = vec![("loss".to_owned(), means.loss())];
        if outputs.len() > 1 {
            for (at, output) in outputs.iter().enumerate() {
                figures.push((format!("{}_loss", output.name), means.output(at)));
            }
        }
        figures.extend(self.metrics.names(outputs).into_iter().zip(self.metrics.results()));
        figures
    }

    /// Whether each metric is better small or large.
    pub(crate) fn directions(&self) -> Vec<(String, Direction)> {
        self.metrics.names(M::DESCRIPTION.outputs).into_iter().zip(self.metrics.directions()).collect()
    }

    pub(crate) fn logs(&self, means: &Means) -> Logs {
        let mut logs = Logs::default();
        for (name, value) in self.figures(means) {
            logs.set(&name, value);
        }
        logs
    }
}
