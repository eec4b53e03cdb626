//! Training steps of one's own: in `fit`, and what they are made of.

use keras::{
    Error,
    callbacks::{Context, Logs},
    data::SampleWeight,
    metrics::MeanAbsoluteError as MeanAbsoluteErrorMetric,
    prelude::*,
};

use crate::support::{Net, TwoHeads, assert_close, classes, column, line};

/// What `fit` does by itself, as a step of one's own.
macro_rules! usual_step {
    () => {
        |compiled, batch| {
            let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
            compiled.apply(&gradients)?;
            compiled.update_metrics(&batch, &outcome.predictions)?;
            Ok(outcome.logs())
        }
    };
}

#[test]
fn the_usual_step_is_what_fit_does() {
    let (x, y) = classes(50);
    let weights: Vec<f32> = (0..50).map(|at| 0.5 + (at % 3) as f32).collect();
    let run = |own: bool| {
        let mut model = Net::with_seed(5);
        let optimizer = Adam::new(0.02).weight_decay(0.01).exclude_from_weight_decay(&["bias"]).clipnorm(0.5);
        let mut compiled = model
            .compile(optimizer, SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
            .weighted_metrics((SparseTopKCategoricalAccuracy::default(),));
        let fit = compiled.fit(&x, &y).epochs(3).batch_size(8).sample_weight(&weights).validation_split(0.2).verbose(0);
        let fit = if own { fit.train_step(usual_step!()) } else { fit };
        let history = fit.run().unwrap();
        (history, model.weights().to_vec())
    };
    let (expected, found) = (run(false), run(true));
    assert_eq!(found.1, expected.1);
    let names: Vec<&str> = expected.0.names().collect();
    assert_eq!(found.0.names().collect::<Vec<_>>(), names);
    for name in names {
        assert_close(&found.0[name], &expected.0[name]);
    }
}

#[test]
fn with_several_outputs_as_well() {
    let (x, class) = classes(30);
    let score = column(&(0..30).map(|at| at as f32 / 30.0).collect::<Vec<_>>());
    let (by_class, by_score): (Vec<f32>, Vec<f32>) = (0..30).map(|at| ((at % 4) as f32, (at % 2) as f32)).unzip();
    let run = |own: bool| {
        let mut model = TwoHeads::with_seed(5);
        let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
        let metrics = ((Accuracy::default(),), (MeanAbsoluteErrorMetric::default(),));
        let mut compiled = model.compile(SGD::new(0.1), losses, ()).loss_weights([1.0, 0.5]).weighted_metrics(metrics);
        let fit = compiled.fit(&x, (&class, &score)).batch_size(8).sample_weight((&by_class, &by_score)).verbose(0);
        let fit = if own { fit.train_step(usual_step!()) } else { fit };
        let history = fit.run().unwrap();
        (history, model.weights().to_vec())
    };
    let (expected, found) = (run(false), run(true));
    assert_eq!(found.1, expected.1);
    let names = ["class_accuracy", "class_loss", "loss", "score_loss", "score_mean_absolute_error"];
    assert_eq!(found.0.names().collect::<Vec<_>>(), names);
    for name in names {
        assert_close(&found.0[name], &expected.0[name]);
    }
}

#[test]
fn callbacks_and_validation_go_on_as_ever() {
    /// Counts its hooks, and keeps the loss of each batch.
    #[derive(Default)]
    struct Watch {
        batches: Vec<f64>,
        epochs: usize,
        tests: usize,
    }
    impl Callback for Watch {
        fn on_train_batch_end(&mut self, _: usize, logs: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
            assert!(logs.get("accuracy").is_some() && logs.get("twice").is_some());
            self.batches.push(logs.get("batch_loss").unwrap());
            Ok(())
        }
        fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
            assert!(logs.get("val_accuracy").is_some() && logs.get("val_twice").is_none());
            self.epochs += 1;
            if self.epochs == 3 {
                context.stop_training();
            }
            Ok(())
        }
        fn on_test_batch_end(&mut self, _: usize, _: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
            self.tests += 1;
            Ok(())
        }
    }
    let (x, y) = classes(20);
    let (mut model, mut watch) = (Net::with_seed(5), Watch::default());
    let mut compiled = model.compile(SGD::new(0.1), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let fit = compiled.fit(&x, &y).validation_data(&x, &y).epochs(10).batch_size(6).verbose(0);
    let mut steps = 0;
    let history = fit
        .train_step(|compiled, batch| {
            steps += 1;
            let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
            compiled.apply(&gradients)?;
            compiled.update_metrics(&batch, &outcome.predictions)?;
            Ok(outcome.logs().with("twice", 2.0 * outcome.loss))
        })
        .callbacks((&mut watch,))
        .run()
        .unwrap();
    assert_eq!((steps, watch.batches.len(), watch.epochs, watch.tests), (12, 12, 3, 12));
    assert_eq!(history.names().collect::<Vec<_>>(), ["accuracy", "loss", "twice", "val_accuracy", "val_loss"]);
    // Means over the samples: the last batch has two of them only.
    let mean =
        watch.batches[..4].iter().zip([6.0, 6.0, 6.0, 2.0]).map(|(loss, samples)| loss * samples).sum::<f64>() / 20.0;
    assert_close(&[history["loss"][0], history["twice"][0]], &[mean, 2.0 * mean]);
}

#[test]
fn figures_are_those_that_the_step_gives() {
    let (x, y) = (column(&[1.0, 2.0, 3.0]), column(&[2.0, 4.0, 6.0]));
    let mut line = line(1.0);
    let metrics = (MeanAbsoluteErrorMetric::default(),);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), metrics);
    // No loss, no metrics; a figure that not every batch has.
    let fit = compiled.fit(&x, &y).batch_size(1).shuffle(false).callbacks((TerminateOnNaN::default(),)).verbose(0);
    let history = fit
        .train_step(|_, batch| {
            let x = batch.x.values()[0];
            let logs = Logs::default().with("largest", x);
            Ok(if x > 1.5 { logs.with("large", x) } else { logs })
        })
        .run()
        .unwrap();
    assert_eq!(history.names().collect::<Vec<_>>(), ["large", "largest"]);
    assert_eq!((&history["largest"][..], &history["large"][..]), (&[2.0][..], &[2.5][..]));
    // A figure of one's own takes the place of a metric of its name.
    let history = compiled
        .fit(&x, &y)
        .verbose(0)
        .train_step(|compiled, batch| {
            compiled.update_metrics(&batch, &batch.x)?;
            Ok(Logs::default().with("mean_absolute_error", 7.0))
        })
        .run()
        .unwrap();
    assert_eq!(history["mean_absolute_error"], [7.0]);
    assert_eq!(history.get("loss"), None);
}

