//! Runs over batches of iterators, and runs without targets.

use std::cell::{Cell, RefCell};

use keras::{
    Error,
    callbacks::{Context, Logs},
    prelude::*,
};

use crate::support::{TwoHeads, TwoHeadsOutputs, assert_close, column, line, mean_squared_error};

const X: [f32; 10] = [1.0, -2.0, 3.0, 0.5, -1.5, 2.5, 4.0, -3.0, 1.5, 0.25];
const Y: [f32; 10] = [2.0, 1.0, -1.0, 0.0, 3.0, 1.0, -2.0, 0.5, 2.5, -1.0];

type Column = Tensor<Shape1<1>>;

/// Batches of two.
fn batches() -> Vec<(Column, Column)> {
    X.chunks(2).zip(Y.chunks(2)).map(|(x, y)| (column(x), column(y))).collect()
}

fn loss(rows: std::ops::Range<usize>) -> f64 {
    mean_squared_error(0.5, &X[rows.clone()], &Y[rows])
}

#[test]
fn batches_of_an_iterator_train_as_samples_do() {
    let (x, y) = (column(&X), column(&Y));
    let (mut of_samples, mut of_batches) = (line(0.5), line(0.5));
    let mut compiled = of_samples.compile(Adam::new(0.01), MeanSquaredError::default(), ());
    let history = compiled.fit(&x, &y).batch_size(2).shuffle(false).epochs(3).verbose(0).run().unwrap();
    let mut compiled = of_batches.compile(Adam::new(0.01), MeanSquaredError::default(), ());
    let fit = compiled.fit_batches(batches().into_iter().cycle()).steps_per_epoch(5).epochs(3).verbose(0);
    assert_eq!(fit.run().unwrap().to_json(), history.to_json());
    assert_eq!(of_batches.weights(), of_samples.weights());
}

#[test]
fn an_epoch_goes_on_where_the_last_one_stopped() {
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let taken = Cell::new(0);
    let counted = batches().into_iter().inspect(|_| taken.set(taken.get() + 1));
    let history = compiled.fit_batches(counted).steps_per_epoch(2).epochs(2).verbose(0).run().unwrap();
    assert_close(&history["loss"], &[loss(0..4), loss(4..8)]);
    assert_eq!(taken.get(), 4, "the fifth batch is not asked for");
    // Without a number of steps an epoch is all.
    let batches = batches();
    let history = compiled.fit_batches(batches.iter().map(|(x, y)| (x, y))).verbose(0).run().unwrap();
    assert_close(&history["loss"], &[loss(0..10)]);
}

#[test]
fn batches_that_end_are_an_error() {
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let error = compiled.fit_batches(batches()).steps_per_epoch(2).epochs(4).verbose(0).run().unwrap_err();
    assert!(matches!(error, Error::BatchesEnded { epoch: 3, epochs: 4, steps: 1 }), "{error}");
    assert_eq!(
        error.to_string(),
        "the batches ended in epoch 3 of 4, after 1 steps; `steps_per_epoch` × `epochs` batches are needed: give fewer \
         epochs, or an iterator that goes on"
    );
    let error = compiled.fit_batches(batches()).epochs(2).verbose(0).run().unwrap_err();
    assert!(matches!(error, Error::BatchesEnded { epoch: 2, epochs: 2, steps: 0 }), "{error}");
}

#[test]
fn the_error_of_a_generator_ends_the_run() {
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let mut left = batches().into_iter();
    let read = || match left.next() {
        Some((x, y)) if x.values()[0] != 3.0 => Ok((x, y)),
        _ => Err(Error::Other("the disk is full of holes".into())),
    };
    let error = compiled.fit_batches(std::iter::repeat_with(read)).steps_per_epoch(2).verbose(0).run().unwrap_err();
    assert_eq!(error.to_string(), "the disk is full of holes");
}

#[test]
fn batches_have_weights_and_validation() {
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let weighted = batches().into_iter().enumerate().map(|(at, (x, y))| (x, y, vec![at as f32, 1.0]));
    let test = Dataset { x: column(&X[..3]), y: column(&Y[..3]) };
    let fit = compiled.fit_batches(weighted).validation_data(&test.x, &test.y).verbose(0);
    let history = fit.run().unwrap();
    let error = |at: usize| f64::from(0.5 * X[at] - Y[at]).powi(2);
    let sum: f64 = (0..5).map(|at| at as f64 * error(2 * at) + error(2 * at + 1)).sum();
    assert_close(&history["loss"], &[sum / 10.0]);
    assert_close(&history["val_loss"], &[loss(0..3)]);
    for (option, fit) in [
        ("validation_split", compiled.fit_batches(batches()).validation_split(0.5).verbose(0).run()),
        ("sample_weight", compiled.fit_batches(batches()).sample_weight(&[1.0]).verbose(0).run()),
    ] {
        assert!(fit.unwrap_err().to_string().contains(option));
    }
    // Class weights are those of each batch's classes.
    let of_classes = compiled.fit_batches(vec![(column(&[1.0, 2.0]), column(&[0.0, 1.0]))]).class_weight(&[(1, 3.0)]);
    assert_close(&of_classes.verbose(0).run().unwrap()["loss"], &[(0.25 + 3.0 * 0.0) / 2.0]);
}

