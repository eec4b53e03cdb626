//! Evaluation with options.

use super::{
    Compiled, Evaluation, LossList, OwnedBatch,
    callback_list::CallbackList,
    erased::{Steps, TypedSteps},
    means::Means,
    own_steps::{OwnStep, own_step},
    progress::{Progress, Verbosity},
    run_data::RunData,
    step::Rows,
};
use crate::{
    Error, Result,
    callbacks::{Callback, Callbacks, Logs},
    data::{InputShapes, Inputs, IntoSampleWeight, Kinds, SampleWeight, Targets},
    model::{Model, Owned, State},
};

/// Builder of an evaluation: `Evaluate::new(&mut compiled).batch_size(256).run(&x, &y)`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
///
/// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
/// let mut same = Same::new();
/// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
/// assert_eq!(Evaluate::new(&mut compiled).batch_size(1).run(&x, &y)?.loss, 2.5);
/// # Ok::<(), keras::Error>(())
/// ```
#[must_use = "call `.run(x, y)` to evaluate"]
pub struct Evaluate<'a, 'm, M: Model, O, L> {
    compiled: &'a mut Compiled<'m, M, O, L>,
    test_step: Option<OwnStep<'a, 'm, M, O, L>>,
    options: Options<'a>,
}

struct Options<'a> {
    batch_size: usize,
    steps: Option<usize>,
    sample_weight: SampleWeight<'a>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
    verbosity: Verbosity,
}

impl<'a, 'm, M, O, L> Evaluate<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    /// Evaluates this model, in batches of 32.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let by_hand = Evaluate::new(&mut compiled).run(&x, &y)?;
    /// assert_eq!(by_hand.loss, compiled.evaluate(&x, &y)?.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(compiled: &'a mut Compiled<'m, M, O, L>) -> Self {
        let options = Options {
            batch_size: 32,
            steps: None,
            sample_weight: SampleWeight::default(),
            callbacks: Vec::new(),
            verbosity: Verbosity::Silent,
        };
        Self { compiled, test_step: None, options }
    }

    /// Number of samples per batch (default: `32`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let one_by_one = Evaluate::new(&mut compiled).batch_size(1).run(&x, &y)?.loss;
    /// assert!((one_by_one - compiled.evaluate(&x, &y)?.loss).abs() < 1e-5); // the mean over all samples
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.options.batch_size = batch_size;
        self
    }

    /// Maximum number of batches (default: all).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// assert_eq!(Evaluate::new(&mut compiled).batch_size(1).steps(1).run(&x, &y)?.loss, 1.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn steps(mut self, steps: usize) -> Self {
        self.options.steps = Some(steps);
        self
    }

    /// Sample weights of the loss and of the [`weighted_metrics`](Compiled::weighted_metrics): a slice, or another type
    /// that converts to a [`SampleWeight`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let evaluation = Evaluate::new(&mut compiled).sample_weight(&[1.0, 0.0]).run(&x, &y)?;
    /// assert_eq!(evaluation.loss, 0.5); // the mean over two samples, one of weight 0
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn sample_weight(mut self, weights: impl IntoSampleWeight<'a>) -> Self {
        self.options.sample_weight = weights.into_sample_weight();
        self
    }

    /// Evaluates each batch by a closure instead of the compiled losses; its logs are averaged over the samples. See
    /// [custom `test_step`](https://keras.io/guides/custom_train_step_in_tensorflow/) in Keras.
    ///
    /// ```
    /// use keras::{callbacks::Logs, prelude::*};
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let evaluation = Evaluate::new(&mut compiled)
    ///     .batch_size(1)
    ///     .test_step(|compiled, batch| {
    ///         let outcome = compiled.loss(&batch)?;
    ///         Ok(outcome.logs().with("root", outcome.loss.sqrt()))
    ///     })
    ///     .run(&x, &y)?;
    /// assert_eq!((evaluation.loss, evaluation["root"]), (2.5, 1.5));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn test_step(
        mut self,
        step: impl FnMut(&mut Compiled<'m, M, O, L>, OwnedBatch<M, L>) -> Result<Logs> + 'a,
    ) -> Self
    where
        M::Inputs: InputShapes,
        L::Targets: Kinds<M::Outputs>,
    {
        self.test_step = Some(own_step(step));
        self
    }

    /// A tuple of callbacks, whose evaluation hooks are called; pass one by reference (`&mut`) to inspect it after the
    /// run.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// #[derive(Default)]
    /// struct Batches(usize);
    ///
    /// impl Callback for Batches {
    ///     fn on_test_batch_end(&mut self, _: usize, _: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
    ///         self.0 += 1;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
    /// let (mut same, mut batches) = (Same::new(), Batches::default());
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// Evaluate::new(&mut compiled).batch_size(1).callbacks((&mut batches,)).run(&x, &y)?;
    /// assert_eq!(batches.0, 2);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn callbacks(mut self, callbacks: impl Callbacks<'a>) -> Self {
        self.options.callbacks = callbacks.boxed();
        self
    }

    /// Verbosity: 0 (default; Keras' is 1) is silent, 1 a progress bar on a terminal or else a single line, 2 a single
    /// line.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let evaluation = Evaluate::new(&mut compiled).verbose(2).run(&x, &y)?; // prints "1/1 - 15us - 15us/step - loss: 2.5000"
    /// assert_eq!(evaluation.loss, 2.5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.options.verbosity = Verbosity::from_number(verbose);
        self
    }

    /// Loss and metrics on these samples.
    ///
    /// # Errors
    /// If the data are inconsistent, the batch size or the number of steps is 0, a label is out of range, or a callback
    /// fails.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let error = Evaluate::new(&mut compiled).run(&Tensor::from([[1.0], [2.0]]), &Tensor::from([[2.0]])).unwrap_err();
    /// assert_eq!(error.to_string(), "there are 2 samples, but 1 targets");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn run<X, Y>(self, x: X, y: Y) -> Result<Evaluation>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        let Self { compiled, test_step, options } = self;
        options.run(&RunData::new(&x, &y)?, &mut TypedSteps { compiled, train_step: None, test_step })
    }
}

