//! Data and options that do not fit are typed errors, which name what was expected and what was found.

use keras::{Error, losses::LossError, metrics::MeanAbsoluteError as MeanAbsoluteErrorMetric, prelude::*, shape::Dims};
use ndarray::{Array1, Array2, Array3};

use crate::support::{Net, TwoHeads, classes, column, line};

/// What a run on these data says.
macro_rules! fit_error {
    ($x:expr, $y:expr $(, $option:ident($($argument:expr),*))*) => {{
        let mut model = Net::with_seed(1);
        let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
        compiled.fit($x, $y).verbose(0)$(.$option($($argument),*))*.run().unwrap_err()
    }};
}

#[test]
fn inputs_and_targets_of_different_lengths() {
    let ((x, _), (_, y)) = (classes(10), classes(9));
    let error = fit_error!(&x, &y);
    assert!(matches!(error, Error::SampleCounts { what: "targets", expected: 10, found: 9 }));
    assert_eq!(error.to_string(), "there are 10 samples, but 9 targets");
    let mut model = Net::with_seed(1);
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
    assert!(matches!(compiled.evaluate(&x, &y), Err(Error::SampleCounts { expected: 10, found: 9, .. })));
    assert!(matches!(compiled.train_on_batch(&x, &y), Err(Error::SampleCounts { expected: 10, found: 9, .. })));
    let loss = SparseCategoricalCrossentropy::default();
    assert!(matches!(model.loss_and_gradients(&x, &y, &loss), Err(Error::SampleCounts { found: 9, .. })));

    model! { struct Sum(a: Input(1), b: Input(1)) { a + b } }
    let error = Sum::with_seed(1).predict((column(&[1.0]), column(&[1.0, 2.0]))).unwrap_err();
    assert_eq!(error.to_string(), "there are 1 samples, but 2 inputs");
}

#[test]
fn validation_data_of_different_lengths() {
    let ((x, y), (_, fewer)) = (classes(10), classes(9));
    let error = fit_error!(&x, &y, validation_data(&x, &fewer));
    assert_eq!(error.to_string(), "there are 10 samples, but 9 targets");
}

#[test]
fn class_weights_that_do_not_fit() {
    let (x, y) = classes(10);
    let error = fit_error!(&x, &y, class_weight(&[(0, 2.0)]), sample_weight(&[1.0; 10]));
    let expected = "`class_weight` is given together with `sample_weight`, but must be given alone";
    assert_eq!(error.to_string(), expected);

    let error = fit_error!(&x, &y, class_weight(&[(1, 2.0), (4, 0.5)]));
    let expected =
        "`class_weight` is given for class 4 of 4 classes, but must be given for existing classes, counted from 0";
    assert_eq!(error.to_string(), expected);

    let mut heads = TwoHeads::with_seed(1);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let mut compiled = heads.compile(Adam::default(), losses, ((), ()));
    let error = compiled.fit(&x, (&y, column(&[0.0; 10]))).class_weight(&[(0, 2.0)]).run().unwrap_err();
    assert!(error.to_string().starts_with("`class_weight` is given to a model of 2 outputs, but must be"), "{error}");

    sequential! { struct Rows { Input(2, 3), Dense(4, activation = "softmax") } }
    let x = Tensor::<Shape2<2, 3>>::from_vec(vec![0.5; 12]).unwrap();
    let y = Labels::<Shape1<2>>::from_shape_vec(vec![0, 1, 2, 3]).unwrap();
    let mut rows = Rows::with_seed(1);
    let mut compiled = rows.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
    let error = compiled.fit(&x, &y).class_weight(&[(0, 2.0)]).run().unwrap_err();
    assert!(
        error.to_string().starts_with("`class_weight` is given with targets of shape (2,), but must be"),
        "{error}"
    );
}

