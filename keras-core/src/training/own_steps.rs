//! Custom training steps.

use super::{
    Compiled, Gradients, LossList, Outcome, StepResult,
    run_data::{RunData, equal_counts},
    step::{Observed, Rows, WithRespectTo},
};
use crate::{
    Result,
    callbacks::Logs,
    data::{Batch, InputShapes, Inputs, Kinds, Shapes, Targets},
    losses::Prediction,
    model::{Model, Owned},
    optimizers::Optimizer,
};

/// The inputs of a model: a tensor of its input shape, or a tuple of them; of more than 16 inputs, the struct of named inputs.
///
/// ```
/// use keras::{prelude::*, training::Samples};
///
/// sequential! { struct Net { Input(2), Dense(1, kernel_initializer = "ones") } }
///
/// /// Random samples for a model.
/// fn two() -> Samples<Net> {
///     Tensor::from([[1.0, 2.0], [3.0, 4.0]])
/// }
///
/// assert_eq!(Net::new().predict(&two())?.values(), [3.0, 7.0]);
/// # Ok::<(), keras::Error>(())
/// ```
pub type Samples<M> = <<M as Model>::Inputs as InputShapes>::Tensors;

/// The predictions of a model: a tensor of its output shape, or a tuple of them; of a listing that ends in the struct of named outputs,
/// that struct.
///
/// ```
/// use keras::{prelude::*, training::Predictions};
///
/// model! {
///     struct Net(x: Input(1)) {
///         let x = Dense(2, kernel_initializer = "ones")(x);
///         (x, Dense(1, kernel_initializer = "ones")(x))
///     }
/// }
///
/// let (pairs, sums): Predictions<Net> = Net::new().predict(&Tensor::from([[1.5]]))?;
/// assert_eq!((pairs.values(), sums.values()), (&[1.5, 1.5][..], &[3.0][..]));
/// # Ok::<(), keras::Error>(())
/// ```
pub type Predictions<M> = <<M as Model>::Outputs as Shapes>::Tensors;

/// The gradients by the inputs of a model: a tensor of its input shape, or a tuple of them; of more than 16 inputs, the struct of named
/// inputs.
///
/// ```
/// use keras::{prelude::*, training::InputGradients};
///
/// sequential! { struct Net { Input(2), Dense(1, kernel_initializer = "ones") } }
///
/// let (x, y, loss) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[2.0]]), MeanSquaredError::default());
/// let (_, by_x): (f32, InputGradients<Net>) = Net::new().loss_and_input_gradients(&x, &y, &loss)?;
/// assert_eq!(by_x.values(), [2.0, 2.0]);
/// # Ok::<(), keras::Error>(())
/// ```
pub type InputGradients<M> = <<M as Model>::Inputs as Shapes>::Tensors;

/// The batch that a custom step receives, for a model `M` with losses `L`.
///
/// ```
/// use keras::{callbacks::Logs, prelude::*, training::{Compiled, OwnedBatch}};
///
/// sequential! { struct Line { Input(1), Dense(1) } }
///
/// /// A training step as a function.
/// fn step(
///     line: &mut Compiled<'_, Line, SGD, MeanSquaredError>,
///     batch: OwnedBatch<Line, MeanSquaredError>,
/// ) -> keras::Result<Logs> {
///     let (outcome, gradients) = line.loss_and_gradients(&batch)?;
///     line.apply(&gradients)?;
///     Ok(outcome.logs())
/// }
///
/// let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [3.0]]));
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.5), MeanSquaredError::default(), ());
/// let history = compiled.fit(&x, &y).epochs(50).train_step(step).verbose(0).run()?;
/// assert!(history["loss"][49] < 0.01);
/// # Ok::<(), keras::Error>(())
/// ```
pub type OwnedBatch<M, L> = Batch<
    'static,
    Samples<M>,
    <<L as LossList<<M as Model>::Outputs>>::Targets as Kinds<<M as Model>::Outputs>>::Targets,
>;

/// A step on some rows of the data.
pub(super) type OwnStep<'a, 'm, M, O, L> = Box<dyn FnMut(&mut Compiled<'m, M, O, L>, &Rows<'_>) -> Result<Logs> + 'a>;

