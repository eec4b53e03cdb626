//! The training run.

use super::{
    Compiled, History, LossList, OwnedBatch, class_weight,
    means::Means,
    own_steps::{OwnStep, own_step},
    pair::{Data, boxed},
    progress::{Progress, Verbosity},
    rows::{Rows, count},
    run::Run,
};
use crate::{
    Error, Result,
    callbacks::{Callback, Callbacks, Logs},
    data::{Inputs, IntoSampleWeight, Kinds, SampleWeight, Shapes, Targets},
    kernels::random::Random,
    model::{Model, Owned},
    optimizers::Optimizer,
};

/// A training run to be: the arguments of [Keras' `fit`](https://keras.io/api/models/model_training_apis/#fit-method), then
/// [`run`](Fit::run).
///
/// | argument | default |
/// |---|---|
/// | [`epochs`](Self::epochs) | 1 |
/// | [`batch_size`](Self::batch_size) | 32 |
/// | [`initial_epoch`](Self::initial_epoch) | 0 |
/// | [`steps_per_epoch`](Self::steps_per_epoch) | all batches |
/// | [`shuffle`](Self::shuffle) | `true` |
/// | [`validation_split`](Self::validation_split) | 0 |
/// | [`validation_data`](Self::validation_data) | none |
/// | [`validation_sample_weight`](Self::validation_sample_weight) | none |
/// | [`validation_freq`](Self::validation_freq) | 1 |
/// | [`validation_batch_size`](Self::validation_batch_size) | that of training |
/// | [`validation_steps`](Self::validation_steps) | all batches |
/// | [`sample_weight`](Self::sample_weight) | none |
/// | [`class_weight`](Self::class_weight) | none |
/// | [`train_step`](Self::train_step), [`test_step`](Self::test_step) | those of the compiled losses |
/// | [`callbacks`](Self::callbacks) | none |
/// | [`verbose`](Self::verbose) | 1 |
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Digits { Input(8, 8, 1), Flatten(), Dense(10, activation = "softmax") } }
///
/// let (train, test) = keras::datasets::digits()?;
/// let mut digits = Digits::with_seed(1);
/// let history = digits
///     .compile(Adam::new(0.01), SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
///     .fit(&train.x, &train.y)
///     .epochs(2)
///     .batch_size(64)
///     .validation_data(&test.x, &test.y)
///     .verbose(0)
///     .run()?;
/// assert!(history["val_accuracy"][1] > 0.7);
/// # Ok::<(), keras::Error>(())
/// ```
#[must_use = "call `.run()` to train"]
pub struct Fit<'a, 'm, M: Model, O, L> {
    compiled: &'a mut Compiled<'m, M, O, L>,
    data: Box<dyn Data + 'a>,
    validation: Option<Box<dyn Data + 'a>>,
    validation_split: f64,
    validation_freq: usize,
    validation_sample_weight: SampleWeight<'a>,
    validation_batch_size: Option<usize>,
    validation_steps: Option<usize>,
    epochs: usize,
    initial_epoch: usize,
    batch_size: usize,
    steps_per_epoch: Option<usize>,
    shuffle: bool,
    sample_weight: SampleWeight<'a>,
    class_weight: Option<&'a [(u32, f32)]>,
    train_step: Option<OwnStep<'a, 'm, M, O, L>>,
    test_step: Option<OwnStep<'a, 'm, M, O, L>>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
    verbosity: Verbosity,
}