#[test]
fn no_data() {
    let (x, y) = (Tensor::<Shape1<3>>::from_vec(Vec::new()).unwrap(), Labels::from_vec(Vec::new()));
    assert!(matches!(fit_error!(&x, &y), Error::NoSamples));
    let (some_x, some_y) = classes(4);
    assert!(matches!(fit_error!(&some_x, &some_y, validation_data(&x, &y)), Error::NoSamples));
    let mut model = Net::with_seed(1);
    assert!(matches!(model.predict(&x), Err(Error::NoSamples)));
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
    assert!(matches!(compiled.evaluate(&x, &y), Err(Error::NoSamples)));
    assert!(matches!(compiled.train_on_batch(&x, &y), Err(Error::NoSamples)));
    assert_eq!(Error::NoSamples.to_string(), "there are no samples");
}

#[test]
fn a_label_out_of_range_is_named_by_its_sample_in_the_data() {
    let (x, mut labels) = classes(50);
    labels =
        Labels::from_vec(labels.values().iter().enumerate().map(|(at, &y)| if at == 41 { 4 } else { y }).collect());
    let error = fit_error!(&x, &labels, batch_size(8));
    assert!(
        matches!(error, Error::Loss(LossError::Label { sample: 41, label: 4, classes: 4 })),
        "whatever the batch and the order: {error}"
    );
    assert_eq!(error.to_string(), "sample 41 has label 4, but there are 4 classes (0 to 3)");
    let mut model = Net::with_seed(1);
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
    let error = compiled.evaluate(&x, &labels).unwrap_err();
    assert!(matches!(error, Error::Loss(LossError::Label { sample: 41, .. })), "{error}");
}

#[test]
fn labels_that_cannot_be_classes() {
    let error = <Labels>::try_from([1, -2]).unwrap_err();
    assert!(matches!(error, Error::Label { sample: 1, value: -2 }));
    assert_eq!(error.to_string(), "label -2 of sample 1 is not a class: labels are integers from 0");
    let error = <Labels>::try_from([1, 1u64 as usize, usize::MAX]).unwrap_err();
    assert_eq!(error.to_string(), format!("label {} of sample 2 is not a class: labels are integers from 0", u64::MAX));
}

#[test]
fn options_out_of_range() {
    let (x, y) = classes(10);
    for (name, error) in [
        ("batch_size", fit_error!(&x, &y, batch_size(0))),
        ("steps_per_epoch", fit_error!(&x, &y, steps_per_epoch(0))),
        ("validation_freq", fit_error!(&x, &y, validation_freq(0))),
        ("validation_batch_size", fit_error!(&x, &y, validation_batch_size(0))),
        ("validation_steps", fit_error!(&x, &y, validation_steps(0))),
    ] {
        assert!(matches!(error, Error::Argument { .. }));
        assert_eq!(error.to_string(), format!("`{name}` is 0, but must be at least 1"));
    }
    let error = fit_error!(&x, &y, initial_epoch(3), epochs(2));
    assert_eq!(error.to_string(), "`initial_epoch` is 3 of 2 epochs, but must be at most `epochs`");
    for (share, text) in [(-0.1, "-0.1"), (1.0, "1"), (1.5, "1.5"), (f64::NAN, "NaN")] {
        let error = fit_error!(&x, &y, validation_split(share));
        assert_eq!(error.to_string(), format!("`validation_split` is {text}, but must be at least 0 and less than 1"));
    }
    let error = fit_error!(&x, &y, validation_split(0.95));
    assert!(matches!(error, Error::Argument { name: "validation_split", .. }));
    assert_eq!(
        error.to_string(),
        "`validation_split` is 0.95 of 10 samples, but must be small enough to leave one to train on"
    );
    let error = fit_error!(&x, &y, sample_weight(&[1.0; 9]));
    assert_eq!(error.to_string(), "there are 10 samples, but 9 sample weights");
    let mut model = Net::with_seed(1);
    let error = Predict::new(&model).batch_size(0).run(&x).unwrap_err();
    assert_eq!(error.to_string(), "`batch_size` is 0, but must be at least 1");
    let error = Predict::new(&model).steps(0).run(&x).unwrap_err();
    assert_eq!(error.to_string(), "`steps` is 0, but must be at least 1");
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
    let error = Evaluate::new(&mut compiled).batch_size(0).run(&x, &y).unwrap_err();
    assert_eq!(error.to_string(), "`batch_size` is 0, but must be at least 1");
    let error = Evaluate::new(&mut compiled).steps(0).run(&x, &y).unwrap_err();
    assert_eq!(error.to_string(), "`steps` is 0, but must be at least 1");
    // Nothing to do is no mistake.
    assert_eq!(compiled.fit(&x, &y).epochs(0).verbose(0).run().unwrap().epochs(), 0);
    assert_eq!(compiled.fit(&x, &y).initial_epoch(2).epochs(2).verbose(0).run().unwrap().epochs(), 0);
}

