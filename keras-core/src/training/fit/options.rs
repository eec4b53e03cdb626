//! The arguments of `fit`, except those of the validation.

use super::Fit;
use crate::{
    Result,
    callbacks::{Callbacks, Logs},
    data::{InputShapes, IntoSampleWeight, Kinds},
    model::{Model, Owned},
    training::{Compiled, LossList, OwnedBatch, own_steps::own_step, progress::Verbosity},
};

impl<'a, 'm, M, O, L> Fit<'a, 'm, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    /// Number of epochs (default: `1`).
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
        self.options.course.epochs = epochs;
        self
    }

    /// Number of samples per step (default: `32`); the last batch of an epoch may be smaller.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).batch_size(3).verbose(0).run()?;
    /// assert_eq!(compiled.optimizer().iterations(), 2); // batches of 3 and 1
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.options.course.batch_size = batch_size;
        self
    }

    /// Epoch at which to start, to resume an interrupted run (default: `0`). [`epochs`](Self::epochs) is the final
    /// epoch.
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
    /// assert!(history.to_csv().contains("\n4,")); // callbacks and the history continue the count
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn initial_epoch(mut self, epoch: usize) -> Self {
        self.options.course.initial_epoch = epoch;
        self
    }

    /// Number of batches per epoch (default: all). The next epoch continues with the batches that follow; after the last one come the
    /// samples from the start, shuffled anew, so that every epoch has this number of batches. (Keras ends an epoch at the end of
    /// the samples, with a warning.)
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).batch_size(1).steps_per_epoch(3).epochs(4).verbose(0).run()?; // three times four samples
    /// assert_eq!(compiled.optimizer().iterations(), 12);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn steps_per_epoch(mut self, steps: usize) -> Self {
        self.options.course.steps_per_epoch = Some(steps);
        self
    }

    /// Whether to shuffle the samples before each epoch (default: `true`).
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
    /// assert_eq!(trained(true)?, trained(true)?); // the order is derived from the seed
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.options.course.shuffle = shuffle;
        self
    }

    /// Sample weights of the loss and of the [`weighted_metrics`](Compiled::weighted_metrics): a slice, or another type
    /// that converts to a [`SampleWeight`](crate::data::SampleWeight).
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
        self.options.sample_weight = weights.into_sample_weight();
        self
    }

    /// Class weights of the loss: `&[(0, 1.0), (1, 5.0)]`. Missing classes have weight 1. They act like a
    /// [`sample_weight`](Self::sample_weight), which cannot be given at the same time, but do not apply to validation.
    ///
    /// Classes are labels, single values, which are rounded, or vectors whose largest element is the class. A class
    /// that the output does not have is an error. (Keras ignores it.)
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
        self.options.class_weight = Some(weights);
        self
    }

    /// Performs each training step by a closure; `fit` still handles epochs, shuffling, callbacks, the progress bar,
    /// validation and the history. See [custom `train_step`](https://keras.io/guides/custom_train_step_in_tensorflow/)
    /// in Keras.
    ///
    /// The closure receives the compiled model and a batch, which it may modify: [`x`, `y` and
    /// `sample_weight`](crate::data::Batch). It returns named logs, of which `fit` reports the means over the samples
    /// of an epoch (Keras reports those of the last batch), together with the compiled metrics, if the closure updates
    /// them.
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
    ///         gradients *= 1.0 / norm.max(1.0); // clip by norm
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
        M::Inputs: InputShapes,
        L::Targets: Kinds<M::Outputs>,
    {
        self.train_step = Some(own_step(step));
        self
    }

    /// A tuple of callbacks; pass one by reference (`&mut`) to inspect it after the run.
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
        self.options.callbacks = callbacks.boxed();
        self
    }

    /// Verbosity: 0 is silent, 1 (default) a progress bar on a terminal or else one line per epoch, 2 one line per
    /// epoch.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
    /// # let mut line = Line::with_seed(1);
    ///
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).verbose(2).run()?; // prints "Epoch 1/1", then the time and the logs
    /// assert_eq!(history.epochs(), 1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.options.verbosity = Verbosity::from_number(verbose);
        self
    }
}
