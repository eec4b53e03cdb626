//! Which samples are trained on and validated on, in which batches, with which weights.

use keras::prelude::*;

use crate::support::{Line, Net, TwoHeads, assert_close, classes, column, line, mean_squared_error};

const X: [f32; 10] = [1.0, -2.0, 3.0, 0.5, -1.5, 2.5, 4.0, -3.0, 1.5, 0.25];
const Y: [f32; 10] = [2.0, 1.0, -1.0, 0.0, 3.0, 1.0, -2.0, 0.5, 2.5, -1.0];

/// What a run without learning reports.
fn figures(
    run: impl for<'a, 'm> FnOnce(
        keras::training::Fit<'a, 'm, Line, SGD, MeanSquaredError>,
    ) -> keras::training::Fit<'a, 'm, Line, SGD, MeanSquaredError>,
) -> History {
    let (x, y) = (column(&X), column(&Y));
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    run(compiled.fit(&x, &y).verbose(0).batch_size(4)).run().unwrap()
}

#[test]
fn validation_split_takes_the_last_samples() {
    // 10 · (1 - 0.8) is a little less than 2 in floating point, and rounded down as in Keras.
    for (share, training) in [(0.25, 7), (0.3, 7), (0.1, 9), (0.8, 1), (0.01, 9)] {
        let history = figures(|fit| fit.validation_split(share));
        assert_close(&history["loss"], &[mean_squared_error(0.5, &X[..training], &Y[..training])]);
        assert_close(&history["val_loss"], &[mean_squared_error(0.5, &X[training..], &Y[training..])]);
    }
    assert!(figures(|fit| fit).get("val_loss").is_none());
}

#[test]
fn validation_data_come_before_a_split() {
    let (x, y) = ([7.0, -7.0, 1.0], [1.0, 2.0, 3.0]);
    let history = figures(|fit| fit.validation_split(0.5).validation_data(column(&x), column(&y)));
    assert_close(&history["loss"], &[mean_squared_error(0.5, &X, &Y)]);
    assert_close(&history["val_loss"], &[mean_squared_error(0.5, &x, &y)]);
}

#[test]
fn a_smaller_last_batch_counts_by_its_samples() {
    for batch_size in [1, 3, 4, 9, 10, 11, 1000] {
        let history = figures(|fit| fit.batch_size(batch_size).epochs(2).validation_data(column(&X), column(&Y)));
        let expected = [mean_squared_error(0.5, &X, &Y); 2];
        assert_close(&history["loss"], &expected);
        assert_close(&history["val_loss"], &expected);
    }
}

#[test]
fn a_loss_is_measured_before_its_step() {
    let (x, y) = (column(&X), column(&Y));
    let (mut line, mut w) = (line(0.5), 0.5);
    let mut compiled = line.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    let history = compiled.fit(&x, &y).epochs(3).batch_size(4).shuffle(false).verbose(0).run().unwrap();
    let mut expected = Vec::new();
    for _ in 0..3 {
        let mut sum = 0.0;
        for (x, y) in X.chunks(4).zip(Y.chunks(4)) {
            sum += mean_squared_error(w, x, y) * x.len() as f64;
            let slope: f32 = x.iter().zip(y).map(|(x, y)| 2.0 * (w * x - y) * x).sum::<f32>() / x.len() as f32;
            w -= 0.01 * slope;
        }
        expected.push(sum / X.len() as f64);
    }
    assert_close(&history["loss"], &expected);
    assert_close(&[f64::from(line.weights()[0])], &[f64::from(w)]);
}

#[test]
fn sample_weights_weigh_losses_and_steps() {
    static WEIGHTS: [f32; 10] = [0.0, 1.0, 2.0, 0.5, 3.0, 1.0, 0.0, 4.0, 0.25, 1.5];
    let weighted = |rows: std::ops::Range<usize>| {
        let n = rows.len() as f64;
        rows.map(|at| f64::from(WEIGHTS[at]) * f64::from(0.5 * X[at] - Y[at]).powi(2)).sum::<f64>() / n
    };
    let history = figures(|fit| fit.sample_weight(&WEIGHTS).validation_split(0.3));
    assert_close(&history["loss"], &[weighted(0..7)]);
    assert_close(&history["val_loss"], &[weighted(7..10)]);

    let (x, y) = (column(&X), column(&Y));
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    compiled.fit(&x, &y).sample_weight(&WEIGHTS).batch_size(10).verbose(0).run().unwrap();
    let slope: f32 = (0..10).map(|at| WEIGHTS[at] * 2.0 * (0.5 * X[at] - Y[at]) * X[at]).sum::<f32>() / 10.0;
    assert_close(&[f64::from(line.weights()[0])], &[f64::from(0.5 - 0.01 * slope)]);
}