#[test]
fn sample_weights_that_do_not_fit() {
    let (x, y) = classes(10);
    let weights = [1.0; 10];
    let error = fit_error!(&x, &y, sample_weight((&weights, &weights)));
    let expected = "`sample_weight` is given for 2 outputs, but must be the same for all outputs, or given for each";
    assert_eq!(error.to_string(), expected);
    let error = fit_error!(&x, &y, validation_data(&x, &y), validation_sample_weight(&[1.0; 9]));
    assert_eq!(error.to_string(), "there are 10 samples, but 9 sample weights");
    let error = fit_error!(&x, &y, validation_split(0.5), validation_sample_weight(&[1.0; 5]));
    let expected = "`validation_sample_weight` is given alone, but must be given with `validation_data`";
    assert_eq!(error.to_string(), expected);
    // Three weights for the one position of each sample.
    let error = fit_error!(&x, &y, sample_weight(&Tensor::<Shape1<3>>::from_vec(vec![1.0; 30]).unwrap()));
    assert!(
        matches!(error, Error::Loss(LossError::SampleWeights { samples: 10, positions: 10, found: 30 })),
        "{error}"
    );

    let mut heads = TwoHeads::with_seed(1);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let mut compiled = heads.compile(Adam::default(), losses, ());
    let score = column(&[0.0; 10]);
    let error = compiled.fit(&x, (&y, &score)).sample_weight(((), &[1.0; 4])).run().unwrap_err();
    assert_eq!(error.to_string(), "there are 10 samples, but 4 sample weights");
    let error = Evaluate::new(&mut compiled).sample_weight((&[1.0; 11], ())).run(&x, (&y, &score)).unwrap_err();
    assert_eq!(error.to_string(), "there are 10 samples, but 11 sample weights");
}

#[test]
fn another_number_of_loss_weights() {
    let (x, class) = classes(4);
    let score = column(&[1.0; 4]);
    let mut model = TwoHeads::with_seed(1);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    for weights in [&[1.0][..], &[1.0; 3]] {
        let mut compiled = model.compile(Adam::default(), losses, ()).loss_weights(weights);
        let expected = format!("`loss_weights` is {weights:?}, but must be one number for each output");
        assert_eq!(compiled.fit(&x, (&class, &score)).verbose(0).run().unwrap_err().to_string(), expected);
        assert_eq!(compiled.evaluate(&x, (&class, &score)).unwrap_err().to_string(), expected);
        assert_eq!(compiled.train_on_batch(&x, (&class, &score)).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_metric_that_cannot_take_the_targets() {
    let (x, y) = classes(6);
    let mut model = Net::with_seed(1);
    let metrics = (MeanAbsoluteErrorMetric::default(), Precision::default(), Recall::default());
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), metrics);
    let error = compiled.fit(&x, &y).verbose(0).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "mean_absolute_error needs a target for each of the 24 values of this batch, but there are 6"
    );
    assert!(matches!(compiled.evaluate(&x, &y), Err(Error::Metric(_))));
}

