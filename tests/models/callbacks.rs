//! What callbacks see and do. The expected numbers are what Keras 3 does with the same figures.

use std::{fs, path::PathBuf};

use keras::{
    Error, Result,
    callbacks::{Context, Logs, Mode},
    metrics::MeanAbsoluteError as MeanAbsoluteErrorMetric,
    prelude::*,
};

sequential! {
    /// `w·x`.
    struct Line { Input(1), Dense(1, use_bias = false) }
}

fn ones(samples: usize) -> Tensor<Shape1<1>> {
    Tensor::from_vec(vec![1.0; samples]).unwrap()
}

/// Reports these figures instead of those of the training, and makes the epoch's number the model's one weight.
struct Script<'a> {
    name: &'a str,
    values: &'a [f64],
}

impl Callback for Script<'_> {
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        context.weights_mut()[0] = epoch as f32;
        logs.set(self.name, self.values[epoch]);
        Ok(())
    }
}

/// A run with figures from a script: the history and the last weight.
fn scripted(name: &str, values: &[f64], callback: &mut impl Callback) -> Result<(History, f32)> {
    let mut model = Line::with_seed(1);
    let metrics = (Accuracy::default(),);
    let mut compiled = model.compile(SGD::new(0.0), MeanSquaredError::default(), metrics);
    let script = Script { name, values };
    let history = compiled.fit(ones(2), ones(2)).epochs(values.len()).verbose(0).callbacks((script, callback)).run()?;
    Ok((history, model.weights()[0]))
}

fn stopping() -> EarlyStopping {
    EarlyStopping::new("val_loss")
}

/// Epochs that were run, the last of them if it was stopped, the best epoch, and the epoch whose weights are left.
#[track_caller]
fn stops(values: &[f64], mut stopping: EarlyStopping, expected: (usize, Option<usize>, usize, usize)) {
    let (history, weight) = scripted("val_loss", values, &mut stopping).unwrap();
    let found = (history.epochs(), stopping.stopped_epoch(), stopping.best_epoch(), weight as usize);
    assert_eq!(found, expected, "{values:?}");
}

const NAN: f64 = f64::NAN;

#[test]
fn patience_is_the_number_of_epochs_without_improvement() {
    stops(&[3., 2., 2., 1.], stopping().patience(0), (3, Some(2), 1, 2));
    stops(&[3., 2., 2., 1.], stopping().patience(1), (3, Some(2), 1, 2));
    stops(&[3., 2., 2., 2., 1.], stopping().patience(2), (4, Some(3), 1, 3));
    stops(&[3., 2., 2.5, 1., 1.5, 1.5, 0.], stopping().patience(2), (6, Some(5), 3, 5));
    stops(&[1., 2., 0.], stopping(), (2, Some(1), 0, 1));
    stops(&[1., 1., 1., 1.], stopping().patience(3), (4, Some(3), 0, 3));
    stops(&[3., 2., 1.], stopping(), (3, None, 2, 2));
}

#[test]
fn the_state_of_early_stopping_is_readable() {
    let state = |values: &[f64], mut stopping: EarlyStopping| {
        assert_eq!((stopping.best(), stopping.wait()), (None, 0));
        scripted("val_loss", values, &mut stopping).unwrap();
        (stopping.best(), stopping.best_epoch(), stopping.wait(), stopping.stopped_epoch())
    };
    assert_eq!(state(&[3., 2., 2.5, 1., 1.5], stopping().patience(2)), (Some(1.), 3, 1, None));
    assert_eq!(state(&[3., 2., 2.5, 1., 1.5, 1.25, 0.], stopping().patience(2)), (Some(1.), 3, 2, Some(5)));
    // An improvement that does not surpass the baseline is the best, but does not end the wait.
    assert_eq!(state(&[3., 2.], stopping().patience(4).baseline(1.)), (Some(2.), 1, 2, None));
    assert_eq!(state(&[NAN, NAN], stopping().patience(4)), (None, 0, 2, None));
}

#[test]
fn min_delta_is_the_least_improvement() {
    let values = [3., 2.95, 2.85, 2.8, 2.75, 1.];
    stops(&values, stopping().patience(2).min_delta(0.1), (5, Some(4), 2, 4));
    stops(&values, stopping().patience(2).min_delta(-0.1), (5, Some(4), 2, 4));
    stops(&values, stopping().patience(2), (6, None, 5, 5));
}

