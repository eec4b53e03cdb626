//! Compiled models.

use super::{
    Evaluate, Evaluation, Fit, FitInputs, LossList, LossWeights, MetricList, StepResult, TestOnBatch, TrainOnBatch,
    compiled_metrics::CompiledMetrics, erased::AnyCompiled, loss_list::TypedLosses, step::Stepper, variables::Trained,
};
use crate::{
    Result,
    data::{InputShapes, Inputs, IntoBatch, Targets},
    metrics::Metric,
    model::{Given, Model, Owned, TrainingProgram},
    optimizers::{AnyOptimizer, Optimizer, OptimizerError},
};

/// A model with an optimizer, losses and metrics, returned by `compile`.
///
/// It owns the state of the optimizer, which is kept between calls of `fit`.
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
/// assert_eq!(compiled.optimizer().iterations(), 5); // one step per epoch
/// # Ok::<(), keras::Error>(())
/// ```
pub struct Compiled<'m, M: Model, O, L> {
    pub(crate) model: &'m mut M,
    pub(crate) optimizer: O,
    /// The optimizer without its type. What is compiled has one: methods need no bound, whose error would be a second one.
    erased: fn(&mut O) -> &mut dyn AnyOptimizer,
    finalize: fn(&O, &mut M) -> Result<(), OptimizerError>,
    losses: TypedLosses<L, L, M::Outputs>,
    pub(super) metrics: CompiledMetrics,
    pub(crate) stepper: Stepper,
    trained: Trained,
}

impl<'m, M, O, L> Compiled<'m, M, O, L>
where
    M: Model<Storage = Owned>,
    O: Optimizer,
    L: LossList<M::Outputs>,
{
    pub(super) fn new(model: &'m mut M, optimizer: O, losses: L, plain: Vec<Vec<Box<dyn Metric>>>) -> Self {
        Self {
            stepper: Stepper::new(M::DESCRIPTION),
            trained: Trained::new(M::DESCRIPTION, model.storage().frozen().to_vec()),
            model,
            optimizer,
            erased: |optimizer| optimizer,
            finalize: O::finalize,
            losses: TypedLosses::new(losses),
            metrics: CompiledMetrics::new(plain),
        }
    }
}