#[test]
fn arrays_of_another_shape() {
    let mut model = Net::with_seed(1);
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
    let (_, y) = classes(5);
    let error = compiled.fit(Array2::zeros((5, 4)), &y).verbose(0).run().unwrap_err();
    assert!(
        matches!(error, Error::SampleShape { expected, found } if (expected, found) == (Dims::new(&[3]), Dims::new(&[4])))
    );
    assert_eq!(error.to_string(), "samples of shape (3,) are expected, but these have shape (4,)");
    let columns_first = Array2::<f32>::zeros((3, 5)).reversed_axes();
    let error = compiled.fit(&columns_first, &y).verbose(0).run().unwrap_err();
    assert!(matches!(error, Error::Layout));
    assert!(error.to_string().contains("as_standard_layout"), "{error}");
    compiled.fit(columns_first.as_standard_layout(), &y).verbose(0).run().unwrap();
    assert!(matches!(model.predict(Array2::zeros((0, 3))), Err(Error::NoSamples)));

    let mut line = line(1.0);
    let mut compiled = line.compile(Adam::default(), MeanSquaredError::default(), ());
    let error = compiled.fit(Array2::zeros((5, 1)), Array2::zeros((5, 2))).verbose(0).run().unwrap_err();
    assert_eq!(error.to_string(), "samples of shape (1,) are expected, but these have shape (2,)");
    let error = Tensor::<Shape2<2, 3>>::try_from(Array3::zeros((1, 3, 2))).unwrap_err();
    assert_eq!(error.to_string(), "samples of shape (2, 3) are expected, but these have shape (3, 2)");
    let scalars = Tensor::<Shape0>::try_from(Array1::zeros(5)).unwrap();
    compiled.fit(Array2::zeros((5, 1)), &scalars).verbose(0).run().unwrap();
    let error = Tensor::<Shape1<3>>::from_vec(vec![0.0; 7]).unwrap_err();
    assert_eq!(error.to_string(), "7 values are not a whole number of samples of shape (3,), which have 3 each");
}

#[test]
fn optimizers_that_cannot_step() {
    let (x, y) = classes(4);
    let mut model = Net::with_seed(1);
    let adam = Adam::default().clipnorm(1.0).clipvalue(1.0);
    let mut compiled = model.compile(adam, SparseCategoricalCrossentropy::default(), ());
    let error = compiled.fit(&x, &y).verbose(0).run().unwrap_err();
    assert!(matches!(error, Error::Optimizer(_)), "{error}");
}

#[test]
fn a_value_that_is_no_id_is_named_wherever_data_enter() {
    sequential! { struct Words { Input(6), Reshape((2, 3)), Embedding(5, 2, name = "words"), Flatten(), Dense(1) } }
    model! { struct Text(text: Input(6), weight: Input(1)) { Multiply()([Words(name = "encode")(text), weight]) } }

    let ids = |wrong: f32| {
        let mut values: Vec<f32> = (0..24).map(|at| (at % 5) as f32).collect();
        values[14] = wrong;
        Tensor::<Shape1<6>>::from_vec(values).unwrap()
    };
    let (good, ones) = (ids(4.0), column(&[1.0; 4]));
    let mut text = Text::with_seed(1);
    assert!(text.predict((&good, &ones)).is_ok());
    let message = |wrong| format!("{wrong} of sample 2 is not an id: `encode/words` takes integers from 0 to 4");
    for wrong in [5.0, -1.0, 0.5, f32::NAN, f32::INFINITY] {
        let bad = ids(wrong);
        let error = text.predict((&bad, &ones)).unwrap_err();
        assert!(matches!(error, Error::Id { sample: 2, count: 5, .. }));
        assert_eq!(error.to_string(), message(wrong));
        let loss = MeanSquaredError::default();
        assert_eq!(text.loss_and_gradients((&bad, &ones), &ones, &loss).unwrap_err().to_string(), message(wrong));
        let mut compiled = text.compile(SGD::default(), loss, ());
        assert_eq!(compiled.train_on_batch((&bad, &ones), &ones).unwrap_err().to_string(), message(wrong));
        assert_eq!(compiled.evaluate((&bad, &ones), &ones).unwrap_err().to_string(), message(wrong));
        let fit = compiled.fit((&bad, &ones), &ones).verbose(0).run();
        assert_eq!(fit.unwrap_err().to_string(), message(wrong));
        let fit = compiled.fit((&good, &ones), &ones).validation_data((&bad, &ones), &ones).verbose(0).run();
        assert_eq!(fit.unwrap_err().to_string(), message(wrong));
    }
    // Where there is no error to give, the nearest id below is taken.
    let one = |id: f32| Words::with_seed(1).predict_one(&[id; 6]);
    assert_eq!([one(7.0), one(-3.0), one(1.9), one(f32::NAN)], [one(4.0), one(0.0), one(1.0), one(0.0)]);
}