#[test]
fn batches_of_several_outputs_are_tuples_or_structs() {
    let x = Tensor::from([[1.0; 3], [2.0; 3]]);
    let (class, score) = (Labels::try_from([0, 1]).unwrap(), Tensor::from([[1.0], [0.5]]));
    let (mut by_position, mut by_name) = (TwoHeads::with_seed(1), TwoHeads::with_seed(1));
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let mut compiled = by_position.compile(SGD::new(0.1), losses, ());
    compiled.fit_batches([(&x, (&class, &score))]).verbose(0).run().unwrap();
    let losses = TwoHeadsOutputs { score: losses.1, class: losses.0 };
    let mut compiled = by_name.compile(SGD::new(0.1), losses, ());
    compiled.fit_batches([(&x, TwoHeadsOutputs { score, class })]).verbose(0).run().unwrap();
    assert_eq!(by_name.weights(), by_position.weights());
}

/// Counts what it is told.
#[derive(Default)]
struct Watch {
    steps: RefCell<Vec<usize>>,
    expected: usize,
}

impl Callback for Watch {
    fn on_train_batch_end(&mut self, batch: usize, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
        self.steps.get_mut().push(batch);
        self.expected = context.steps;
        if batch == 2 {
            context.stop_training();
        }
        Ok(())
    }
}

#[test]
fn callbacks_see_the_batches_of_an_iterator_and_stop_it() {
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let mut watch = Watch::default();
    compiled.fit_batches(batches()).callbacks((&mut watch,)).verbose(0).run().unwrap();
    assert_eq!((watch.steps.take(), watch.expected), (vec![0, 1, 2], 0));
}

#[test]
fn a_run_without_targets_has_its_own_steps() {
    let x = column(&X);
    let (mut own, mut plain) = (line(0.5), line(0.5));
    let mut compiled = plain.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    let expected = compiled.fit(&x, &x).batch_size(4).epochs(3).validation_split(0.3).verbose(0).run().unwrap();
    let mut compiled = own.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    let fit =
        compiled.fit_inputs(&x).test_step(|compiled, batch| Ok(compiled.loss(&Batch::new(&batch.x, &batch.x))?.logs()));
    let fit = fit.train_step(|compiled, batch| {
        let ((), x) = (batch.y, batch.x);
        let (outcome, gradients) = compiled.loss_and_gradients(&Batch::new(&x, &x))?;
        compiled.apply(&gradients)?;
        Ok(outcome.logs())
    });
    let history = fit.batch_size(4).epochs(3).validation_split(0.3).verbose(0).run().unwrap();
    assert_eq!(history.to_json(), expected.to_json());
    assert_eq!(own.weights(), plain.weights());

    // The losses of the model have no targets to be validated with.
    let mut compiled = own.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    let fit = compiled.fit_inputs(&x).train_step(|_, _| Ok(Logs::default()));
    let error = fit.validation_split(0.3).verbose(0).run().unwrap_err();
    assert!(matches!(error, Error::NoTargets), "{error}");
    // Nor has a step that is given targets.
    let fit = compiled.fit_inputs(&x).train_step(|_, _| Ok(Logs::default()));
    assert!(matches!(fit.train_step(|_, _| Ok(Logs::default())).verbose(0).run(), Err(Error::NoTargets)));
}

#[test]
fn a_model_without_losses_is_trained_by_steps() {
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.1), (), ());
    let batches = [column(&[1.0, 3.0]), column(&[2.0])];
    let fit = compiled.fit_input_batches(batches.iter().cycle()).train_step(|compiled, batch| {
        let count = batch.x.len();
        let (outputs, gradients) = compiled.model().backpropagate(&batch.x, |_| Ok(Tensor::full(count, 1.0)))?;
        compiled.apply(&gradients)?;
        Ok(Logs::default().with("sum", outputs.values().iter().sum::<f32>()))
    });
    let history = fit.steps_per_epoch(1).epochs(2).verbose(0).run().unwrap();
    // The gradient by the weight is the sum of the samples: 4, and 2.
    assert_close(&history["sum"], &[0.5 * 4.0, (0.5 - 0.1 * 4.0) * 2.0]);
    assert_close(&[f64::from(line.weights()[0])], &[0.5 - 0.1 * 6.0]);
}

/// Sixty-four of one value.
macro_rules! sixty_four {
    ($each:expr) => {
        sixty_four!(@ $each, $each, $each, $each)
    };
    (@ $($each:expr),*) => {
        ($($each, $each, $each, $each, $each, $each, $each, $each, $each, $each, $each, $each, $each, $each, $each, $each),*)
    };
}

#[test]
fn there_are_any_number_of_metrics_and_callbacks() {
    let (x, y) = (column(&X), column(&Y));
    let mut line = line(0.5);
    let mut compiled =
        line.compile(SGD::new(0.0), MeanSquaredError::default(), sixty_four!(RootMeanSquaredError::default()));
    let watches: [Watch; 64] = std::array::from_fn(|_| Watch::default());
    let fit = compiled.fit(&x, &y).callbacks(sixty_four!(TerminateOnNaN::default())).verbose(0);
    let history = fit.run().unwrap();
    assert_eq!(history.names().count(), 1 + 64);
    assert_close(&history["root_mean_squared_error_63"], &[loss(0..10).sqrt()]);

    // More than a tuple has, or a number that is known at run time.
    let metrics: Vec<Box<dyn Metric>> = (0..100).map(|_| Box::new(RootMeanSquaredError::default()) as _).collect();
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), metrics);
    let mut watches = watches;
    let callbacks: Vec<Box<dyn Callback>> = watches.iter_mut().map(|watch| Box::new(watch) as _).collect();
    let history = compiled.fit(&x, &y).batch_size(8).callbacks(callbacks).verbose(0).run().unwrap();
    assert_eq!(history.names().count(), 1 + 100);
    assert!(watches.iter_mut().all(|watch| *watch.steps.get_mut() == [0, 1]));
}