#[test]
fn an_error_of_a_step_ends_the_run() {
    let (x, y) = (column(&[1.0, 2.0]), column(&[2.0, 4.0]));
    let mut line = line(1.0);
    let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let run = compiled.fit(&x, &y).verbose(0).train_step(|_, _| Err(Error::Other("no".into()))).run();
    assert_eq!(run.unwrap_err().to_string(), "no");
    let run = compiled.fit(&x, &y).verbose(0).validation_data(&x, &y).test_step(|_, _| Err(Error::NoSamples)).run();
    assert!(matches!(run, Err(Error::NoSamples)));
    let losses = compiled.fit(&x, &y).verbose(0).train_step(|compiled, mut batch| {
        batch.y = batch.y.slice(..1)?;
        compiled.loss_and_gradients(&batch).map(|(outcome, _)| outcome.logs())
    });
    assert_eq!(losses.run().unwrap_err().to_string(), "there are 2 samples, but 1 targets");
}

#[test]
fn mixtures_of_samples() {
    let (x, y) = classes(40);
    let y = y.one_hot::<4>().unwrap();
    let mut model = Net::with_seed(3);
    let mut compiled = model.compile(Adam::new(0.02), CategoricalCrossentropy::default(), ());
    let mut seen = Vec::new();
    let history = compiled
        .fit(&x, &y)
        .batch_size(10)
        .epochs(20)
        .verbose(0)
        .train_step(|compiled, mut batch| {
            // Each sample and its target with the next one, 3 to 1.
            let order: Vec<usize> = (0..batch.x.len()).map(|at| (at + 1) % batch.x.len()).collect();
            let (other_x, other_y) = (batch.x.gather(&order).unwrap(), batch.y.gather(&order).unwrap());
            batch.x.values_mut().iter_mut().zip(other_x.values()).for_each(|(x, other)| *x = 0.75 * *x + 0.25 * other);
            batch.y.values_mut().iter_mut().zip(other_y.values()).for_each(|(y, other)| *y = 0.75 * *y + 0.25 * other);
            seen.extend(batch.y.samples().map(|sample| sample.iter().sum::<f32>()));
            let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
            compiled.apply(&gradients)?;
            Ok(outcome.logs())
        })
        .run()
        .unwrap();
    assert!(seen.len() == 800 && seen.iter().all(|&sum| sum == 1.0));
    assert!(history["loss"][19] < history["loss"][0]);
}

