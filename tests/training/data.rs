//! Which samples are trained on and validated on, in which batches, with which weights.

use keras::prelude::*;

use crate::support::{Line, Net, assert_close, classes, column, line, mean_squared_error};

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
