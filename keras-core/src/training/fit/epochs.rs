//! The epochs of a training run.

use super::batches::Batches;
use crate::{
    Error, Result,
    callbacks::Logs,
    training::{
        History,
        callback_list::CallbackList,
        erased::Steps,
        evaluate::evaluate_rows,
        means::Means,
        progress::{Progress, Verbosity},
        step::Rows,
    },
};

/// The course of a run over its samples.
#[derive(Clone, Copy)]
pub(super) struct Course {
    pub(super) epochs: usize,
    pub(super) initial_epoch: usize,
    pub(super) batch_size: usize,
    pub(super) steps_per_epoch: Option<usize>,
    pub(super) shuffle: bool,
}

impl Default for Course {
    fn default() -> Self {
        Self { epochs: 1, initial_epoch: 0, batch_size: 32, steps_per_epoch: None, shuffle: true }
    }
}

impl Course {
    /// The number of batches per epoch.
    pub(super) fn steps(&self, samples: usize) -> usize {
        let batches = samples.div_ceil(self.batch_size);
        self.steps_per_epoch.unwrap_or(batches)
    }
}

/// The epochs of a run, with everything they need.
pub(super) struct Epochs<'r, 'a> {
    pub(super) steps: &'r mut dyn Steps,
    pub(super) course: Course,
    pub(super) training: Box<dyn Batches + 'r>,
    /// No rows if there is no validation.
    pub(super) validation: Rows<'r>,
    pub(super) validation_freq: usize,
    pub(super) validation_batch_size: usize,
    pub(super) callbacks: CallbackList<'a>,
    pub(super) progress: Progress,
}

impl Epochs<'_, '_> {
    /// Trains.
    pub(super) fn run(mut self) -> Result<History> {
        let Course { epochs, initial_epoch, .. } = self.course;
        let mut history = History::default();
        let mut logs = Logs::default();
        self.callbacks.each(self.steps.compiled(), &mut |callback, context| callback.on_train_begin(context))?;
        for epoch in initial_epoch..epochs {
            self.progress.start_epoch(epoch);
            self.callbacks
                .each(self.steps.compiled(), &mut |callback, context| callback.on_epoch_begin(epoch, context))?;
            logs = self.train(epoch)?;
            self.validate(epoch, &mut logs)?;
            self.callbacks.each(self.steps.compiled(), &mut |callback, context| {
                callback.on_epoch_end(epoch, &mut logs, context)
            })?;
            self.progress.end(&logs);
            for (name, value) in logs.iter().filter(|(name, _)| *name != "batch_loss") {
                history.record_at(epoch, name, value);
            }
            if self.callbacks.stop {
                break;
            }
        }
        if epochs > initial_epoch {
            self.steps.finalize()?;
        }
        self.callbacks
            .each(self.steps.compiled(), &mut |callback, context| callback.on_train_end(&mut logs, context))?;
        Ok(history)
    }

    /// Performs the steps of an epoch and returns its logs.
    fn train(&mut self, epoch: usize) -> Result<Logs> {
        let Self { steps, callbacks, training, .. } = self;
        steps.compiled().metrics.reset();
        let mut means = Means::default();
        let (expected, mut batch) = (self.course.steps_per_epoch.or(training.count()), 0);
        while expected.is_none_or(|expected| batch < expected) {
            training.prepare(steps.compiled().model.storage_mut());
            let is_done = training.next(&mut |data| {
                callbacks
                    .each(steps.compiled(), &mut |callback, context| callback.on_train_batch_begin(batch, context))?;
                let batch_loss = match steps.own_train_step(data) {
                    Some(told) => {
                        let told = told?;
                        means.add_own(&told, data.rows.len());
                        told.get("loss")
                    }
                    None => {
                        data.check_targets()?;
                        let result = steps.compiled().train(data)?;
                        means.add(&result, data.rows.len());
                        Some(f64::from(result.loss))
                    }
                };
                if callbacks.is_watched() {
                    let mut logs = steps.compiled().logs(&means);
                    if let Some(loss) = batch_loss {
                        logs.set("batch_loss", loss);
                    }
                    callbacks.each(steps.compiled(), &mut |callback, context| {
                        callback.on_train_batch_end(batch, &mut logs, context)
                    })?;
                }
                Ok(())
            })?;
            if !is_done {
                // An iterator without a number of steps is an epoch.
                if expected.is_some() || batch == 0 {
                    let epochs = self.course.epochs;
                    return Err(Error::BatchesEnded { epoch: epoch + 1, epochs, steps: batch });
                }
                break;
            }
            self.progress.step(batch, &mut || steps.compiled().logs(&means));
            batch += 1;
            if callbacks.stop {
                break;
            }
        }
        Ok(steps.compiled().logs(&means))
    }

    /// Validates, if due in this epoch, and adds the results.
    fn validate(&mut self, epoch: usize, logs: &mut Logs) -> Result<()> {
        let is_turn = (epoch + 1).is_multiple_of(self.validation_freq);
        self.callbacks.skips_validation = !self.validation.rows.is_empty() && !is_turn;
        if self.validation.rows.is_empty() || !is_turn {
            return Ok(());
        }
        let evaluation = evaluate_rows(
            self.steps,
            &self.validation,
            self.validation_batch_size,
            &mut self.callbacks,
            &mut Progress::new(Verbosity::Silent, 1, 1),
        )?;
        for (name, value) in evaluation.iter() {
            logs.set(&format!("val_{name}"), value);
        }
        Ok(())
    }
}