#[test]
fn mode_says_what_is_better() {
    let values = [1., 2., 3., 2., 2., 9.];
    stops(&values, stopping().patience(2).mode(Mode::Max), (5, Some(4), 2, 4));
    stops(&values, stopping().patience(2).mode(Mode::Min), (3, Some(2), 0, 2));
    stops(&values, stopping().patience(2), (3, Some(2), 0, 2));
    for (mode, epochs) in [(Mode::Auto, 5), (Mode::Max, 5), (Mode::Min, 3)] {
        let mut stopping = EarlyStopping::new("val_accuracy").patience(2).mode(mode);
        assert_eq!(scripted("val_accuracy", &values, &mut stopping).unwrap().0.epochs(), epochs, "{mode:?}");
    }
}

#[test]
fn a_baseline_only_decides_whether_the_wait_starts_again() {
    stops(&[5., 4., 4.5, 3.5, 1.], stopping().patience(2).baseline(3.), (3, Some(2), 1, 2));
    stops(&[5., 4.5, 4., 3.5, 3.25], stopping().patience(2).baseline(3.), (5, None, 4, 4));
    stops(&[5., 2., 2.5, 2.5, 1.], stopping().patience(2).baseline(3.), (4, Some(3), 1, 3));
}

#[test]
fn the_best_weights_come_back_also_after_a_run_to_the_end() {
    let restoring = || stopping().restore_best_weights(true);
    stops(&[3., 1., 2., 2., 5.], restoring().patience(2), (4, Some(3), 1, 1));
    stops(&[3., 1., 2.], restoring().patience(9), (3, None, 1, 1));
    stops(&[5., 4., 4.5, 4.6, 1.], restoring().patience(2).baseline(3.), (3, Some(2), 1, 1));
    stops(&[3., 1., 2., 2., 5.], stopping().patience(2), (4, Some(3), 1, 3));
}

#[test]
fn epochs_before_start_from_epoch_are_not_looked_at() {
    let values = [1., 2., 3., 3., 4., 4., 0.];
    stops(&values, stopping().patience(2).start_from_epoch(2), (5, Some(4), 2, 4));
    stops(&values, stopping().patience(2).start_from_epoch(2).restore_best_weights(true), (5, Some(4), 2, 2));
    stops(&values[..3], stopping().start_from_epoch(9).restore_best_weights(true), (3, None, 0, 2));
}

#[test]
fn what_is_not_a_number_never_improves() {
    stops(&[3., NAN, NAN, 1.], stopping().patience(2), (3, Some(2), 0, 2));
    stops(&[NAN, 1., 0.5], stopping(), (3, None, 2, 2));
    stops(&[NAN, 1., 0.5], stopping().mode(Mode::Max), (3, Some(2), 1, 2));
    stops(&[NAN, 3., 4., 1.], stopping().patience(2).restore_best_weights(true), (4, None, 3, 3));
    stops(&[f64::INFINITY, 3., NAN], stopping().patience(2).restore_best_weights(true), (3, None, 1, 1));
    // As in Keras, the first epoch's weights are put back if no epoch was ever the best.
    stops(&[NAN; 4], stopping().patience(2).restore_best_weights(true), (2, Some(1), 0, 0));
}

#[test]
fn early_stopping_can_be_used_again() {
    let mut stopping = stopping().patience(1).restore_best_weights(true);
    for values in [[1., 2., 3.], [9., 9., 9.]] {
        let (history, weight) = scripted("val_loss", &values, &mut stopping).unwrap();
        assert_eq!((history.epochs(), weight, stopping.stopped_epoch()), (2, 0.0, Some(1)));
    }
}

#[test]
fn a_figure_that_is_not_there_is_an_error() {
    let error = scripted("val_loss", &[1.0], &mut EarlyStopping::new("val_los")).unwrap_err();
    let Error::UnknownMonitor { name, known } = &error else { panic!("{error}") };
    assert_eq!((&name[..], &known[..]), ("val_los", &["accuracy", "loss", "val_loss"].map(String::from)[..]));
    let mut checkpoint = ModelCheckpoint::new("none.safetensors").monitor("recall").save_best_only(true);
    assert!(matches!(scripted("val_loss", &[1.0], &mut checkpoint), Err(Error::UnknownMonitor { .. })));
}

