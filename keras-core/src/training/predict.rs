//! Prediction with options.

use core::marker::PhantomData;
use std::borrow::Cow;

use super::{
    Predictions,
    progress::{Progress, Verbosity},
    run_data::RunData,
    step::infer_rows,
};
use crate::{
    Error, Result,
    callbacks::{Callback, Callbacks, Logs},
    data::{Inputs, Shapes},
    model::{Description, Mode, Model, Owned, Panels, Program, State, Storage, StoredFloat, check_stateless},
};

/// Builder of a prediction: `Predict::new(&model).batch_size(256).run(&x)`. Embedded models are supported, too.
///
/// A model with state uses its own state, [`Predict::stateful(&mut model)`](Self::stateful), or a separate one,
/// [`Predict::with_state(&model, &mut state)`](Self::with_state). Batches are processed in order. If the state has a batch axis,
/// sample `i` of a batch continues from sample `i` of the previous one, and all batches must have the same size.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
///
/// let sum = Sum::new();
/// let sums = Predict::new(&sum).batch_size(256).run(&Tensor::from([[1.0, 2.0], [3.0, 4.0]]))?;
/// assert_eq!(sums.values(), [3.0, 7.0]);
/// # Ok::<(), keras::Error>(())
/// ```
#[must_use = "call `.run(x)` to predict"]
pub struct Predict<'a, M> {
    model: PhantomData<fn() -> M>,
    prediction: Prediction<'a>,
}

/// A prediction, which does not depend on the type of its model.
struct Prediction<'a> {
    weights: Cow<'a, [f32]>,
    panels: Option<&'a Panels>,
    seed: u64,
    state: Kept<'a>,
    batch_size: usize,
    steps: Option<usize>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
    verbosity: Verbosity,
}

/// Rejects a model with state where it could not be kept.
#[track_caller]
pub(super) const fn check_no_state(model: &Description) {
    let advice = "use `predict_stateful`, or replace `Predict::new` with `Predict::stateful` or `Predict::with_state`";
    check_stateless(model, advice);
}

/// The state of a prediction.
enum Kept<'a> {
    /// The model has no state.
    None,
    Lent(&'a mut State),
}

impl<'a, M: Model> Predict<'a, M> {
    /// Predicts with this model, in batches of 32.
    ///
    /// A model with state is a compile error.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (sum, x) = (Sum::new(), Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(Predict::new(&sum).run(&x)?, sum.predict(&x)?);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(model: &'a M) -> Self {
        const { check_no_state(M::DESCRIPTION) };
        Self::without_state(model)
    }

    /// The same for a model that was checked to have no state.
    pub(super) fn without_state(model: &'a M) -> Self {
        Self::of(model.storage(), Kept::None)
    }

    /// Predicts with this model and a separate [`State`], which is updated: several streams of data can share the weights of a
    /// model.
    ///
    /// Batch size: that of the state (default of a new state: `32`).
    ///
    /// ```
    /// use keras::{State, prelude::*};
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (sum, mut state) = (Sum::new(), State::new()); // a model without state accepts one, too
    /// assert_eq!(Predict::with_state(&sum, &mut state).run(&Tensor::from([[1.0, 2.0]]))?.values(), [3.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn with_state(model: &'a M, state: &'a mut State) -> Self {
        Self::of(model.storage(), Kept::Lent(state))
    }

    /// Predicts with this model and its own state. See [`with_state`](Self::with_state).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut sum = Sum::new();
    /// assert_eq!(Predict::stateful(&mut sum).batch_size(1).run(&Tensor::from([[1.0, 2.0]]))?.values(), [3.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn stateful(model: &'a mut M) -> Self
    where
        M: Model<Storage = Owned>,
    {
        let seed = model.storage().seed();
        let (weights, _, state) = model.storage_mut().weights_and_state();
        Self::with_weights(Cow::Borrowed(weights), None, seed, Kept::Lent(state))
    }

    fn of(storage: &'a M::Storage, state: Kept<'a>) -> Self {
        Self::with_weights(StoredFloat::to_floats(storage.weights()), storage.panels(), storage.inference_seed(), state)
    }

    fn with_weights(weights: Cow<'a, [f32]>, panels: Option<&'a Panels>, seed: u64, state: Kept<'a>) -> Self {
        let samples = match &state {
            Kept::Lent(state) => state.samples(M::DESCRIPTION),
            Kept::None => None,
        };
        let (batch_size, verbosity) = (samples.unwrap_or(32), Verbosity::Silent);
        let prediction =
            Prediction { weights, panels, seed, state, batch_size, steps: None, callbacks: Vec::new(), verbosity };
        Self { model: PhantomData, prediction }
    }

    /// Number of samples per batch (default: `32`).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (sum, x) = (Sum::new(), Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    /// assert_eq!(Predict::new(&sum).batch_size(2).run(&x)?, sum.predict(&x)?);
    /// assert!(Predict::new(&sum).batch_size(0).run(&x).is_err());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.prediction.batch_size = batch_size;
        self
    }

    /// Maximum number of batches (default: all).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (sum, x) = (Sum::new(), Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    /// assert_eq!(Predict::new(&sum).batch_size(2).steps(1).run(&x)?.values(), [3.0, 7.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn steps(mut self, steps: usize) -> Self {
        self.prediction.steps = Some(steps);
        self
    }

    /// A tuple of callbacks, whose prediction hooks are called; pass one by reference (`&mut`) to inspect it after the
    /// run.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// #[derive(Default)]
    /// struct Batches(usize);
    ///
    /// impl Callback for Batches {
    ///     fn on_predict_batch_end(&mut self, _: usize) -> keras::Result<()> {
    ///         self.0 += 1;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (sum, mut batches) = (Sum::new(), Batches::default());
    /// Predict::new(&sum).batch_size(1).callbacks((&mut batches,)).run(&Tensor::from([[1.0, 2.0], [3.0, 4.0]]))?;
    /// assert_eq!(batches.0, 2);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn callbacks(mut self, callbacks: impl Callbacks<'a>) -> Self {
        self.prediction.callbacks = callbacks.boxed();
        self
    }

    /// Verbosity: 0 (default; Keras' is 1) is silent, 1 a progress bar on a terminal or else a single line, 2 a single
    /// line.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let sum = Sum::new();
    /// let sums = Predict::new(&sum).verbose(2).run(&Tensor::from([[1.0, 2.0]]))?; // prints "1/1 - 12us - 12us/step"
    /// assert_eq!(sums.values(), [3.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.prediction.verbosity = Verbosity::from_number(verbose);
        self
    }

    /// The predictions for all samples.
    ///
    /// # Errors
    /// If the data are inconsistent, the batch size or the number of steps is 0, or a callback fails; and if the state of the model
    /// has a batch axis and batches differ in size.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Both(a: Input(2), b: Input(2)) { (a + b, a - b) } }
    ///
    /// let both = Both::new();
    /// let (sums, differences) = Predict::new(&both).run((&Tensor::from([[1.0, 2.0]]), &Tensor::from([[3.0, 5.0]])))?;
    /// assert_eq!((&sums[0], &differences[0]), (&[4.0, 7.0][..], &[-2.0, -3.0][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn run<X>(self, x: X) -> Result<Predictions<M>>
    where
        X: Inputs<M::Inputs>,
        M::Outputs: Shapes,
    {
        let data = RunData::without_targets(&x)?;
        M::Outputs::tensors(self.prediction.run(&Program::of::<M>(), &data)?)
    }
}

