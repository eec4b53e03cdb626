//! Training runs.

mod batches;
mod epochs;
mod inputs;
mod options;
mod validation;

pub use inputs::FitInputs;

use std::marker::PhantomData;

use batches::{Classes, Given, OfInputs, OfIterator, SampleBatches};
use epochs::{Course, Epochs};
use validation::Validation;

use super::{
    Compiled, History, LossList,
    callback_list::CallbackList,
    class_weight,
    erased::{Steps, TypedSteps},
    own_steps::OwnStep,
    progress::{Progress, Verbosity},
    run_data::{Pair, RunData, boxed, boxed_inputs},
};
use crate::{
    Error, Result,
    callbacks::Callback,
    data::{Inputs, IntoBatch, SampleWeight, Targets},
    model::{Model, Owned, State},
};

/// Builder of a training run: the arguments of [Keras'
/// `fit`](https://keras.io/api/models/model_training_apis/#fit-method), then [`run`](Fit::run).
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
/// | [`validation_batch_size`](Self::validation_batch_size) | `batch_size` |
/// | [`validation_steps`](Self::validation_steps) | all batches |
/// | [`sample_weight`](Self::sample_weight) | none |
/// | [`class_weight`](Self::class_weight) | none |
/// | [`train_step`](Self::train_step), [`test_step`](Self::test_step) | the compiled losses |
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
    training: Training<'a>,
    train_step: Option<OwnStep<'a, 'm, M, O, L>>,
    test_step: Option<OwnStep<'a, 'm, M, O, L>>,
    options: Options<'a>,
}

/// What a run trains on.
enum Training<'a> {
    /// Samples, with or without targets.
    Samples(Box<dyn Pair + 'a>),
    /// Batches from outside.
    Batches(Box<dyn Given<'a> + 'a>),
}

/// The options of a run, which do not depend on the types of the compiled model.
struct Options<'a> {
    course: Course,
    validation: Validation<'a>,
    sample_weight: SampleWeight<'a>,
    class_weight: Option<&'a [(u32, f32)]>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
    verbosity: Verbosity,
}

impl<'a, 'm, M, O, L> Fit<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    pub(super) fn new<X, Y>(compiled: &'a mut Compiled<'m, M, O, L>, x: X, y: Y) -> Self
    where
        X: Inputs<M::Inputs> + 'a,
        Y: Targets<L::Targets, M::Outputs> + 'a,
    {
        Self::on(compiled, Training::Samples(boxed::<M::Inputs, L::Targets, M::Outputs, X, Y>(x, y)))
    }

    /// Samples without targets.
    pub(super) fn of_inputs<X: Inputs<M::Inputs> + 'a>(compiled: &'a mut Compiled<'m, M, O, L>, x: X) -> Self {
        Self::on(compiled, Training::Samples(boxed_inputs::<M::Inputs, X>(x)))
    }

    /// Batches of an iterator.
    pub(super) fn of_batches<T>(compiled: &'a mut Compiled<'m, M, O, L>, batches: T) -> Self
    where
        T: Iterator<Item: IntoBatch<'a, X: Inputs<M::Inputs>, Y: Targets<L::Targets, M::Outputs>>> + 'a,
        M::Inputs: 'a,
        M::Outputs: 'a,
        L::Targets: 'a,
    {
        let given = OfIterator::<T, M::Inputs, L::Targets, M::Outputs>::new(batches);
        Self::on(compiled, Training::Batches(Box::new(given)))
    }

    /// Batches of an iterator, without targets.
    pub(super) fn of_input_batches<T>(compiled: &'a mut Compiled<'m, M, O, L>, batches: T) -> Self
    where
        T: Iterator<Item: Inputs<M::Inputs>> + 'a,
        M::Inputs: 'a,
    {
        Self::on(compiled, Training::Batches(Box::new(OfInputs::<T, M::Inputs>(batches, PhantomData))))
    }

    fn on(compiled: &'a mut Compiled<'m, M, O, L>, training: Training<'a>) -> Self {
        Self {
            compiled,
            training,
            train_step: None,
            test_step: None,
            options: Options {
                course: Course::default(),
                validation: Validation::default(),
                sample_weight: SampleWeight::default(),
                class_weight: None,
                callbacks: Vec::new(),
                verbosity: Verbosity::Bar,
            },
        }
    }

    /// Trains the model.
    ///
    /// # Errors
    /// If the data are inconsistent, an option or a label is out of range, a callback fails, or the state of the model has a batch
    /// axis and batches differ in size. The model keeps the training up to that point.
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
        let Self { compiled, training, train_step, test_step, options } = self;
        let steps = &mut TypedSteps { compiled, train_step, test_step };
        match training {
            Training::Samples(pair) => options.run(&pair.data()?, steps),
            Training::Batches(given) => options.run_batches(given, steps),
        }
    }
}