#[test]
fn class_weights_are_the_weights_of_their_samples() {
    let (x, labels) = classes(20);
    let weight = |class: u32| {
        if class == 2 {
            3.0
        } else if class == 0 {
            0.25
        } else {
            1.0
        }
    };
    let weights: Vec<f32> = labels.values().iter().map(|&class| weight(class)).collect();
    let vectors = labels.one_hot::<4>().unwrap();
    let by_class: &[(u32, f32)] = &[(2, 3.0), (0, 0.25)];
    macro_rules! trained {
        ($loss:expr, $y:expr, $option:ident($given:expr)) => {{
            let mut model = Net::with_seed(8);
            let mut compiled = model.compile(Adam::new(0.01), $loss, ());
            compiled.fit(&x, $y).epochs(2).batch_size(6).$option($given).verbose(0).run().unwrap();
            model.weights().to_vec()
        }};
    }
    let (sparse, dense) = (SparseCategoricalCrossentropy::default(), CategoricalCrossentropy::default());
    assert_eq!(trained!(sparse, &labels, class_weight(by_class)), trained!(sparse, &labels, sample_weight(&weights)));
    assert_eq!(trained!(dense, &vectors, class_weight(by_class)), trained!(dense, &vectors, sample_weight(&weights)));
    assert_ne!(trained!(sparse, &labels, class_weight(by_class)), trained!(sparse, &labels, class_weight(&[])));
}

#[test]
fn class_weights_round_numbers_and_leave_validation_alone() {
    // The classes are 0 (of 0.5, which is rounded to the even number), 1, 2 and 2 (of 1.5).
    let (x, y) = ([1.0, 2.0, 3.0, 4.0], [0.5, 1.0, 2.0, 1.5]);
    let (mut line, all) = (line(0.5), (column(&x), column(&y)));
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let fit = compiled.fit(&all.0, &all.1).class_weight(&[(0, 8.0), (2, 3.0)]).validation_split(0.25).verbose(0);
    let history = fit.run().unwrap();
    let error = |at: usize| f64::from(0.5 * x[at] - y[at]).powi(2);
    assert_close(&history["loss"], &[(8.0 * error(0) + error(1) + 3.0 * error(2)) / 3.0]);
    assert_close(&history["val_loss"], &[error(3)]);
}

#[test]
fn an_epoch_of_so_many_steps_goes_on_where_the_last_one_ended() {
    // Five batches of two: an epoch of two, another, the fifth one and the first, and so on.
    let history = figures(|fit| fit.batch_size(2).steps_per_epoch(2).epochs(5).shuffle(false));
    let part = |rows: std::ops::Range<usize>| mean_squared_error(0.5, &X[rows.clone()], &Y[rows]);
    let over_the_end = (part(8..10) + part(0..2)) / 2.0;
    assert_close(&history["loss"], &[part(0..4), part(4..8), over_the_end, part(2..6), part(6..10)]);
    // As many as there are, are all; more are some of them twice.
    let all = [mean_squared_error(0.5, &X, &Y); 2];
    for steps in [5, 10] {
        assert_close(&figures(|fit| fit.batch_size(2).steps_per_epoch(steps).epochs(2))["loss"], &all);
    }
    let history = figures(|fit| fit.batch_size(2).steps_per_epoch(6).shuffle(false));
    assert_close(&history["loss"], &[(10.0 * all[0] + 2.0 * part(0..2)) / 12.0]);
    // The last batch may be smaller: two of four, one of two, and one of four.
    let history = figures(|fit| fit.steps_per_epoch(4).shuffle(false));
    assert_close(&history["loss"], &[(10.0 * all[0] + 4.0 * part(0..4)) / 14.0]);
    // Shuffled once for all epochs of a pass: the samples of its epochs are all samples.
    let history = figures(|fit| fit.batch_size(2).steps_per_epoch(1).epochs(5));
    assert_close(&[history["loss"].iter().sum::<f64>() / 5.0], &all[..1]);
}