#[test]
fn a_figure_of_ones_own_needs_a_mode() {
    let error = scripted("score", &[1., 2.], &mut EarlyStopping::new("score")).unwrap_err();
    assert!(matches!(&error, Error::UnknownDirection { name } if name == "score"), "{error}");
    assert!(error.to_string().contains("Mode::Max"), "{error}");
    let mut stopping = EarlyStopping::new("score").mode(Mode::Max);
    assert_eq!(scripted("score", &[1., 2., 0.], &mut stopping).unwrap().0["score"], [1., 2., 0.]);
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("keras-callbacks-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// The files, and the weight that each holds.
    fn files(&self) -> Vec<(String, f32)> {
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<_> = names
            .map(|name| {
                let mut model = Line::new();
                model.load(self.0.join(&name)).unwrap();
                (name, model.weights()[0])
            })
            .collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that has failed has more to say than that its folder is still there.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn named(files: &[(&str, f32)]) -> Vec<(String, f32)> {
    files.iter().map(|&(name, weight)| (name.to_owned(), weight)).collect()
}

#[test]
fn a_checkpoint_is_written_after_each_epoch() {
    let folder = Folder::new("each");
    scripted("val_loss", &[0.5, 0.25, 0.75], &mut ModelCheckpoint::new(&folder.path("last"))).unwrap();
    assert_eq!(folder.files(), named(&[("last", 2.0)]));
    let mut checkpoint = ModelCheckpoint::new(&folder.path("e{epoch:02d}-{val_loss:.1f}"));
    scripted("val_loss", &[0.51, 0.25, 0.76], &mut checkpoint).unwrap();
    assert_eq!(folder.files(), named(&[("e01-0.5", 0.0), ("e02-0.2", 1.0), ("e03-0.8", 2.0), ("last", 2.0)]));
}

#[test]
fn save_best_only_saves_what_is_better_than_ever_before() {
    let folder = Folder::new("best");
    let values = [0.5, 0.25, 0.75, 0.25, NAN, 0.125];
    let best = |name: &str| ModelCheckpoint::new(&folder.path(name)).save_best_only(true);
    let mut checkpoint = best("a{epoch}");
    scripted("val_loss", &values, &mut checkpoint).unwrap();
    assert_eq!(folder.files(), named(&[("a1", 0.0), ("a2", 1.0), ("a6", 5.0)]));
    // What was best in the last run counts in the next.
    scripted("val_loss", &[0.2, 0.1], &mut checkpoint).unwrap();
    assert_eq!(folder.files(), named(&[("a1", 0.0), ("a2", 1.0), ("a6", 5.0)]));
    scripted("val_loss", &values, &mut best("b{epoch}").mode(Mode::Max)).unwrap();
    scripted("val_accuracy", &values, &mut best("c{epoch}").monitor("val_accuracy")).unwrap();
    scripted("val_loss", &values, &mut best("d{epoch}").initial_value_threshold(0.2)).unwrap();
    let files = folder.files();
    assert_eq!(files[3..], named(&[("b1", 0.0), ("b3", 2.0), ("c1", 0.0), ("c3", 2.0), ("d6", 5.0)]));
}

#[test]
fn a_first_figure_that_is_not_a_number_is_not_the_best() {
    let folder = Folder::new("not-a-number");
    let best = |name: &str| ModelCheckpoint::new(&folder.path(name)).save_best_only(true);
    scripted("val_loss", &[NAN, 1., 0.5], &mut best("min{epoch}")).unwrap();
    scripted("val_loss", &[NAN, 1., 0.5], &mut best("max{epoch}").mode(Mode::Max)).unwrap();
    scripted("val_loss", &[NAN, f64::INFINITY], &mut best("none")).unwrap();
    assert_eq!(folder.files(), named(&[("max2", 1.0), ("min2", 1.0), ("min3", 2.0)]));
}

#[test]
fn save_freq_counts_batches_across_epochs() {
    let folder = Folder::new("frequency");
    let mut model = Line::with_seed(1);
    let mut compiled = model.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let checkpoint = ModelCheckpoint::new(&folder.path("{epoch}-{batch:02}")).save_freq(3);
    let fit = compiled.fit(ones(4), ones(4)).epochs(4).batch_size(1).verbose(0);
    fit.callbacks((checkpoint,)).run().unwrap();
    let names: Vec<_> = folder.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["1-03", "2-02", "3-01", "3-04", "4-03"]);
    let never = ModelCheckpoint::new(&folder.path("never")).save_freq(0);
    let error = compiled.fit(ones(4), ones(4)).verbose(0).callbacks((never,)).run().unwrap_err();
    assert_eq!(error.to_string(), "`save_freq` is 0, but must be at least 1");
}

#[test]
fn checkpoints_make_their_folder_and_say_what_they_cannot_do() {
    let folder = Folder::new("errors");
    scripted("val_loss", &[1.0], &mut ModelCheckpoint::new(&folder.path("a/b/c"))).unwrap();
    assert!(folder.0.join("a/b/c").is_file());
    let error = scripted("val_loss", &[1.0], &mut ModelCheckpoint::new(&folder.path("a/b/c/d"))).unwrap_err();
    assert!(matches!(error, Error::Save(_)), "{error}");
    assert!(error.to_string().contains("a/b/c/d"), "{error}");
    let error = scripted("val_loss", &[1.0], &mut ModelCheckpoint::new(&folder.path("{recall}"))).unwrap_err();
    assert!(matches!(&error, Error::UnknownMonitor { name, .. } if name == "recall"), "{error}");
    let error = scripted("val_loss", &[1.0], &mut ModelCheckpoint::new(&folder.path("{epoch:x}"))).unwrap_err();
    assert!(matches!(&error, Error::Argument { name: "path", .. }), "{error}");
}

#[test]
fn a_schedule_sets_the_rate_of_each_epoch() {
    /// The weight after each epoch.
    #[derive(Default)]
    struct Weights(Vec<f32>);

    impl Callback for Weights {
        fn on_epoch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
            self.0.push(context.weights()[0]);
            Ok(())
        }
    }

    let mut model = Line::with_seed(1);
    model.weights_mut()[0] = 0.0;
    let (mut seen, mut weights) = (Vec::new(), Weights::default());
    let schedule = LearningRateScheduler::new(|epoch, rate| {
        seen.push((epoch, rate));
        if epoch < 2 { rate } else { rate * 0.5 }
    });
    let mut compiled = model.compile(SGD::new(0.5), MeanAbsoluteError::default(), ());
    let far = Tensor::from([[1e6], [1e6]]);
    let fit = compiled.fit(ones(2), &far).epochs(4).batch_size(1).verbose(0);
    let history = fit.callbacks((schedule, &mut weights)).run().unwrap();
    assert_eq!(compiled.optimizer().current_learning_rate(), 0.125);
    assert_eq!(seen, [(0, 0.5), (1, 0.5), (2, 0.5), (3, 0.25)]);
    assert_eq!(history["learning_rate"], [0.5, 0.5, 0.25, 0.125]);
    // Far below the target, each of the two steps of an epoch adds the rate.
    assert_eq!(weights.0, [1.0, 2.0, 2.5, 2.75]);
}

#[test]
fn training_ends_at_a_loss_that_is_not_a_number() {
    for bad in [f32::NAN, f32::INFINITY] {
        let x = Tensor::from_vec((0..8).map(|at| if at == 4 { bad } else { 1.0 }).collect()).unwrap();
        let mut model = Line::with_seed(1);
        let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
        let mut hooks = Hooks::default();
        let fit = compiled.fit(&x, ones(8)).epochs(3).batch_size(2).shuffle(false).verbose(0);
        let history = fit.callbacks((TerminateOnNaN::default(), &mut hooks)).run().unwrap();
        assert!(history["loss"].len() == 1 && !history["loss"][0].is_finite());
        assert_eq!(hooks.count("train_batch_end"), 3);
        assert_eq!(hooks.count("train_end"), 1);

        let fit = compiled.fit(&x, ones(8)).batch_size(2).shuffle(false).verbose(0);
        let error = fit.callbacks((TerminateOnNaN::default().raise_error(true),)).run().unwrap_err();
        assert!(
            matches!(error, Error::NotFinite { batch: 0, loss } if !loss.is_finite()),
            "the weights are spoilt: {error}"
        );
    }
}

/// Notes every hook, with the figures that come with it.
#[derive(Default)]
struct Hooks(Vec<String>);

impl Hooks {
    fn count(&self, hook: &str) -> usize {
        self.0.iter().filter(|line| line.split(' ').next() == Some(hook)).count()
    }

    fn note(&mut self, hook: &str, at: Option<usize>, logs: &Logs) -> Result<()> {
        let at = at.map_or(String::new(), |at| format!(" {at}"));
        let names: String = logs.iter().map(|(name, _)| format!(" {name}")).collect();
        self.0.push(format!("{hook}{at}{names}"));
        Ok(())
    }
}

impl Callback for Hooks {
    fn on_train_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        self.note("train_begin", None, &Logs::default())
    }
    fn on_train_end(&mut self, logs: &mut Logs, _: &mut Context<'_>) -> Result<()> {
        self.note("train_end", None, logs)
    }
    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Context<'_>) -> Result<()> {
        self.note("epoch_begin", Some(epoch), &Logs::default())
    }
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut Context<'_>) -> Result<()> {
        self.note("epoch_end", Some(epoch), logs)
    }
    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Context<'_>) -> Result<()> {
        self.note("train_batch_begin", Some(batch), &Logs::default())
    }
    fn on_train_batch_end(&mut self, batch: usize, logs: &mut Logs, _: &mut Context<'_>) -> Result<()> {
        self.note("train_batch_end", Some(batch), logs)
    }
    fn on_test_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        self.note("test_begin", None, &Logs::default())
    }
    fn on_test_end(&mut self, logs: &mut Logs, _: &mut Context<'_>) -> Result<()> {
        self.note("test_end", None, logs)
    }
    fn on_test_batch_begin(&mut self, batch: usize, _: &mut Context<'_>) -> Result<()> {
        self.note("test_batch_begin", Some(batch), &Logs::default())
    }
    fn on_test_batch_end(&mut self, batch: usize, logs: &mut Logs, _: &mut Context<'_>) -> Result<()> {
        self.note("test_batch_end", Some(batch), logs)
    }
    fn on_predict_begin(&mut self) -> Result<()> {
        self.note("predict_begin", None, &Logs::default())
    }
    fn on_predict_end(&mut self) -> Result<()> {
        self.note("predict_end", None, &Logs::default())
    }
    fn on_predict_batch_begin(&mut self, batch: usize) -> Result<()> {
        self.note("predict_batch_begin", Some(batch), &Logs::default())
    }
    fn on_predict_batch_end(&mut self, batch: usize) -> Result<()> {
        self.note("predict_batch_end", Some(batch), &Logs::default())
    }
}