impl Prediction<'_> {
    /// The values of each output.
    fn run(mut self, program: &Program, data: &RunData<'_>) -> Result<Vec<Vec<f32>>> {
        for (name, number) in [("batch_size", self.batch_size), ("steps", self.steps.unwrap_or(1))] {
            if number == 0 {
                return Err(Error::argument(name, "0", "at least 1"));
            }
        }
        let samples = data.samples().min(self.batch_size.saturating_mul(self.steps.unwrap_or(usize::MAX)));
        State::check_batches(program.description, samples, self.batch_size)?;
        let places = (program.output_places)(Mode::Inference).iter();
        let mut outputs: Vec<Vec<f32>> = places.map(|place| Vec::with_capacity(place.length * samples)).collect();
        let rows: Vec<usize> = (0..samples).collect();
        let panels = self
            .panels
            .map(|panels| panels.of(program.description, &self.weights, if self.batch_size > 1 { samples } else { 0 }))
            .unwrap_or_default();
        let (mut workspaces, mut before) = (Vec::new(), Vec::new());
        let mut progress = Progress::new(self.verbosity, 1, samples.div_ceil(self.batch_size));
        progress.start();
        self.each(&mut |callback| callback.on_predict_begin())?;
        for (batch, rows) in rows.chunks(self.batch_size).enumerate() {
            self.each(&mut |callback| callback.on_predict_batch_begin(batch))?;
            let mut none = State::new();
            let state = match &mut self.state {
                Kept::Lent(state) => state,
                Kept::None => &mut none,
            };
            before.clear();
            before.extend_from_slice(state.values());
            infer_rows(
                program,
                (&self.weights, panels, self.seed),
                state,
                &mut workspaces,
                &data.inputs,
                rows,
                &mut outputs,
            )
            .inspect_err(|_| state.restore(&before))?;
            self.each(&mut |callback| callback.on_predict_batch_end(batch))?;
            progress.step(batch, &mut Logs::default);
        }
        self.each(&mut |callback| callback.on_predict_end())?;
        progress.end(&Logs::default());
        Ok(outputs)
    }

    fn each(&mut self, hook: &mut dyn FnMut(&mut dyn Callback) -> Result<()>) -> Result<()> {
        self.callbacks.iter_mut().try_for_each(|callback| hook(&mut **callback))
    }
}