#[test]
fn validation_every_few_epochs() {
    let history = figures(|fit| fit.initial_epoch(1).epochs(7).validation_split(0.3).validation_freq(3));
    assert_eq!((history["loss"].len(), history["val_loss"].len(), history.epochs()), (6, 2, 6));
    let csv = history.to_csv();
    let validated = csv.lines().skip(1).filter(|line| !line.ends_with(','));
    let epochs: Vec<&str> = validated.filter_map(|line| line.split(',').next()).collect();
    assert_eq!(epochs, ["2", "5"]); // the third and the sixth
    assert!(figures(|fit| fit.validation_split(0.3).validation_freq(2)).get("val_loss").is_none());
}

#[test]
fn callbacks_wait_for_the_next_validation() {
    let (x, y) = (column(&X), column(&Y));
    let mut line = line(0.5);
    let mut stopping = EarlyStopping::new("val_loss").patience(2);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let fit = compiled.fit(&x, &y).validation_data(&x, &y).validation_freq(3).epochs(100).verbose(0);
    let history = fit.callbacks((&mut stopping,)).run().unwrap();
    // Nothing is learnt: validated after 3, 6 and 9 epochs, of which the last two are no better.
    assert_eq!((stopping.stopped_epoch(), history["val_loss"].len()), (Some(8), 3));
    let fit = compiled.fit(&x, &y).validation_data(&x, &y).validation_freq(3).epochs(2).verbose(0);
    let mut misspelt = EarlyStopping::new("vall_loss");
    assert!(matches!(fit.callbacks((&mut misspelt,)).run(), Err(keras::Error::UnknownMonitor { .. })));
}

#[test]
fn a_run_starts_at_its_first_epoch() {
    let (x, y) = classes(30);
    let train = |runs: &[(usize, usize)]| {
        let mut model = Net::with_seed(8);
        let mut compiled = model.compile(Adam::new(0.01), SparseCategoricalCrossentropy::default(), ());
        for &(first, epochs) in runs {
            compiled.fit(&x, &y).initial_epoch(first).epochs(epochs).batch_size(8).verbose(0).run().unwrap();
        }
        model.weights().to_vec()
    };
    assert_eq!(train(&[(0, 4)]), train(&[(0, 1), (3, 3), (1, 4)]));
}

#[test]
fn one_batch_of_any_size() {
    let (x, y) = classes(75);
    let mut model = Net::with_seed(4);
    assert_eq!(model.predict_on_batch(&x).unwrap(), Predict::new(&model).batch_size(75).run(&x).unwrap());
    let mut compiled = model.compile(SGD::new(0.0), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let together = Evaluate::new(&mut compiled).batch_size(75).run(&x, &y).unwrap();
    assert_eq!(compiled.test_on_batch(&x, &y).unwrap(), together);
    // Each call is of its own batch alone.
    assert_eq!(compiled.test_on_batch(&x, &y).unwrap(), together);
}

#[test]
fn metrics_do_not_see_sample_weights() {
    let (x, y) = (column(&X), column(&Y));
    let mut line = line(0.5);
    let metrics = (keras::metrics::MeanAbsoluteError::default(),);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), metrics);
    let fit = compiled.fit(&x, &y).sample_weight(&[0.0, 9.0, 1.0, 3.0, 0.0, 2.0, 4.0, 8.0, 0.0, 1.0]);
    let history = fit.validation_split(0.4).verbose(0).run().unwrap();
    let mean = |rows: std::ops::Range<usize>| {
        let n = rows.len() as f64;
        rows.map(|at| f64::from((0.5 * X[at] - Y[at]).abs())).sum::<f64>() / n
    };
    assert_close(&history["mean_absolute_error"], &[mean(0..6)]);
    assert_close(&history["val_mean_absolute_error"], &[mean(6..10)]);
}