const TEST_HOOKS: [&str; 8] = [
    "test_begin",
    "test_batch_begin 0",
    "test_batch_end 0 loss mean_absolute_error",
    "test_batch_begin 1",
    "test_batch_end 1 loss mean_absolute_error",
    "test_batch_begin 2",
    "test_batch_end 2 loss mean_absolute_error",
    "test_end loss mean_absolute_error",
];

#[test]
fn hooks_come_in_keras_order() {
    let mut model = Line::with_seed(1);
    let metrics = (MeanAbsoluteErrorMetric::default(),);
    let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), metrics);
    let mut hooks = Hooks::default();
    let fit = compiled.fit(ones(3), ones(3)).batch_size(2).epochs(2).validation_data(ones(5), ones(5)).verbose(0);
    fit.callbacks((&mut hooks,)).run().unwrap();
    let mut expected = vec!["train_begin".to_owned()];
    for epoch in 0..2 {
        expected.push(format!("epoch_begin {epoch}"));
        for batch in 0..2 {
            expected.push(format!("train_batch_begin {batch}"));
            // The loss of the batch alone is ours; the others are the epoch's so far, as in Keras.
            expected.push(format!("train_batch_end {batch} batch_loss loss mean_absolute_error"));
        }
        expected.extend(TEST_HOOKS.map(str::to_owned));
        expected.push(format!("epoch_end {epoch} loss mean_absolute_error val_loss val_mean_absolute_error"));
    }
    expected.push("train_end loss mean_absolute_error val_loss val_mean_absolute_error".to_owned());
    assert_eq!(hooks.0, expected);

    let mut hooks = Hooks::default();
    Evaluate::new(&mut compiled).batch_size(2).callbacks((&mut hooks,)).run(ones(5), ones(5)).unwrap();
    assert_eq!(hooks.0, TEST_HOOKS);

    let mut hooks = Hooks::default();
    Predict::new(&model).batch_size(2).callbacks((&mut hooks,)).run(ones(5)).unwrap();
    let batches = (0..3).flat_map(|at| [format!("predict_batch_begin {at}"), format!("predict_batch_end {at}")]);
    let predict: Vec<_> = [String::from("predict_begin")].into_iter().chain(batches).collect();
    assert_eq!(hooks.0, [&predict[..], &[String::from("predict_end")]].concat());
}