impl<'m, M, O, L> Compiled<'m, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    /// Weights of the losses of the outputs in the total loss (default: 1 each): a slice, or a struct of named outputs.
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
    pub fn loss_weights(mut self, weights: impl LossWeights<M::Outputs>) -> Self {
        self.stepper.set_loss_weights(weights.loss_weights());
        self
    }

    /// Metrics that are weighted by the sample weights (a tuple, or one per output); those of `compile` are unweighted.
    ///
    /// ```
    /// use keras::{metrics, prelude::*};
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[1.0], [6.0]])); // errors of 0 and 4
    /// let mut same = Same::new();
    /// let error = (metrics::MeanAbsoluteError::default(),);
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), error.clone()).weighted_metrics(error);
    /// let evaluation = Evaluate::new(&mut compiled).sample_weight(&[3.0, 1.0]).run(&x, &y)?;
    /// assert_eq!(evaluation["mean_absolute_error"], 2.0);
    /// assert_eq!(evaluation.iter().last().map(|(_, value)| value), Some(1.0)); // 4 with a weight of 1/4
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
    /// compiled.model().freeze("dense")?; // for instance between two calls of `fit`
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

    /// Configures a training run: set options, then call `run()`.
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
    pub fn fit<'a, X, Y, T>(&'a mut self, x: X, y: Y) -> Given<T, Fit<'a, 'm, M, O, L>>
    where
        X: Inputs<M::Inputs> + 'a,
        Y: Targets<L::Targets, M::Outputs, Known = T> + 'a,
    {
        Fit::new(self, x, y)
    }

    /// Configures a training run on batches of an iterator or of a generator: `(x, y)`, `(x, y, &sample_weight)`, a
    /// [`Batch`](crate::data::Batch), or a `Result` of one of these. An error ends the run.
    ///
    /// An epoch takes [`steps_per_epoch`](Fit::steps_per_epoch) batches, and the next one goes on where it stopped; without this
    /// option an epoch takes all. An iterator that ends before the last epoch is an error: let it go on, by `cycle` or by a
    /// generator such as [`std::iter::from_fn`]. The options [`batch_size`](Fit::batch_size) and [`shuffle`](Fit::shuffle) have no effect.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// // Batches of four random samples, made when they are needed.
    /// let mut seed = 0.0f32;
    /// let mut number = || {
    ///     seed = (seed + 0.618_034).fract();
    ///     seed
    /// };
    /// let batches = std::iter::repeat_with(|| {
    ///     let x: Vec<f32> = (0..4).map(|_| number()).collect();
    ///     let y = x.iter().map(|x| 2.0 * x + 1.0).collect();
    ///     Ok((Tensor::<Shape1<1>>::from_vec(x)?, Tensor::<Shape1<1>>::from_vec(y)?))
    /// });
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.3), MeanSquaredError::default(), ());
    /// let history = compiled.fit_batches(batches).steps_per_epoch(50).epochs(4).verbose(0).run()?;
    /// assert!(history["loss"][3] < 1e-3);
    /// assert!((line.predict_one(&[1.0])[0] - 3.0).abs() < 0.05);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn fit_batches<'a, I>(&'a mut self, batches: I) -> Fit<'a, 'm, M, O, L>
    where
        I: IntoIterator<Item: IntoBatch<'a, X: Inputs<M::Inputs>, Y: Targets<L::Targets, M::Outputs>>, IntoIter: 'a>,
        M::Inputs: 'a,
        M::Outputs: 'a,
        L::Targets: 'a,
    {
        Fit::of_batches(self, batches.into_iter())
    }

    /// Configures a training run without targets, whose [`train_step`](FitInputs::train_step) computes the losses: of autoencoders,
    /// of generative models. Such a model may be compiled without losses, `compile(optimizer, (), ())`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Autoencoder { Input(2), Dense(1, name = "code"), Dense(2) } }
    ///
    /// let x = Tensor::from([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [0.5, 1.0]]);
    /// let mut autoencoder = Autoencoder::with_seed(1);
    /// let mut compiled = autoencoder.compile(Adam::new(0.05), MeanSquaredError::default(), ());
    /// let fit = compiled.fit_inputs(&x).train_step(|compiled, batch| {
    ///     let (outcome, gradients) = compiled.loss_and_gradients(&Batch::new(&batch.x, &batch.x))?;
    ///     compiled.apply(&gradients)?;
    ///     Ok(outcome.logs())
    /// });
    /// assert!(fit.epochs(200).verbose(0).run()?["loss"][199] < 0.01);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn fit_inputs<'a, X>(&'a mut self, x: X) -> FitInputs<'a, 'm, M, O, L>
    where
        X: Inputs<M::Inputs> + 'a,
        M::Inputs: InputShapes + 'a,
    {
        FitInputs::new(Fit::of_inputs(self, x))
    }

    /// The same on batches of an iterator, each of which is samples; see [`fit_batches`](Self::fit_batches).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Autoencoder { Input(2), Dense(1, name = "code"), Dense(2) } }
    ///
    /// let x = Tensor::from([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [0.5, 1.0]]);
    /// let batches = [x.slice(..2)?, x.slice(2..)?];
    /// let mut autoencoder = Autoencoder::with_seed(1);
    /// let mut compiled = autoencoder.compile(Adam::new(0.05), MeanSquaredError::default(), ());
    /// let fit = compiled.fit_input_batches(batches.iter().cycle()).train_step(|compiled, batch| {
    ///     let (outcome, gradients) = compiled.loss_and_gradients(&Batch::new(&batch.x, &batch.x))?;
    ///     compiled.apply(&gradients)?;
    ///     Ok(outcome.logs())
    /// });
    /// assert!(fit.steps_per_epoch(20).epochs(20).verbose(0).run()?["loss"][19] < 0.01);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn fit_input_batches<'a, I>(&'a mut self, batches: I) -> FitInputs<'a, 'm, M, O, L>
    where
        I: IntoIterator<Item: Inputs<M::Inputs>, IntoIter: 'a>,
        M::Inputs: InputShapes + 'a,
    {
        FitInputs::new(Fit::of_input_batches(self, batches.into_iter()))
    }

    /// Performs one training step on one batch and returns its loss; [`TrainOnBatch`] has options. See [Keras'
    /// `train_on_batch`](https://keras.io/api/models/model_training_apis/#train_on_batch-method).
    ///
    /// The loss is that of this batch only. (Keras returns the mean since the last `reset_metrics`.) The
    /// [`metrics`](Self::metrics) accumulate over batches until they are [reset](Self::reset_metrics).
    ///
    /// # Errors
    /// If the data are inconsistent, or a label is out of range.
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
        TrainOnBatch::new(self).run(x, y)
    }

    /// Replaces the weights by their moving averages, if the optimizer [keeps](Optimizer::use_ema) them: `fit` does so
    /// at its end; call it after steps of [`train_on_batch`](Self::train_on_batch).
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
        Ok((self.finalize)(&self.optimizer, self.model)?)
    }

    /// Loss and metrics on these samples, in batches of 32; [`Evaluate`] has options.
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

    /// Loss and metrics on these samples as a single batch; [`TestOnBatch`] has options. See [Keras'
    /// `test_on_batch`](https://keras.io/api/models/model_training_apis/#test_on_batch-method).
    ///
    /// # Errors
    /// If the data are inconsistent, or a label is out of range.
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
        TestOnBatch::new(self).run(x, y)
    }

    /// Resets the metrics.
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

    /// This compiled model, without its types.
    pub(super) fn any(&mut self) -> AnyCompiled<'_> {
        AnyCompiled {
            program: TrainingProgram::of::<M>(),
            model: self.model,
            optimizer: (self.erased)(&mut self.optimizer),
            losses: &self.losses,
            metrics: &mut self.metrics,
            stepper: &mut self.stepper,
            trained: &mut self.trained,
        }
    }
}