#[test]
fn weighted_metrics_see_sample_weights() {
    static WEIGHTS: [f32; 10] = [0.0, 9.0, 1.0, 3.0, 0.0, 2.0, 4.0, 8.0, 0.0, 1.0];
    let (x, y) = (column(&X), column(&Y));
    let mut line = line(0.5);
    let mut compiled = line
        .compile(SGD::new(0.0), MeanSquaredError::default(), (keras::metrics::MeanAbsoluteError::default(),))
        .weighted_metrics((keras::metrics::MeanAbsoluteError::default(), keras::metrics::MeanSquaredError::default()));
    let history = compiled.fit(&x, &y).sample_weight(&WEIGHTS).validation_split(0.4).verbose(0).run().unwrap();
    let mean = |rows: std::ops::Range<usize>, power: i32| {
        let weight: f64 = WEIGHTS[rows.clone()].iter().map(|&weight| f64::from(weight)).sum();
        rows.map(|at| f64::from(WEIGHTS[at] * (0.5 * X[at] - Y[at]).abs().powi(power))).sum::<f64>() / weight
    };
    assert_close(&history["weighted_mean_absolute_error"], &[mean(0..6, 1)]);
    assert_close(&history["val_weighted_mean_absolute_error"], &[mean(6..10, 1)]);
    assert_close(&history["val_mean_squared_error"], &[mean(6..10, 2)]);
    let evaluation = compiled.evaluate(&x, &y).unwrap();
    let names: Vec<_> = evaluation.iter().map(|(name, _)| name).collect();
    let expected = ["loss", "mean_absolute_error", "weighted_mean_absolute_error", "mean_squared_error"];
    assert_eq!(names, expected);
    assert_eq!(evaluation["weighted_mean_absolute_error"], evaluation["mean_absolute_error"]);
}