#[test]
fn an_evaluation_has_options() {
    let (x, y) = (Tensor::from([[1.0], [2.0], [3.0]]), Tensor::from([[2.0], [2.0], [2.0]]));
    let mut model = Line::with_seed(1);
    model.weights_mut()[0] = 1.0;
    let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let weighted = Evaluate::new(&mut compiled).batch_size(2).sample_weight(&[3.0, 5.0, 0.0]).run(&x, &y).unwrap();
    assert_eq!(weighted.loss, 1.0);
    let error = Evaluate::new(&mut compiled).sample_weight(&[3.0]).run(&x, &y).unwrap_err();
    assert_eq!(error.to_string(), "there are 3 samples, but 1 sample weights");
    let error = Evaluate::new(&mut compiled).batch_size(0).run(&x, &y).unwrap_err();
    assert_eq!(error.to_string(), "`batch_size` is 0, but must be at least 1");
}

/// Stops in one of its hooks.
struct Stop(&'static str);

impl Stop {
    fn now(&self, hook: &str, context: &mut Context<'_>) -> Result<()> {
        if self.0 == hook {
            context.stop_training();
        }
        Ok(())
    }
}

impl Callback for Stop {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.now("train_begin", context)
    }
    fn on_epoch_begin(&mut self, _: usize, context: &mut Context<'_>) -> Result<()> {
        self.now("epoch_begin", context)
    }
    fn on_train_batch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.now("train_batch_end", context)
    }
    fn on_test_end(&mut self, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.now("test_end", context)
    }
    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.now("epoch_end", context)
    }
}

