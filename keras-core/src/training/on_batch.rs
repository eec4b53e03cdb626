//! Training and evaluation of a single batch, with options.

use super::{Compiled, Evaluate, Evaluation, LossList, StepResult, class_weight, run_data::RunData};
use crate::{
    Result,
    data::{Inputs, IntoSampleWeight, SampleWeight, Targets},
    model::{Model, Owned},
};

/// Builder of one training step: `TrainOnBatch::new(&mut compiled).sample_weight(&[1.0, 3.0]).run(&x, &y)`. See [Keras'
/// `train_on_batch`](https://keras.io/api/models/model_training_apis/#train_on_batch-method).
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
///
/// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
/// let mut same = Same::new();
/// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
/// let result = TrainOnBatch::new(&mut compiled).sample_weight(&[1.0, 3.0]).run(&x, &y)?;
/// assert_eq!(result.loss, (1.0 * 1.0 + 3.0 * 4.0) / 2.0);
/// # Ok::<(), keras::Error>(())
/// ```
#[must_use = "call `.run(x, y)` to take the step"]
pub struct TrainOnBatch<'a, 'm, M: Model, O, L> {
    compiled: &'a mut Compiled<'m, M, O, L>,
    sample_weight: SampleWeight<'a>,
    class_weight: Option<&'a [(u32, f32)]>,
}

impl<'a, 'm, M, O, L> TrainOnBatch<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    /// A step of this model, without sample weights.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    /// let result = TrainOnBatch::new(&mut compiled).run(&x, &y)?;
    /// assert_eq!(result, compiled.train_on_batch(&x, &y)?);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(compiled: &'a mut Compiled<'m, M, O, L>) -> Self {
        Self { compiled, sample_weight: SampleWeight::default(), class_weight: None }
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
    /// let result = TrainOnBatch::new(&mut compiled).sample_weight(&[1.0, 0.0]).run(&x, &y)?;
    /// assert_eq!(result.loss, 0.5); // the mean over two samples, one of weight 0
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn sample_weight(mut self, weights: impl IntoSampleWeight<'a>) -> Self {
        self.sample_weight = weights.into_sample_weight();
        self
    }

    /// Class weights of the loss, see [`Fit::class_weight`](super::Fit::class_weight).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[0.0], [1.0]]));
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let result = TrainOnBatch::new(&mut compiled).class_weight(&[(1, 3.0)]).run(&x, &y)?;
    /// assert_eq!(result.loss, (1.0 * 1.0 + 3.0 * 1.0) / 2.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn class_weight(mut self, weights: &'a [(u32, f32)]) -> Self {
        self.class_weight = Some(weights);
        self
    }

    /// Performs the step and returns the loss of the batch before the update.
    ///
    /// # Errors
    /// If the data or their weights are inconsistent, or a label is out of range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let step = TrainOnBatch::new(&mut compiled).sample_weight(&[1.0, 0.5]);
    /// let error = step.run(&Tensor::from([[1.0]]), &Tensor::from([[2.0]])).unwrap_err();
    /// assert_eq!(error.to_string(), "there are 1 samples, but 2 sample weights");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn run<X, Y>(self, x: X, y: Y) -> Result<StepResult>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        let data = RunData::new(&x, &y)?;
        let sample_weight = class_weight::sample_weight(M::OUTPUTS, self.sample_weight, self.class_weight, &data)?;
        self.compiled.any().train(&data.rows(&data.all(), &sample_weight))
    }
}

/// Builder of the evaluation of one batch: `TestOnBatch::new(&mut compiled).sample_weight(&[1.0, 3.0]).run(&x, &y)`.
/// See [Keras' `test_on_batch`](https://keras.io/api/models/model_training_apis/#test_on_batch-method).
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
///
/// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[2.0], [4.0]]));
/// let mut same = Same::new();
/// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
/// let evaluation = TestOnBatch::new(&mut compiled).sample_weight(&[1.0, 3.0]).run(&x, &y)?;
/// assert_eq!(evaluation.loss, (1.0 * 1.0 + 3.0 * 4.0) / 2.0);
/// # Ok::<(), keras::Error>(())
/// ```
#[must_use = "call `.run(x, y)` to evaluate"]
pub struct TestOnBatch<'a, 'm, M: Model, O, L> {
    evaluate: Evaluate<'a, 'm, M, O, L>,
}

impl<'a, 'm, M, O, L> TestOnBatch<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    /// Evaluates this model on one batch, without sample weights.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let evaluation = TestOnBatch::new(&mut compiled).run(&x, &y)?;
    /// assert_eq!(evaluation, compiled.test_on_batch(&x, &y)?);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(compiled: &'a mut Compiled<'m, M, O, L>) -> Self {
        Self { evaluate: Evaluate::new(compiled).batch_size(usize::MAX) }
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
    /// let evaluation = TestOnBatch::new(&mut compiled).sample_weight(&[0.0, 1.0]).run(&x, &y)?;
    /// assert_eq!(evaluation.loss, 2.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn sample_weight(mut self, weights: impl IntoSampleWeight<'a>) -> Self {
        self.evaluate = self.evaluate.sample_weight(weights);
        self
    }

    /// Loss and metrics on these samples.
    ///
    /// # Errors
    /// If the data or their weights are inconsistent, or a label is out of range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let test = TestOnBatch::new(&mut compiled).sample_weight(&[1.0, 0.5]);
    /// let error = test.run(&Tensor::from([[1.0]]), &Tensor::from([[2.0]])).unwrap_err();
    /// assert_eq!(error.to_string(), "there are 1 samples, but 2 sample weights");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn run<X, Y>(self, x: X, y: Y) -> Result<Evaluation>
    where
        X: Inputs<M::Inputs>,
        Y: Targets<L::Targets, M::Outputs>,
    {
        self.evaluate.run(x, y)
    }
}