#[test]
fn metrics_start_anew_in_each_epoch() {
    let (x, y) = classes(23);
    let mut model = Net::with_seed(3);
    let mut compiled = model.compile(SGD::new(0.0), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let alone = compiled.evaluate(&x, &y).unwrap();
    // The moving averages of the normalization are frozen, so that nothing at all is learnt.
    compiled.model().freeze("batch_normalization").unwrap();
    let history = compiled.fit(&x, &y).epochs(3).batch_size(5).validation_data(&x, &y).verbose(0).run().unwrap();
    assert_eq!(history["val_accuracy"], [alone["accuracy"]; 3]);
    assert_close(&history["val_loss"], &[alone.loss; 3]);
    assert_eq!(compiled.evaluate(&x, &y).unwrap()["accuracy"], alone["accuracy"]);
}

#[test]
fn validating_changes_nothing() {
    let (x, y) = classes(40);
    let train = |validate: bool| {
        let mut model = Net::with_seed(8);
        let mut compiled = model.compile(Adam::new(0.01), SparseCategoricalCrossentropy::default(), ());
        let fit = compiled.fit(&x, &y).epochs(3).batch_size(7).verbose(0);
        let fit = if validate { fit.validation_data(&x, &y) } else { fit };
        fit.run().unwrap();
        model.weights().to_vec()
    };
    assert_eq!(train(true), train(false));
}

#[test]
fn a_run_goes_on_where_the_last_one_stopped() {
    let (x, y) = classes(30);
    let train = |epochs: &[usize]| {
        let mut model = Net::with_seed(8);
        let mut compiled = model.compile(Adam::new(0.01), SparseCategoricalCrossentropy::default(), ());
        for &epochs in epochs {
            compiled.fit(&x, &y).epochs(epochs).batch_size(8).verbose(0).run().unwrap();
        }
        model.weights().to_vec()
    };
    assert_eq!(train(&[4]), train(&[1, 0, 3]));
    assert_eq!(train(&[0]), Net::with_seed(8).weights());
}

#[test]
fn predictions_do_not_depend_on_the_batch_size() {
    let (x, _) = classes(11);
    let model = Net::with_seed(4);
    let all = model.predict(&x).unwrap();
    assert_eq!(all.len(), 11);
    for batch_size in [1, 2, 5, 11, 12] {
        let batched = Predict::new(&model).batch_size(batch_size).run(&x).unwrap();
        for (a, b) in all.values().iter().zip(batched.values()) {
            assert!((a - b).abs() < 1e-6);
        }
    }
}

#[test]
fn weights_of_each_output() {
    let (x, class) = classes(30);
    let score = column(&(0..30).map(|at| at as f32 / 30.0).collect::<Vec<_>>());
    let weights: Vec<f32> = (0..30).map(|at| (at % 3) as f32).collect();
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    macro_rules! trained {
        ($weight:expr) => {{
            let mut model = TwoHeads::with_seed(8);
            let mut compiled = model.compile(SGD::new(0.1), losses, ());
            let fit = compiled.fit(&x, (&class, &score)).batch_size(7).validation_split(0.2).verbose(0);
            let history = fit.sample_weight($weight).run().unwrap();
            (history, model.weights().to_vec())
        }};
    }
    // The same for all outputs; that of one output alone; 1 for an output that has none.
    assert_eq!(trained!(&weights), trained!((&weights, &weights)));
    let (of_class, all) = (trained!((&weights, ())), trained!(()));
    let of_both = trained!((&weights, &[1.0; 30]));
    for name in of_class.0.names() {
        assert_close(&of_class.0[name], &of_both.0[name]);
    }
    assert_ne!(of_class.0["class_loss"], all.0["class_loss"]);
    assert_ne!(of_class.0["val_class_loss"], all.0["val_class_loss"]);
    assert_ne!(of_class.1, trained!(((), &weights)).1);
}

#[test]
fn weights_of_each_position() {
    sequential! { struct Rows { Input(2, 3), Dense(4, activation = "softmax") } }
    let samples = 9;
    let x = (0..samples * 6).map(|at| ((at * 37) % 29) as f32 / 14.5 - 1.0).collect();
    let (x, y) = (
        Tensor::<Shape2<2, 3>>::from_vec(x).unwrap(),
        Labels::<Shape1<2>>::from_shape_vec((0..samples as u32 * 2).map(|at| at % 4).collect()).unwrap(),
    );
    // The second position counts nothing: its labels do not matter.
    let weights = Tensor::<Shape1<2>>::from_vec([1.0, 0.0].repeat(samples)).unwrap();
    let other = y.values().iter().enumerate().map(|(at, &label)| if at % 2 == 1 { 3 - label } else { label }).collect();
    let other = Labels::<Shape1<2>>::from_shape_vec(other).unwrap();
    let trained = |y: &Labels<Shape1<2>>| {
        let mut rows = Rows::with_seed(8);
        let mut compiled = rows
            .compile(SGD::new(0.1), SparseCategoricalCrossentropy::default(), ())
            .weighted_metrics((Accuracy::default(),));
        let history = compiled.fit(&x, y).sample_weight(&weights).batch_size(4).epochs(2).verbose(0).run().unwrap();
        (history, rows.weights().to_vec())
    };
    assert_eq!(trained(&y), trained(&other));
}

#[test]
fn validation_in_batches_of_its_own() {
    const WEIGHTS: [f32; 10] = [0.0, 1.0, 2.0, 0.5, 3.0, 1.0, 0.0, 4.0, 0.25, 1.5];
    struct Batches(Vec<usize>);
    impl Callback for Batches {
        fn on_test_batch_begin(&mut self, batch: usize, _: &mut keras::callbacks::Context<'_>) -> keras::Result<()> {
            self.0.push(batch);
            Ok(())
        }
    }
    let (x, y) = (column(&X), column(&Y));
    let mut line = line(0.5);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let mut batches = Batches(Vec::new());
    let fit = compiled.fit(&x, &y).validation_data(&x, &y).validation_batch_size(3).validation_steps(2).batch_size(5);
    let history = fit.callbacks((&mut batches,)).verbose(0).run().unwrap();
    assert_eq!(batches.0, [0, 1]);
    assert_close(&history["val_loss"], &[mean_squared_error(0.5, &X[..6], &Y[..6])]);
    let fit = compiled.fit(&x, &y).validation_split(0.4).validation_batch_size(3).validation_steps(9).verbose(0);
    assert_close(&fit.run().unwrap()["val_loss"], &[mean_squared_error(0.5, &X[6..], &Y[6..])]);
    let fit = compiled.fit(&x, &y).validation_data(&x, &y).validation_sample_weight(&WEIGHTS).verbose(0);
    let weighted = fit.run().unwrap()["val_loss"][0];
    let evaluation = Evaluate::new(&mut compiled).sample_weight(&WEIGHTS).batch_size(32).run(&x, &y).unwrap();
    assert_close(&[weighted], &[evaluation.loss]);
    assert!((weighted - mean_squared_error(0.5, &X, &Y)).abs() > 1e-3);
    let some = Evaluate::new(&mut compiled).batch_size(4).steps(2).run(&x, &y).unwrap();
    assert_close(&[some.loss], &[mean_squared_error(0.5, &X[..8], &Y[..8])]);
    assert_eq!(Predict::new(&line).batch_size(4).steps(2).run(&x).unwrap().len(), 8);
}