impl Options<'_> {
    fn run(self, data: &RunData<'_>, steps: &mut dyn Steps) -> Result<Evaluation> {
        for (name, number) in [("batch_size", self.batch_size), ("steps", self.steps.unwrap_or(1))] {
            if number == 0 {
                return Err(Error::argument(name, "0", "at least 1"));
            }
        }
        self.sample_weight.check(data.samples(), data.targets.len())?;
        let samples = data.samples().min(self.batch_size.saturating_mul(self.steps.unwrap_or(usize::MAX)));
        let compiled = steps.compiled();
        State::check_batches(compiled.program.description, samples, self.batch_size)?;
        let rows: Vec<usize> = (0..samples).collect();
        let data = data.rows(&rows, &self.sample_weight);
        let batches = samples.div_ceil(self.batch_size);
        let mut callbacks = CallbackList::new(self.callbacks, 1, batches, compiled.directions());
        let mut progress = Progress::new(self.verbosity, 1, batches);
        progress.start();
        let evaluation = evaluate_rows(steps, &data, self.batch_size, &mut callbacks, &mut progress)?;
        progress.end(&evaluation.logs());
        Ok(evaluation)
    }
}

/// Loss and metrics on these rows, with the logs that callbacks add.
pub(super) fn evaluate_rows(
    steps: &mut dyn Steps,
    data: &Rows<'_>,
    batch_size: usize,
    callbacks: &mut CallbackList<'_>,
    progress: &mut Progress,
) -> Result<Evaluation> {
    callbacks.each(steps.compiled(), &mut |callback, context| callback.on_test_begin(context))?;
    steps.compiled().metrics.reset();
    let mut means = Means::default();
    for (batch, rows) in data.rows.chunks(batch_size).enumerate() {
        callbacks.each(steps.compiled(), &mut |callback, context| callback.on_test_batch_begin(batch, context))?;
        let data = Rows { rows, ..*data };
        match steps.own_test_step(&data) {
            Some(logs) => means.add_own(&logs?, rows.len()),
            None => {
                data.check_targets()?;
                means.add(&steps.compiled().test(&data)?, rows.len());
            }
        }
        if callbacks.is_watched() {
            let mut logs = steps.compiled().logs(&means);
            callbacks.each(steps.compiled(), &mut |callback, context| {
                callback.on_test_batch_end(batch, &mut logs, context)
            })?;
        }
        progress.step(batch, &mut || steps.compiled().logs(&means));
    }
    let figures = steps.compiled().figures(&means);
    let loss = figures.iter().find(|(name, _)| name == "loss").map_or(f64::NAN, |(_, loss)| *loss);
    let mut evaluation = Evaluation { loss, figures };
    if callbacks.is_watched() {
        let mut logs = steps.compiled().logs(&means);
        callbacks.each(steps.compiled(), &mut |callback, context| callback.on_test_end(&mut logs, context))?;
        evaluation.take(&logs);
    }
    Ok(evaluation)
}