#[test]
fn two_optimizers_for_two_parts() {
    let (x, y) = classes(24);
    let mut model = Net::with_seed(3);
    let mut fast = SGD::new(0.5).weight_decay(0.25);
    let mut expected = Net::with_seed(3);
    let mut compiled = model.compile(Adam::new(0.01).weight_decay(0.5), SparseCategoricalCrossentropy::default(), ());
    compiled
        .fit(&x, &y)
        .verbose(0)
        .train_step(|compiled, batch| {
            let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
            compiled.apply(&gradients.only(&["dense", "batch_normalization"])?)?;
            fast.apply(compiled.model(), &gradients.only(&["dense_1"])?)?;
            Ok(outcome.logs())
        })
        .run()
        .unwrap();
    // The same by two models, each with the other part frozen.
    let whole = |part: &[&str], apply: &mut dyn FnMut(&mut Net, &keras::training::Gradients)| {
        let mut model = Net::with_seed(3);
        for layer in part {
            model.freeze(layer).unwrap();
        }
        let mut compiled = model.compile(SGD::new(0.0), SparseCategoricalCrossentropy::default(), ());
        compiled
            .fit(&x, &y)
            .verbose(0)
            .train_step(|compiled, batch| {
                let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
                apply(compiled.model(), &gradients);
                Ok(outcome.logs())
            })
            .run()
            .unwrap();
        model
    };
    let slow = whole(&["dense_1"], &mut |model, gradients| {
        Adam::new(0.01).weight_decay(0.5).apply(model, gradients).unwrap();
    });
    let quick = whole(&["dense"], &mut |model, gradients| {
        SGD::new(0.5).weight_decay(0.25).apply(model, gradients).unwrap();
    });
    expected.dense_mut().trainable().copy_from_slice(slow.dense().trainable());
    expected.dense_1_mut().trainable().copy_from_slice(quick.dense_1().trainable());
    assert_eq!(model.dense().trainable(), expected.dense().trainable());
    assert_eq!(model.dense_1().trainable(), expected.dense_1().trainable());
    assert_ne!(model.dense_1().trainable(), Net::with_seed(3).dense_1().trainable());
}

#[test]
fn gradients_of_layers_by_their_paths() {
    sequential! { struct Encoder { Input(3), Dense(4, name = "first"), BatchNormalization(), Dense(2, name = "second") } }
    sequential! { struct Whole { Input(3), Dense(3), Encoder(name = "encoder"), Dense(1, name = "score") } }
    let x = Tensor::from([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]]);
    let y = column(&[1.0, -1.0]);
    let mut model = Whole::with_seed(2);
    let (_, mut gradients) = model.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    let all = gradients.values().to_vec();
    let parts = ["dense", "encoder/first", "encoder/batch_normalization", "encoder/second", "score"];
    assert_eq!(parts.map(|part| gradients.of(part).unwrap().len()), [12, 16, 8, 10, 3]);
    assert_eq!(parts.map(|part| gradients.of(part).unwrap()).concat(), all);
    assert_eq!(gradients.of("encoder").unwrap(), &all[12..46]);
    gradients.of_mut("encoder/second").unwrap().fill(0.0);
    assert!(gradients.values()[36..46].iter().all(|&gradient| gradient == 0.0));
    let error = gradients.only(&["score", "encoder/third"]).unwrap_err();
    assert!(matches!(error, Error::UnknownLayer { .. }), "{error}");

    let before = model.weights().to_vec();
    let some = gradients.only(&["encoder/first", "score"]).unwrap();
    SGD::new(0.1).apply(&mut model, &some.only(&["encoder"]).unwrap()).unwrap(); // what both say
    let changed: Vec<usize> = (0..49).filter(|&at| model.weights()[at] != before[at]).collect();
    assert!(changed.iter().all(|at| (12..28).contains(at)) && changed.len() >= 12, "{changed:?}");
}