#[test]
fn a_run_that_is_stopped_is_validated_and_ended() {
    for (hook, steps) in
        [("train_begin", 1), ("epoch_begin", 1), ("train_batch_end", 1), ("test_end", 5), ("epoch_end", 5)]
    {
        let mut model = Line::with_seed(1);
        let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
        let mut hooks = Hooks::default();
        let fit = compiled.fit(ones(10), ones(10)).validation_data(ones(4), ones(4)).batch_size(2).epochs(3).verbose(0);
        let history = fit.callbacks((Stop(hook), &mut hooks)).run().unwrap();
        assert_eq!(hooks.count("train_batch_end"), steps, "{hook}");
        assert_eq!(compiled.optimizer().iterations(), steps as u64, "{hook}");
        assert_eq!(
            (hooks.count("test_batch_end"), hooks.count("epoch_end"), hooks.count("train_end")),
            (2, 1, 1),
            "{hook}"
        );
        assert_eq!((history["loss"].len(), history["val_loss"].len()), (1, 1), "{hook}");
    }
}

#[test]
fn figures_of_a_callback_reach_history_and_evaluation() {
    struct Extra;

    impl Callback for Extra {
        fn on_test_end(&mut self, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
            logs.set("weight", f64::from(context.weights()[0]));
            Ok(())
        }
        fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
            assert_eq!((context.epochs, context.steps), (2, 3));
            logs.set("twice", 2.0 * logs.get("loss").unwrap());
            logs.set("from_one", epoch as f64 + 1.0);
            Ok(())
        }
    }

    let mut model = Line::with_seed(1);
    let mut compiled = model.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let fit = compiled.fit(ones(5), ones(5)).validation_data(ones(4), ones(4)).batch_size(2).epochs(2).verbose(0);
    let history = fit.callbacks((Extra,)).run().unwrap();
    assert_eq!(history.names().collect::<Vec<_>>(), ["from_one", "loss", "twice", "val_loss", "val_weight"]);
    assert_eq!(history["from_one"], [1.0, 2.0]);
    assert_eq!(history["twice"], [2.0 * history["loss"][0], 2.0 * history["loss"][1]]);
    let weight = f64::from(compiled.model().weights()[0]);
    assert_eq!(history["val_weight"], [weight; 2]);
    let evaluation = Evaluate::new(&mut compiled).callbacks((Extra,)).run(ones(4), ones(4)).unwrap();
    assert_eq!(evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["loss", "weight"]);
    assert_eq!(evaluation["weight"], weight);
}