/// A step that receives the rows as a batch.
pub(super) fn own_step<'a, 'm, M, O, L>(
    mut step: impl FnMut(&mut Compiled<'m, M, O, L>, OwnedBatch<M, L>) -> Result<Logs> + 'a,
) -> OwnStep<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned, Inputs: InputShapes>,
    L: LossList<M::Outputs, Targets: Kinds<M::Outputs>>,
{
    Box::new(move |compiled, data| {
        data.check_targets()?;
        let x = M::Inputs::of_rows(data.inputs, data.rows)?;
        let y = L::Targets::of_rows(data.targets, data.rows)?;
        step(compiled, Batch { x, y, sample_weight: data.sample_weight.of_rows(data.rows) })
    })
}

/// The same for data without targets.
pub(super) fn own_step_of_inputs<'a, 'm, M, O, L>(
    mut step: impl FnMut(&mut Compiled<'m, M, O, L>, Batch<'static, Samples<M>, ()>) -> Result<Logs> + 'a,
) -> OwnStep<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned, Inputs: InputShapes>,
{
    Box::new(move |compiled, data| {
        let x = M::Inputs::of_rows(data.inputs, data.rows)?;
        step(compiled, Batch { x, y: (), sample_weight: data.sample_weight.of_rows(data.rows) })
    })
}

/// Wraps a batch as all rows of its data.
fn with_rows<M, L, X, Y, R>(batch: &Batch<'_, X, Y>, work: impl FnOnce(&Rows<'_>) -> Result<R>) -> Result<R>
where
    M: Model,
    L: LossList<M::Outputs>,
    X: Inputs<M::Inputs>,
    Y: Targets<L::Targets, M::Outputs>,
{
    let data = RunData::new(&batch.x, &batch.y)?;
    batch.sample_weight.check(data.samples(), M::DESCRIPTION.outputs.len())?;
    work(&data.rows(&data.all(), &batch.sample_weight))
}