#[test]
fn gradients_by_inputs_are_differences() {
    model! {
        struct Both(a: Input(3), b: Input(2)) {
            let x = Concatenate()([Dense(4, activation = "tanh")(a), b]);
            let x = LayerNormalization()(x);
            (Dense(3, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
        }
    }
    let samples = 3000; // more than one slice
    let values =
        |count: usize, by: usize| (0..samples * count).map(|at| ((at * by) % 29) as f32 / 14.5 - 1.0).collect();
    let mut a = Tensor::<Shape1<3>>::from_vec(values(3, 37)).unwrap();
    let mut b = Tensor::<Shape1<2>>::from_vec(values(2, 17)).unwrap();
    let class = Labels::from_vec((0..samples).map(|at| (at % 3) as u32).collect());
    let score = column(&values(1, 11));
    let mut model = Both::with_seed(4);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let before = model.weights().to_vec();
    let mut compiled = model.compile(SGD::default(), losses, ()).loss_weights([0.5, 2.0]);
    let weights: Vec<f32> = (0..samples).map(|at| (at % 4) as f32).collect();
    let batch = Batch::new((a.clone(), b.clone()), (class.clone(), score.clone())).sample_weight(&weights);
    let (outcome, (by_a, by_b)) = compiled.loss_and_input_gradients(&batch).unwrap();
    assert_eq!((by_a.len(), by_b.len(), outcome.predictions.0.len()), (samples, samples, samples));
    // One sample's loss is one of 3000: the difference is taken of the one alone.
    for sample in [1, 1499, 2999] {
        let one = [sample];
        let share = samples as f32;
        for at in 0..5 {
            let mut loss = |by: f32| {
                let values = if at < 3 {
                    &mut a.values_mut()[sample * 3 + at]
                } else {
                    &mut b.values_mut()[sample * 2 + at - 3]
                };
                let old = *values;
                *values += by;
                let (x, y) = (
                    (a.gather(&one).unwrap(), b.gather(&one).unwrap()),
                    (class.gather(&one).unwrap(), score.gather(&one).unwrap()),
                );
                let loss = compiled.loss(&Batch::new(x, y).sample_weight(&weights[sample..=sample])).unwrap().loss;
                let values = if at < 3 {
                    &mut a.values_mut()[sample * 3 + at]
                } else {
                    &mut b.values_mut()[sample * 2 + at - 3]
                };
                *values = old;
                f64::from(loss)
            };
            let difference = (loss(1e-2) - loss(-1e-2)) / 2e-2;
            let found = if at < 3 { by_a[sample][at] } else { by_b[sample][at - 3] };
            let found = f64::from(found * share);
            assert!(
                (found - difference).abs() < 2e-2 * difference.abs().max(0.1),
                "{sample} {at}: {found}, not {difference}"
            );
        }
    }
    // A smaller batch afterwards has its own alone.
    let (x, y) =
        ((a.slice(0..2).unwrap(), b.slice(0..2).unwrap()), (class.slice(0..2).unwrap(), score.slice(0..2).unwrap()));
    let (_, (by_a, _)) = compiled.loss_and_input_gradients(&Batch::new(x, y)).unwrap();
    assert_eq!(by_a.len(), 2);
    assert_eq!(model.weights(), before);
}

#[test]
fn ids_have_no_gradient() {
    sequential! { struct Words { Input(3), Embedding(5, 2), Flatten(), Dense(1) } }
    let x = Tensor::from([[1.0, 4.0, 0.0]]);
    let (_, by_x) =
        Words::with_seed(1).loss_and_input_gradients(&x, column(&[1.0]), &MeanSquaredError::default()).unwrap();
    assert_eq!(by_x.values(), [0.0; 3]);
}

#[test]
fn two_models_in_a_row_learn_as_one() {
    sequential! { struct Front { Input(3), Dense(4, activation = "tanh"), BatchNormalization() } }
    sequential! { struct Back { Input(4), Dense(4, activation = "softmax") } }
    sequential! { struct Both { Input(3), Front(name = "front"), Back(name = "back") } }
    let (x, y) = classes(300);
    let loss = SparseCategoricalCrossentropy::default();
    let mut both = Both::with_seed(6);
    let (mut front, mut back) = (Front::with_seed(1), Back::with_seed(1));
    front.weights_mut()[..24].copy_from_slice(&both.weights()[..24]);
    back.weights_mut().copy_from_slice(&both.weights()[24..44]);
    let (expected_loss, expected) = both.loss_and_gradients(&x, &y, &loss).unwrap();
    let mut found_loss = 0.0;
    let (between, by_front) = front
        .backpropagate(&x, |between| {
            let (loss, by_between) = back.loss_and_input_gradients(between, &y, &loss)?;
            found_loss = loss;
            Ok(by_between)
        })
        .unwrap();
    assert_close(&[found_loss.into()], &[expected_loss.into()]);
    for (found, expected) in by_front.values().iter().zip(expected.of("front").unwrap()) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
    assert_eq!(between.len(), 300);
    // In training mode: the averages of the normalization have moved, in both.
    assert_close(
        &front.weights()[24..].iter().map(|&value| value.into()).collect::<Vec<_>>(),
        &both.weights()[44..].iter().map(|&value| value.into()).collect::<Vec<_>>(),
    );

    let error = front.backpropagate(&x, |between| between.slice(..2)).unwrap_err();
    assert_eq!(error.to_string(), "there are 300 samples, but 2 gradients");
    // It is asked once, on the caller's thread: it may hold what no other thread may.
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = asked.clone();
    let error = front
        .backpropagate(&x, move |_| {
            count.set(count.get() + 1);
            Err(Error::Other("no".into()))
        })
        .unwrap_err();
    assert_eq!((error.to_string().as_str(), asked.get()), ("no", 1));
}

#[test]
fn test_steps_measure_by_themselves() {
    let (x, y) = (column(&[1.0, 2.0, 3.0]), column(&[1.0, 2.0, 6.0]));
    let mut line = line(1.0);
    let metrics = (MeanAbsoluteErrorMetric::default(),);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), metrics);
    let evaluation = Evaluate::new(&mut compiled)
        .batch_size(2)
        .test_step(|compiled, batch| {
            let outcome = compiled.loss(&batch)?;
            compiled.update_metrics(&batch, &outcome.predictions)?;
            Ok(outcome.logs().with("double", 2.0 * outcome.loss))
        })
        .run(&x, &y)
        .unwrap();
    let names = ["double", "loss", "mean_absolute_error"];
    assert_eq!(evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(), names);
    assert_eq!((evaluation.loss, evaluation["double"], evaluation["mean_absolute_error"]), (3.0, 6.0, 1.0));
    let none = Evaluate::new(&mut compiled).test_step(|_, _| Ok(Logs::default().with("one", 1.0))).run(&x, &y).unwrap();
    assert!(none.loss.is_nan() && none.iter().eq([("one", 1.0)]));
}