#[test]
fn an_error_of_a_callback_ends_the_run() {
    /// Fails after two steps.
    struct Fail;

    impl Callback for Fail {
        fn on_train_batch_end(&mut self, batch: usize, _: &mut Logs, _: &mut Context<'_>) -> Result<()> {
            if batch == 1 { Err(Error::Other("the disk is full".into())) } else { Ok(()) }
        }
        fn on_test_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
            Err(Error::Other("not now".into()))
        }
        fn on_predict_batch_begin(&mut self, _: usize) -> Result<()> {
            Err(Error::Other("nor now".into()))
        }
    }

    let mut model = Line::with_seed(1);
    let before = model.weights()[0];
    let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let mut hooks = Hooks::default();
    let fit = compiled.fit(ones(5), ones(5)).batch_size(1).verbose(0);
    let error = fit.callbacks((Fail, &mut hooks)).run().unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
    assert_eq!((hooks.count("train_batch_end"), hooks.count("train_end")), (1, 0));
    assert_eq!(compiled.optimizer().iterations(), 2);
    let error = Evaluate::new(&mut compiled).callbacks((Fail,)).run(ones(5), ones(5)).unwrap_err();
    assert_eq!(error.to_string(), "not now");
    assert_ne!(model.weights()[0], before, "what was learnt stays");
    assert_eq!(Predict::new(&model).callbacks((Fail,)).run(ones(5)).unwrap_err().to_string(), "nor now");
}

fn recorded() -> serde_json::Value {
    serde_json::from_str(include_str!("../recordings/callbacks.json")).unwrap()
}

fn floats(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_close(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found_number, expected_number) in found.iter().zip(expected) {
        assert!(
            (found_number - expected_number).abs() <= 1e-5 * expected_number.abs(),
            "{what}: {found:?} instead of {expected:?}"
        );
    }
}

#[test]
fn the_learning_rate_on_a_plateau_is_that_of_keras() {
    for case in recorded()["reduce_lr_on_plateau"].as_array().unwrap() {
        let arguments = case["arguments"].as_str().unwrap();
        let mut reduce = ReduceLROnPlateau::new("val_loss");
        for (name, value) in arguments.split(", ").filter_map(|argument| argument.split_once('=')) {
            reduce = match name {
                "patience" => reduce.patience(value.parse().unwrap()),
                "factor" => reduce.factor(value.parse().unwrap()),
                "cooldown" => reduce.cooldown(value.parse().unwrap()),
                "min_delta" => reduce.min_delta(value.parse().unwrap()),
                "min_lr" => reduce.min_lr(value.parse().unwrap()),
                "mode" if value == "'max'" => reduce.mode(Mode::Max),
                _ => panic!("{name}={value}"),
            };
        }
        let values: Vec<f64> =
            case["values"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().parse().unwrap()).collect();
        let mut model = Line::with_seed(1);
        let mut compiled = model.compile(SGD::new(0.25), MeanSquaredError::default(), ());
        let script = Script { name: "val_loss", values: &values };
        let fit = compiled.fit(ones(2), ones(2)).epochs(values.len()).verbose(0).callbacks((script, &mut reduce));
        let mut rates = fit.run().unwrap()["learning_rate"].to_vec();
        rates.push(f64::from(compiled.optimizer().current_learning_rate()));
        assert_close(&format!("{arguments} {values:?}"), &rates, &floats(&case["rates"]));
    }
}