impl<'a, 'm, M, O, L> Fit<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned>,
    O: Optimizer,
    L: LossList<M::Outputs>,
{
    pub(super) fn new<X, Y>(compiled: &'a mut Compiled<'m, M, O, L>, x: X, y: Y) -> Self
    where
        X: Inputs<M::Inputs> + 'a,
        Y: Targets<L::Targets, M::Outputs> + 'a,
    {
        Self {
            compiled,
            data: boxed::<M::Inputs, L::Targets, M::Outputs, X, Y>(x, y),
            validation: None,
            validation_split: 0.0,
            validation_freq: 1,
            validation_sample_weight: SampleWeight::default(),
            validation_batch_size: None,
            validation_steps: None,
            epochs: 1,
            initial_epoch: 0,
            batch_size: 32,
            steps_per_epoch: None,
            shuffle: true,
            sample_weight: SampleWeight::default(),
            class_weight: None,
            train_step: None,
            test_step: None,
            callbacks: Vec::new(),
            verbosity: Verbosity::Bar,
        }
    }

    /// The number of times that training goes through the samples (1).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// assert_eq!(compiled.fit(&x, &y).epochs(3).verbose(0).run()?.epochs(), 3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// The number of samples of a step (32); the last batch of an epoch may be smaller.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).batch_size(3).verbose(0).run()?;
    /// assert_eq!(compiled.optimizer().iterations(), 2); // three samples, then one
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// The epoch to start at (0): to go on with a run that was interrupted. [`epochs`](Self::epochs) is where it ends.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(3).verbose(0).run()?;
    /// let history = compiled.fit(&x, &y).initial_epoch(3).epochs(5).verbose(0).run()?;
    /// assert_eq!(history.epochs(), 2);
    /// assert!(history.to_csv().contains("\n4,")); // callbacks and the history count on
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn initial_epoch(mut self, epoch: usize) -> Self {
        self.initial_epoch = epoch;
        self
    }

    /// The number of batches of an epoch (all): the next epoch goes on where one ended. An epoch ends with the samples,
    /// too, and after it they are gone through, and shuffled, anew.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).batch_size(1).steps_per_epoch(2).epochs(3).verbose(0).run()?; // all samples, and two again
    /// assert_eq!(compiled.optimizer().iterations(), 6);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn steps_per_epoch(mut self, steps: usize) -> Self {
        self.steps_per_epoch = Some(steps);
        self
    }

    /// Whether the samples are put in a new order for each epoch (true).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    ///
    /// let mut trained = |shuffle| -> keras::Result<Vec<f32>> {
    ///     let mut line = Line::with_seed(1);
    ///     let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    ///     compiled.fit(&x, &y).epochs(2).batch_size(1).shuffle(shuffle).verbose(0).run()?;
    ///     Ok(line.weights().to_vec())
    /// };
    /// assert_ne!(trained(true)?, trained(false)?);
    /// assert_eq!(trained(true)?, trained(true)?); // the order follows from the model's seed
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The share of the samples, from the end and before shuffling, to validate on instead of training on (0). With
    /// [`validation_data`](Self::validation_data) it says nothing.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).validation_split(0.25).verbose(0).run()?; // trains on three, validates on the last
    /// assert_eq!(history["val_loss"][0], compiled.evaluate(&x.slice(3..4), &y.slice(3..4))?.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_split(mut self, share: f64) -> Self {
        self.validation_split = share;
        self
    }

    /// Samples to validate on after each epoch.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let (test_x, test_y) = (Tensor::from([[4.0], [5.0]]), Tensor::from([[9.0], [11.0]]));
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).validation_data(&test_x, &test_y).verbose(0).run()?;
    /// assert_eq!(history["val_loss"][0], compiled.evaluate(&test_x, &test_y)?.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_data<X, Y>(mut self, x: X, y: Y) -> Self
    where
        X: Inputs<M::Inputs> + 'a,
        Y: Targets<L::Targets, M::Outputs> + 'a,
    {
        self.validation = Some(boxed::<M::Inputs, L::Targets, M::Outputs, X, Y>(x, y));
        self
    }

    /// After how many epochs there is a validation (1): with 5, after the fifth, the tenth and so on.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(5).validation_data(&x, &y).validation_freq(2).verbose(0).run()?;
    /// assert_eq!((history["loss"].len(), history["val_loss"].len()), (5, 2));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_freq(mut self, epochs: usize) -> Self {
        self.validation_freq = epochs;
        self
    }

    /// A weight for the loss of each sample of the [`validation_data`](Self::validation_data). (Those that a
    /// [`validation_split`](Self::validation_split) sets aside keep their [`sample_weight`](Self::sample_weight).)
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let fit = compiled.fit(&x, &y).validation_data(&x, &y).validation_sample_weight(&[0.0; 4]).verbose(0);
    /// assert_eq!(fit.run()?["val_loss"], [0.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_sample_weight(mut self, weights: impl IntoSampleWeight<'a>) -> Self {
        self.validation_sample_weight = weights.into_sample_weight();
        self
    }

    /// The number of samples that are validated together (as many as are trained).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).validation_data(&x, &y).validation_batch_size(256).verbose(0).run()?;
    /// assert_eq!(history["val_loss"][0], compiled.evaluate(&x, &y)?.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_batch_size(mut self, batch_size: usize) -> Self {
        self.validation_batch_size = Some(batch_size);
        self
    }

    /// The number of batches of a validation (all): the first of them.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let fit = compiled.fit(&x, &y).validation_data(&x, &y).validation_batch_size(1).validation_steps(2).verbose(0);
    /// let history = fit.run()?;
    /// assert_eq!(history["val_loss"][0], compiled.evaluate(&x.slice(0..2), &y.slice(0..2))?.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_steps(mut self, steps: usize) -> Self {
        self.validation_steps = Some(steps);
        self
    }

    /// A weight for each sample's loss, and for [`weighted_metrics`](Compiled::weighted_metrics): a slice, or what else
    /// becomes a [`SampleWeight`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Level { Input(1), Dense(1, use_bias = false) } }
    ///
    /// // Two samples contradict each other; the second counts three times as much.
    /// let (x, y) = (Tensor::from([[1.0], [1.0]]), Tensor::from([[0.0], [4.0]]));
    /// let mut level = Level::with_seed(1);
    /// let mut compiled = level.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).sample_weight(&[1.0, 3.0]).epochs(100).verbose(0).run()?;
    /// assert!((level.predict_one(&[1.0])[0] - 3.0).abs() < 1e-3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn sample_weight(mut self, weights: impl IntoSampleWeight<'a>) -> Self {
        self.sample_weight = weights.into_sample_weight();
        self
    }

    /// A weight for the loss of each class's samples: `&[(0, 1.0), (1, 5.0)]`. A class that is not named has 1. It works as
    /// [`sample_weight`](Self::sample_weight), in whose place it stands, but not in validation.
    ///
    /// Classes are labels, or numbers of which each is rounded, or vectors of which the largest element says the class. One that the
    /// output does not have is an error. (Keras passes over it.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Level { Input(1), Dense(1, activation = "sigmoid", use_bias = false) } }
    ///
    /// // Two samples contradict each other; class 1 counts three times as much.
    /// let (x, y) = (Tensor::from([[1.0], [1.0]]), Tensor::from([[0.0], [1.0]]));
    /// let mut level = Level::with_seed(1);
    /// let mut compiled = level.compile(Adam::new(0.1), BinaryCrossentropy::default(), ());
    /// compiled.fit(&x, &y).class_weight(&[(1, 3.0)]).epochs(200).verbose(0).run()?;
    /// assert!((level.predict_one(&[1.0])[0] - 0.75).abs() < 1e-3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn class_weight(mut self, weights: &'a [(u32, f32)]) -> Self {
        self.class_weight = Some(weights);
        self
    }

    /// Takes each step as this function does, in the place of the usual one; all else is as ever: epochs, shuffling, callbacks,
    /// the progress bar, validation, the history. As
    /// [a `train_step` of one's own](https://keras.io/guides/custom_train_step_in_tensorflow/) in Keras.
    ///
    /// The function is given the compiled model and a batch that is its own to change: [`x`, `y` and
    /// `sample_weight`](crate::data::Batch). It gives figures by their names, of which `fit` reports the means over the samples
    /// of an epoch (Keras reports the last batch's), and beside them the compiled metrics, if it updates them.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled
    ///     .fit(&x, &y)
    ///     .train_step(|compiled, batch| {
    ///         let (outcome, mut gradients) = compiled.loss_and_gradients(&batch)?;
    ///         let norm = gradients.norm();
    ///         gradients *= 1.0 / norm.max(1.0); // clipped
    ///         compiled.apply(&gradients)?;
    ///         compiled.update_metrics(&batch, &outcome.predictions)?;
    ///         Ok(outcome.logs().with("gradient_norm", norm))
    ///     })
    ///     .epochs(100)
    ///     .validation_data(&x, &y)
    ///     .verbose(0)
    ///     .run()?;
    /// assert_eq!(history.names().collect::<Vec<_>>(), ["gradient_norm", "loss", "val_loss"]);
    /// assert!(history["loss"][99] < 0.1 && history["gradient_norm"][99] < history["gradient_norm"][0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn train_step(
        mut self,
        step: impl FnMut(&mut Compiled<'m, M, O, L>, OwnedBatch<M, L>) -> Result<Logs> + 'a,
    ) -> Self
    where
        M::Inputs: Shapes,
        L::Targets: Kinds<M::Outputs>,
    {
        self.train_step = Some(own_step(step));
        self
    }

    /// Measures each batch of a validation as this function does; see [`Evaluate::test_step`](super::Evaluate::test_step).
    ///
    /// ```
    /// use keras::{callbacks::Logs, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let fit = compiled.fit(&x, &y).validation_data(&x, &y).verbose(0);
    /// let history = fit
    ///     .test_step(|compiled, batch| {
    ///         let outcome = compiled.loss(&batch)?;
    ///         let largest = outcome.predictions.values().iter().copied().fold(f32::MIN, f32::max);
    ///         Ok(Logs::default().with("largest", largest))
    ///     })
    ///     .run()?;
    /// assert_eq!(history.names().collect::<Vec<_>>(), ["loss", "val_largest"]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn test_step(
        mut self,
        step: impl FnMut(&mut Compiled<'m, M, O, L>, OwnedBatch<M, L>) -> Result<Logs> + 'a,
    ) -> Self
    where
        M::Inputs: Shapes,
        L::Targets: Kinds<M::Outputs>,
    {
        self.test_step = Some(own_step(step));
        self
    }

    /// A tuple of callbacks; lend one (`&mut`) to read it after the run.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut stopping = EarlyStopping::new("loss").min_delta(0.01);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(1000).callbacks((&mut stopping, TerminateOnNaN::default())).verbose(0).run()?;
    /// assert!(stopping.stopped_epoch().is_some());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn callbacks(mut self, callbacks: impl Callbacks<'a>) -> Self {
        self.callbacks = callbacks.boxed();
        self
    }

    /// What is printed: nothing (0), a progress bar on a terminal and a line an epoch elsewhere (1, the default), a line
    /// an epoch (2).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).verbose(2).run()?; // prints "Epoch 1/1", then the time and the figures
    /// assert_eq!(history.epochs(), 1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbosity = Verbosity::from_number(verbose);
        self
    }

    /// Trains.
    ///
    /// # Errors
    /// If the data do not fit together, an option is out of range, a label is not a class of the model, or a callback
    /// fails. What was learnt until then stays in the model.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let error = compiled.fit(&x, &y).batch_size(0).run().unwrap_err();
    /// assert_eq!(error.to_string(), "`batch_size` is 0, but must be at least 1");
    /// ```
    pub fn run(self) -> Result<History> {
        let Self { compiled, data, validation, callbacks, mut train_step, mut test_step, .. } = self;
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        data.collect(&mut inputs, &mut targets)?;
        let samples = count(&inputs, &targets)?;
        for (name, number) in [
            ("batch_size", self.batch_size),
            ("steps_per_epoch", self.steps_per_epoch.unwrap_or(1)),
            ("validation_freq", self.validation_freq),
            ("validation_batch_size", self.validation_batch_size.unwrap_or(1)),
            ("validation_steps", self.validation_steps.unwrap_or(1)),
        ] {
            if number == 0 {
                return Err(Error::argument(name, "0", "at least 1"));
            }
        }
        if self.initial_epoch > self.epochs {
            let found = format!("{} of {} epochs", self.initial_epoch, self.epochs);
            return Err(Error::argument("initial_epoch", found, "at most `epochs`"));
        }
        if !(0.0..1.0).contains(&self.validation_split) {
            return Err(Error::argument("validation_split", self.validation_split, "at least 0 and less than 1"));
        }
        let known = M::OUTPUTS.first().map_or(0, |output| output.dims.last());
        let sample_weight =
            class_weight::sample_weight(self.sample_weight.clone(), self.class_weight, known, samples, &targets)?;
        let training = if validation.is_none() {
            (samples as f64 * (1.0 - self.validation_split)).floor() as usize
        } else {
            samples
        };
        if training == 0 {
            let found = format!("{} of {samples} samples", self.validation_split);
            return Err(Error::argument("validation_split", found, "small enough to leave one to train on"));
        }
        let (mut test_inputs, mut test_targets) = (Vec::new(), Vec::new());
        let mut test_weight = &self.sample_weight;
        let test_rows: Vec<usize> = match &validation {
            Some(validation) => {
                validation.collect(&mut test_inputs, &mut test_targets)?;
                let samples = count(&test_inputs, &test_targets)?;
                test_weight = &self.validation_sample_weight;
                test_weight.check(samples, targets.len())?;
                (0..samples).collect()
            }
            None if training < samples => {
                data.collect(&mut test_inputs, &mut test_targets)?;
                (training..samples).collect()
            }
            None => Vec::new(),
        };
        if validation.is_none() && !self.validation_sample_weight.is_none() {
            let expected = "given with `validation_data`";
            return Err(Error::argument("validation_sample_weight", "given alone", expected));
        }
        let test_batch_size = self.validation_batch_size.unwrap_or(self.batch_size);
        let test_samples = test_batch_size.saturating_mul(self.validation_steps.unwrap_or(usize::MAX));
        let test_rows = &test_rows[..test_samples.min(test_rows.len())];

        let mut rows: Vec<usize> = (0..training).collect();
        let batches = training.div_ceil(self.batch_size);
        let steps = self.steps_per_epoch.map_or(batches, |steps| steps.min(batches));
        // The batches of this pass through the samples that are done.
        let mut done = 0;
        let mut history = History::default();
        let mut run = Run::new(callbacks, self.epochs, steps, compiled.directions());
        let mut progress = Progress::new(self.verbosity, self.epochs, steps);
        let mut unseen = Progress::new(Verbosity::Silent, 1, 1);
        let mut logs = Logs::default();
        run.each(compiled, |callback, context| callback.on_train_begin(context))?;
        for epoch in self.initial_epoch..self.epochs {
            progress.start_epoch(epoch);
            run.each(compiled, |callback, context| callback.on_epoch_begin(epoch, context))?;
            if self.shuffle && done == 0 {
                let seed = compiled.model.storage_mut().next_step();
                shuffle(&mut rows, Random::new(compiled.model.storage().seed(), u64::MAX - seed));
            }
            compiled.reset_metrics();
            let mut means = Means::default();
            for (batch, rows) in rows.chunks(self.batch_size).skip(done).take(steps).enumerate() {
                run.each(compiled, |callback, context| callback.on_train_batch_begin(batch, context))?;
                let data = Rows { inputs: &inputs, targets: &targets, rows, sample_weight: &sample_weight };
                let batch_loss = match &mut train_step {
                    Some(step) => {
                        let told = step(compiled, &data)?;
                        means.add_own(&told, rows.len());
                        told.get("loss")
                    }
                    None => {
                        let result = compiled.train_rows(&data)?;
                        means.add(&result, rows.len());
                        Some(f64::from(result.loss))
                    }
                };
                if run.is_watched() {
                    logs = compiled.logs(&means);
                    if let Some(loss) = batch_loss {
                        logs.set("batch_loss", loss);
                    }
                    run.each(compiled, |callback, context| callback.on_train_batch_end(batch, &mut logs, context))?;
                }
                progress.step(batch, || compiled.logs(&means));
                if run.stop {
                    break;
                }
            }
            done = if done + steps < batches { done + steps } else { 0 };
            logs = compiled.logs(&means);
            run.skips_validation = !test_rows.is_empty() && !(epoch + 1).is_multiple_of(self.validation_freq);
            if !test_rows.is_empty() && !run.skips_validation {
                let data =
                    Rows { inputs: &test_inputs, targets: &test_targets, rows: test_rows, sample_weight: test_weight };
                let evaluation =
                    compiled.evaluate_rows(&data, test_batch_size, test_step.as_mut(), &mut run, &mut unseen)?;
                for (name, value) in evaluation.iter() {
                    logs.set(&format!("val_{name}"), value);
                }
            }
            run.each(compiled, |callback, context| callback.on_epoch_end(epoch, &mut logs, context))?;
            progress.end(&logs);
            for (name, value) in logs.iter().filter(|(name, _)| *name != "batch_loss") {
                history.record_at(epoch, name, value);
            }
            if run.stop {
                break;
            }
        }
        if self.epochs > self.initial_epoch {
            compiled.finalize()?;
        }
        run.each(compiled, |callback, context| callback.on_train_end(&mut logs, context))?;
        Ok(history)
    }
}

/// Fisher and Yates' shuffle of the rows in order: what came before has no say.
fn shuffle(rows: &mut [usize], random: Random) {
    rows.iter_mut().enumerate().for_each(|(at, row)| *row = at);
    for at in (1..rows.len()).rev() {
        let with = (random.number(at as u64) % (at as u64 + 1)) as usize;
        rows.swap(at, with);
    }
}