#[test]
fn batches_bring_their_weights() {
    let (x, y) = (column(&[1.0, 2.0, 3.0, 4.0]), column(&[0.0; 4]));
    let weights = [1.0, 0.0, 2.0, 0.5];
    let mut line = line(1.0);
    let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let mut seen = Vec::new();
    compiled
        .fit(&x, &y)
        .sample_weight(&weights)
        .batch_size(3)
        .verbose(0)
        .train_step(|compiled, mut batch| {
            for (x, weight) in batch.x.values().iter().zip(batch.sample_weight.of(0).unwrap()) {
                seen.push((*x, *weight));
            }
            batch.sample_weight = SampleWeight::from(vec![0.0; batch.x.len()]);
            assert_eq!(compiled.loss_and_gradients(&batch)?.0.loss, 0.0);
            Ok(Logs::default())
        })
        .run()
        .unwrap();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(seen, [(1.0, 1.0), (2.0, 0.0), (3.0, 2.0), (4.0, 0.5)]);
    let error = compiled.loss_and_gradients(&Batch::new(&x, &y).sample_weight(&[1.0; 3])).unwrap_err();
    assert_eq!(error.to_string(), "there are 4 samples, but 3 sample weights");
    let error = compiled.update_metrics(&Batch::new(&x, &y), &column(&[1.0])).unwrap_err();
    assert_eq!(error.to_string(), "there are 1 samples, but 4 targets");
}