#[test]
fn what_a_plateau_cannot_do_is_said() {
    let run = |optimizer: SGD, reduce: ReduceLROnPlateau| {
        let mut model = Line::with_seed(1);
        let mut compiled = model.compile(optimizer, MeanSquaredError::default(), ());
        compiled.fit(ones(2), ones(2)).epochs(3).verbose(0).callbacks((reduce,)).run().unwrap_err().to_string()
    };
    let error = run(SGD::new(0.0), ReduceLROnPlateau::new("loss").factor(1.0));
    assert_eq!(error, "`factor` is 1, but must be less than 1");
    let reduce = ReduceLROnPlateau::new("loss").patience(1).min_delta(1e9);
    assert!(run(SGD::new(|_| 0.5), reduce).contains("the optimizer uses a schedule"));
}

sequential! {
    /// `w·x + b`.
    struct Affine { Input(1), Dense(1) }
}

#[test]
fn averages_are_swapped_as_in_keras() {
    /// The weights at the end of each epoch.
    #[derive(Default)]
    struct Weights(Vec<Vec<f32>>);

    impl Callback for Weights {
        fn on_epoch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
            self.0.push(context.weights().to_vec());
            Ok(())
        }
    }

    let doubles = |weights: &[f32]| weights.iter().map(|&weight| f64::from(weight)).collect::<Vec<_>>();
    for (arguments, expected) in recorded()["swap_ema_weights"].as_object().unwrap() {
        let swap = SwapEMAWeights::default().swap_on_epoch(arguments == "swap_on_epoch=True");
        let mut model = Affine::new();
        model.weights_mut().copy_from_slice(&[0.5, -0.25]);
        let optimizer = SGD::new(0.1).use_ema(true).ema_momentum(0.75);
        let mut compiled = model.compile(optimizer, MeanSquaredError::default(), ());
        let (x, y) = (Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([[1.0], [3.0], [5.0], [7.0]]));
        let (test_x, test_y) = (x.slice(1..4).unwrap(), y.slice(1..4).unwrap());
        let mut weights = Weights::default();
        let fit =
            compiled.fit(&x, &y).epochs(4).batch_size(2).shuffle(false).validation_data(&test_x, &test_y).verbose(0);
        let history = fit.callbacks((swap, &mut weights)).run().unwrap();
        for name in ["loss", "val_loss"] {
            assert_close(&format!("{arguments} {name}"), &history[name], &floats(&expected[name]));
        }
        for (found, expected) in weights.0.iter().zip(expected["weights"].as_array().unwrap()) {
            assert_close(arguments, &doubles(found), &floats(expected));
        }
        assert_close(arguments, &doubles(model.weights()), &floats(&expected["last"]));
    }
    let mut model = Affine::new();
    let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let error = Evaluate::new(&mut compiled).callbacks((SwapEMAWeights::default(),)).run(ones(2), ones(2)).unwrap_err();
    assert!(matches!(error, Error::NoAverage), "{error}");
}

#[test]
fn a_callback_predicts_and_saves_with_the_model() {
    /// Predicts, saves, and freezes the model in the middle of the run.
    struct Uses(String, Vec<f32>);

    impl Callback for Uses {
        fn on_epoch_end(&mut self, epoch: usize, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
            let model = context.model::<Affine>()?;
            self.1.extend(model.predict(ones(1))?.values());
            model.save(&self.0)?;
            if epoch == 1 {
                model.freeze("dense")?;
            }
            Ok(())
        }
    }

    let folder = Folder::new("of_a_model");
    let mut model = Affine::with_seed(1);
    let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let mut uses = Uses(folder.path("model.safetensors"), Vec::new());
    compiled.fit(ones(2), Tensor::from([[5.0], [5.0]])).epochs(4).verbose(0).callbacks((&mut uses,)).run().unwrap();
    assert!(uses.1[0] != uses.1[1] && uses.1[1] == uses.1[2] && uses.1[2] == uses.1[3], "{:?}", uses.1);
    let mut loaded = Affine::new();
    loaded.load(&uses.0).unwrap();
    assert_eq!(loaded.weights(), model.weights());

    struct OfAnother;

    impl Callback for OfAnother {
        fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
            context.model::<Line>().map(|_| ())
        }
    }

    let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let error = compiled.fit(ones(2), ones(2)).verbose(0).callbacks((OfAnother,)).run().unwrap_err().to_string();
    assert!(
        error.contains("asked for the model `") && error.contains("callbacks::Line`, but this run is that of"),
        "{error}"
    );
}