impl<'a> Options<'a> {
    /// Trains on batches of an iterator.
    fn run_batches(self, given: Box<dyn Given<'a> + 'a>, steps: &mut dyn Steps) -> Result<History> {
        self.check()?;
        let alone = "given with samples, not with batches";
        if self.validation.split != 0.0 {
            return Err(Error::argument("validation_split", self.validation.split, alone));
        }
        if !self.sample_weight.is_none() {
            return Err(Error::argument("sample_weight", "given for a run over batches", "given in each batch"));
        }
        let compiled = steps.compiled();
        let (model, outputs) = (compiled.program.description, compiled.program.outputs);
        let (course, validation) = (self.course, &self.validation);
        let separate = validation.data(model)?;
        let test_batch_size = validation.batch_size(course.batch_size);
        let samples = separate.as_ref().map_or(0, RunData::samples).min(validation.limit(test_batch_size));
        let test_rows: Vec<usize> = (0..samples).collect();
        State::check_batches(model, samples, test_batch_size)?;
        let nothing = RunData::nothing();
        let batches = course.steps_per_epoch.unwrap_or(0);
        Epochs {
            callbacks: CallbackList::new(self.callbacks, course.epochs, batches, compiled.directions()),
            steps,
            course,
            training: given.batches(Classes { weights: self.class_weight, outputs }),
            validation: separate.as_ref().unwrap_or(&nothing).rows(&test_rows, &validation.sample_weight),
            validation_freq: validation.freq,
            validation_batch_size: test_batch_size,
            progress: Progress::new(self.verbosity, course.epochs, batches),
        }
        .run()
    }

    fn run(self, data: &RunData<'_>, steps: &mut dyn Steps) -> Result<History> {
        self.check()?;
        let compiled = steps.compiled();
        let (model, outputs) = (compiled.program.description, compiled.program.outputs);
        let (course, validation) = (self.course, &self.validation);
        let sample_weight = class_weight::sample_weight(outputs, self.sample_weight.clone(), self.class_weight, data)?;
        let training: Vec<usize> = (0..validation.training_samples(data.samples())?).collect();
        let separate = validation.data(model)?;
        let (test_data, test_rows, test_weight) = match &separate {
            Some(separate) => (separate, 0..separate.samples(), &validation.sample_weight),
            None => (data, training.len()..data.samples(), &self.sample_weight),
        };
        let test_batch_size = validation.batch_size(course.batch_size);
        let test_rows: Vec<usize> = test_rows.take(validation.limit(test_batch_size)).collect();
        let batches = course.steps(training.len());
        let reached = batches.saturating_mul(course.epochs - course.initial_epoch).saturating_mul(course.batch_size);
        State::check_batches(model, training.len().min(reached), course.batch_size)?;
        State::check_batches(model, test_rows.len(), test_batch_size)?;
        Epochs {
            callbacks: CallbackList::new(self.callbacks, course.epochs, batches, compiled.directions()),
            steps,
            course,
            training: Box::new(SampleBatches::new(
                data.rows(&training, &sample_weight),
                course.batch_size,
                course.shuffle,
            )),
            validation: test_data.rows(&test_rows, test_weight),
            validation_freq: validation.freq,
            validation_batch_size: test_batch_size,
            progress: Progress::new(self.verbosity, course.epochs, batches),
        }
        .run()
    }

    /// Checks the ranges of the options.
    fn check(&self) -> Result<()> {
        let (course, validation) = (&self.course, &self.validation);
        for (name, number) in [
            ("batch_size", course.batch_size),
            ("steps_per_epoch", course.steps_per_epoch.unwrap_or(1)),
            ("validation_freq", validation.freq),
            ("validation_batch_size", validation.batch_size.unwrap_or(1)),
            ("validation_steps", validation.steps.unwrap_or(1)),
        ] {
            if number == 0 {
                return Err(Error::argument(name, "0", "at least 1"));
            }
        }
        if course.initial_epoch > course.epochs {
            let found = format!("{} of {} epochs", course.initial_epoch, course.epochs);
            return Err(Error::argument("initial_epoch", found, "at most `epochs`"));
        }
        if !(0.0..1.0).contains(&validation.split) {
            return Err(Error::argument("validation_split", validation.split, "at least 0 and less than 1"));
        }
        Ok(())
    }
}