/// Building blocks of custom training steps, in [`fit`](super::Fit::train_step) or in a custom training loop.
impl<M, O, L> Compiled<'_, M, O, L>
where
    M: Model<Storage = Owned, Outputs: Shapes>,
    O: Optimizer,
    L: LossList<M::Outputs>,
{
    /// Runs the forward pass, the losses and the backward pass of a batch, in training mode; returns the losses with
    /// the predictions, and the gradients of all trainable weights. The weights are unchanged; see
    /// [`apply`](Self::apply).
    ///
    /// # Errors
    /// If the data are inconsistent, or a label is out of range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[0.0], [2.0]]));
    /// let mut line = Line::new();
    /// let mut compiled = line.compile(SGD::new(0.25), MeanSquaredError::default(), ());
    /// let (outcome, mut gradients) = compiled.loss_and_gradients(&Batch::new(&x, &y))?;
    /// assert_eq!((outcome.loss, gradients.values()), (1.0, &[4.0, 2.0][..]));
    /// gradients *= 0.5;
    /// compiled.apply(&gradients)?;
    /// assert_eq!(line.weights(), [1.0 - 0.25 * 2.0, 0.0 - 0.25 * 1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn loss_and_gradients<X, Y>(&mut self, batch: &Batch<'_, X, Y>) -> Result<(Outcome<Predictions<M>>, Gradients)>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        let outcome = self.train_batch(batch, WithRespectTo::Weights)?;
        Ok((outcome, Gradients::new(self.stepper.gradients().to_vec(), M::DESCRIPTION)))
    }

    /// The same, with the gradients of the inputs instead of the weights: for adversarial samples, or to train a model
    /// that generated the samples, with [`backpropagate`](super::Train::backpropagate).
    ///
    /// # Errors
    /// If the data are inconsistent, or a label is out of range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut line = Line::new();
    /// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let batch = Batch::new(Tensor::from([[1.0, 2.0]]), Tensor::from([[0.0]]));
    /// let (outcome, by_x) = compiled.loss_and_input_gradients(&batch)?;
    /// assert_eq!((outcome.loss, by_x.values()), (9.0, &[6.0, 6.0][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn loss_and_input_gradients<X, Y>(
        &mut self,
        batch: &Batch<'_, X, Y>,
    ) -> Result<(Outcome<Predictions<M>>, InputGradients<M>)>
    where
        M::Inputs: Shapes,
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        let outcome = self.train_batch(batch, WithRespectTo::Inputs)?;
        Ok((outcome, M::Inputs::tensors(self.stepper.input_gradients())?))
    }

    /// The same, with the gradients of the weights and of the inputs, of one backward pass.
    ///
    /// # Errors
    /// If the data are inconsistent, or a label is out of range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut line = Line::new();
    /// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let batch = Batch::new(Tensor::from([[1.0, 2.0]]), Tensor::from([[0.0]]));
    /// let (outcome, by_weights, by_x) = compiled.loss_and_all_gradients(&batch)?;
    /// assert_eq!((outcome.loss, by_weights.values(), by_x.values()), (9.0, &[6.0, 12.0, 6.0][..], &[6.0, 6.0][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn loss_and_all_gradients<X, Y>(
        &mut self,
        batch: &Batch<'_, X, Y>,
    ) -> Result<(Outcome<Predictions<M>>, Gradients, InputGradients<M>)>
    where
        M::Inputs: Shapes,
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        let outcome = self.train_batch(batch, WithRespectTo::All)?;
        let by_weights = Gradients::new(self.stepper.gradients().to_vec(), M::DESCRIPTION);
        Ok((outcome, by_weights, M::Inputs::tensors(self.stepper.input_gradients())?))
    }

    /// The losses and predictions of a batch in inference mode, for [test steps](super::Evaluate::test_step).
    ///
    /// # Errors
    /// If the data are inconsistent, or a label is out of range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Half { Input(1), Dense(1, kernel_initializer = "ones"), Dropout(0.5) } }
    ///
    /// let mut half = Half::new();
    /// let mut compiled = half.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let outcome = compiled.loss(&Batch::new(Tensor::from([[1.0]]), Tensor::from([[3.0]])))?;
    /// assert_eq!((outcome.loss, outcome.predictions.values()), (4.0, &[1.0][..])); // without dropout
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn loss<X, Y>(&mut self, batch: &Batch<'_, X, Y>) -> Result<Outcome<Predictions<M>>>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        with_rows::<M, L, _, _, _>(batch, |data| {
            let result = self.any().evaluate(data)?;
            self.outcome(result)
        })
    }

    /// One step of the compiled optimizer with these gradients.
    ///
    /// # Errors
    /// If the gradients belong to another model, or the arguments of the optimizer conflict.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut line = Line::new();
    /// let mut compiled = line.compile(SGD::new(0.5), MeanSquaredError::default(), ());
    /// let (_, mut gradients) = compiled.loss_and_gradients(&Batch::new(Tensor::from([[3.0]]), Tensor::from([[2.0]])))?;
    /// gradients.values_mut().iter_mut().for_each(|gradient| *gradient = gradient.clamp(-1.0, 1.0));
    /// compiled.apply(&gradients)?;
    /// assert_eq!(line.weights(), [0.5, -0.5]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn apply(&mut self, gradients: &Gradients) -> Result<()> {
        Ok(self.optimizer.apply(self.model, gradients)?)
    }

    /// Updates the metrics with predictions and the targets of the batch; weighted metrics also use its sample weights.
    ///
    /// Predictions carry no masks: for outputs with a mask, pass it as a sample weight for each position; `fit` without a custom
    /// step does so by itself.
    ///
    /// # Errors
    /// If the data are inconsistent, or a metric does not accept such targets.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, activation = "sigmoid", kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::new();
    /// let mut compiled = net.compile(SGD::default(), BinaryCrossentropy::default(), (Accuracy::default(),));
    /// let batch = Batch::new(Tensor::from([[1.0], [2.0]]), Tensor::from([[1.0], [0.0]]));
    /// let outcome = compiled.loss(&batch)?;
    /// compiled.update_metrics(&batch, &outcome.predictions)?;
    /// assert_eq!(compiled.metrics().get("accuracy"), Some(0.5));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn update_metrics<X, Y>(&mut self, batch: &Batch<'_, X, Y>, predictions: &Predictions<M>) -> Result<()>
    where
        Y: Targets<L::Targets, M::Outputs>,
    {
        let mut targets = Vec::new();
        batch.y.targets(&mut targets)?;
        let predictions: Vec<_> = M::Outputs::values(predictions)
            .into_iter()
            .zip(M::OUTPUTS)
            .map(|((count, values), output)| Prediction { values, dims: output.dims, count, logits: None })
            .collect();
        let samples = predictions.first().map_or(0, |prediction| prediction.count);
        let counts = targets.iter().map(|target| ("targets", target.count()));
        equal_counts(samples, counts.chain(predictions.iter().map(|it| ("predictions", it.count))))?;
        batch.sample_weight.check(samples, predictions.len())?;
        let targets: Vec<_> = targets.iter().map(|target| target.view()).collect();
        let weights: Vec<_> = (0..predictions.len()).map(|at| batch.sample_weight.of(at)).collect();
        // Predictions that are passed in have no masks.
        let (targets, predictions, sample_weights) = (&targets[..], &predictions[..], &weights[..]);
        self.metrics.update(Observed { targets, predictions, sample_weights, masks: &[] })
    }

    /// The current results of the metrics since the last reset; `fit` resets them before each epoch.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, activation = "sigmoid", kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::new();
    /// let mut compiled = net.compile(SGD::new(0.0), BinaryCrossentropy::default(), (Accuracy::default(),));
    /// compiled.train_on_batch(&Tensor::from([[1.0]]), &Tensor::from([[1.0]]))?;
    /// compiled.train_on_batch(&Tensor::from([[1.0]]), &Tensor::from([[0.0]]))?;
    /// assert_eq!(compiled.metrics().get("accuracy"), Some(0.5));
    /// compiled.reset_metrics();
    /// compiled.train_on_batch(&Tensor::from([[1.0]]), &Tensor::from([[1.0]]))?;
    /// assert_eq!(compiled.metrics().get("accuracy"), Some(1.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn metrics(&self) -> Logs {
        let mut logs = Logs::default();
        let names = self.metrics.names(M::DESCRIPTION.outputs);
        names.iter().zip(self.metrics.results()).for_each(|(name, value)| logs.set(name, value));
        logs
    }

    fn train_batch<X, Y>(
        &mut self,
        batch: &Batch<'_, X, Y>,
        with_respect_to: WithRespectTo,
    ) -> Result<Outcome<Predictions<M>>>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        with_rows::<M, L, _, _, _>(batch, |data| {
            let result = self.any().differentiate(data, with_respect_to)?;
            self.outcome(result)
        })
    }

    fn outcome(&self, result: StepResult) -> Result<Outcome<Predictions<M>>> {
        let predictions = M::Outputs::tensors(self.stepper.outputs())?;
        Ok(Outcome { loss: result.loss, predictions, result, outputs: M::DESCRIPTION.outputs })
    }
}
