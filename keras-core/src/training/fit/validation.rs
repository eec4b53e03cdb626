//! The arguments and the samples of the validation.

use super::Fit;
use crate::{
    Error, Result,
    callbacks::Logs,
    data::{InputShapes, Inputs, IntoSampleWeight, Kinds, SampleWeight, Targets},
    model::{Description, Model, Owned},
    training::{
        Compiled, LossList, OwnedBatch,
        own_steps::own_step,
        run_data::{Pair, RunData, boxed},
    },
};

/// The arguments of the validation.
pub(super) struct Validation<'a> {
    /// Separate validation data.
    pub(super) pair: Option<Box<dyn Pair + 'a>>,
    pub(super) split: f64,
    pub(super) freq: usize,
    pub(super) sample_weight: SampleWeight<'a>,
    pub(super) batch_size: Option<usize>,
    pub(super) steps: Option<usize>,
}

impl Default for Validation<'_> {
    fn default() -> Self {
        Self { pair: None, split: 0.0, freq: 1, sample_weight: SampleWeight::default(), batch_size: None, steps: None }
    }
}

impl Validation<'_> {
    /// The number of samples to train on, out of all samples passed to `fit`.
    pub(super) fn training_samples(&self, samples: usize) -> Result<usize> {
        if self.pair.is_some() {
            return Ok(samples);
        }
        match (samples as f64 * (1.0 - self.split)).floor() as usize {
            0 => {
                let found = format!("{} of {samples} samples", self.split);
                Err(Error::argument("validation_split", found, "small enough to leave one to train on"))
            }
            training => Ok(training),
        }
    }

    /// The separate validation data, if there are any.
    pub(super) fn data(&self, model: &Description) -> Result<Option<RunData<'_>>> {
        if self.pair.is_none() && !self.sample_weight.is_none() {
            let expected = "given with `validation_data`";
            return Err(Error::argument("validation_sample_weight", "given alone", expected));
        }
        let Some(pair) = &self.pair else { return Ok(None) };
        let data = pair.data()?;
        self.sample_weight.check(data.samples(), model.outputs.len())?;
        Ok(Some(data))
    }

    /// The batch size of the validation, for a given batch size of the training.
    pub(super) fn batch_size(&self, training: usize) -> usize {
        self.batch_size.unwrap_or(training)
    }

    /// The maximum number of validation samples.
    pub(super) fn limit(&self, batch_size: usize) -> usize {
        batch_size.saturating_mul(self.steps.unwrap_or(usize::MAX))
    }
}

impl<'a, 'm, M, O, L> Fit<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    /// Fraction of the samples, taken from the end before shuffling, to validate on instead of training on them
    /// (default: `0.0`). Ignored if [`validation_data`](Self::validation_data) is given.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).validation_split(0.25).verbose(0).run()?; // trains on the first three
    /// assert_eq!(history["val_loss"][0], compiled.evaluate(&x.slice(3..4)?, &y.slice(3..4)?)?.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_split(mut self, share: f64) -> Self {
        self.options.validation.split = share;
        self
    }

    /// Separate samples to validate on after each epoch.
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
        self.options.validation.pair = Some(boxed::<M::Inputs, L::Targets, M::Outputs, X, Y>(x, y));
        self
    }

    /// Number of epochs between validations (default: `1`): with 5, after the fifth epoch, the tenth and so on.
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
        self.options.validation.freq = epochs;
        self
    }

    /// Sample weights of the [`validation_data`](Self::validation_data). (Samples held out by
    /// [`validation_split`](Self::validation_split) keep their [`sample_weight`](Self::sample_weight).)
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
        self.options.validation.sample_weight = weights.into_sample_weight();
        self
    }

    /// Batch size of the validation (default: that of the training).
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
        self.options.validation.batch_size = Some(batch_size);
        self
    }

    /// Maximum number of batches of a validation (default: all).
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
    /// assert_eq!(history["val_loss"][0], compiled.evaluate(&x.slice(..2)?, &y.slice(..2)?)?.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn validation_steps(mut self, steps: usize) -> Self {
        self.options.validation.steps = Some(steps);
        self
    }

    /// Evaluates each validation batch by a closure; see [`Evaluate::test_step`](crate::training::Evaluate::test_step).
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
        M::Inputs: InputShapes,
        L::Targets: Kinds<M::Outputs>,
    {
        self.test_step = Some(own_step(step));
        self
    }
}
