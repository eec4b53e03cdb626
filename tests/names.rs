//! Inputs and outputs by name: data, losses, metrics and weights of models of several, as Keras takes dictionaries.

use keras::{
    metrics::{MeanAbsoluteError as MeanAbsoluteErrorMetric, MeanSquaredError as MeanSquaredErrorMetric},
    prelude::*,
    training::{Predictions, Samples},
};

model! {
    /// Two inputs and two outputs, as a tuple.
    pub struct TwoTowers(image: Input(2, 2), numbers: Input(3)) {
        let joined = Concatenate()([Flatten()(image), numbers]);
        let joined = Dense(8, activation = "tanh")(joined);
        (Dense(3, activation = "softmax", name = "class")(joined), Dense(1, name = "score")(joined))
    }
}

model! {
    /// The same, with outputs by name.
    pub struct Named(image: Input(2, 2), numbers: Input(3)) {
        let joined = Concatenate()([Flatten()(image), numbers]);
        let joined = Dense(8, activation = "tanh")(joined);
        let class = Dense(3, activation = "softmax")(joined);
        NamedOutputs { class, score: Dense(1)(joined) }
    }
}

/// Six samples: images, numbers, classes, scores.
fn data() -> (Tensor<Shape2<2, 2>>, Tensor<Shape1<3>>, Labels, Tensor<Shape1<1>>) {
    let value = |at: usize| ((at * 7 % 11) as f32 - 5.0) / 5.0;
    (
        Tensor::from_vec((0..24).map(value).collect()).unwrap(),
        Tensor::from_vec((0..18).map(|at| value(at + 3)).collect()).unwrap(),
        Labels::try_from([0, 1, 2, 2, 1, 0]).unwrap(),
        Tensor::from_vec((0..6).map(|at| value(2 * at)).collect()).unwrap(),
    )
}

#[test]
fn names_are_as_good_as_positions() -> keras::Result<()> {
    let (image, numbers, class, score) = data();
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let weights = [1.0, 0.5, 2.0, 1.0, 0.25, 3.0];

    let mut by_position = TwoTowers::with_seed(1);
    let history = by_position
        .compile(Adam::new(0.01), losses, ((Accuracy::default(),), ()))
        .loss_weights([1.0, 0.25])
        .weighted_metrics(((), (MeanAbsoluteErrorMetric::default(),)))
        .fit((&image, &numbers), (&class, &score))
        .validation_data((&image, &numbers), (&class, &score))
        .sample_weight(((), &weights))
        .epochs(4)
        .batch_size(4)
        .verbose(0)
        .run()?;

    let x = TwoTowersInputs { numbers: &numbers, image: &image };
    let y = TwoTowersOutputs { score: &score, class: &class };
    let mut by_name = TwoTowers::with_seed(1);
    let losses =
        TwoTowersOutputs { score: MeanSquaredError::default(), class: SparseCategoricalCrossentropy::default() };
    let by_name_history = by_name
        .compile(Adam::new(0.01), losses, TwoTowersOutputs { class: (Accuracy::default(),), score: () })
        .loss_weights(TwoTowersOutputs { score: 0.25, class: 1.0 })
        .weighted_metrics(TwoTowersOutputs { score: (MeanAbsoluteErrorMetric::default(),), class: () })
        .fit(x, y)
        .validation_data(x, &y)
        .sample_weight(TwoTowersOutputs { score: &weights, class: () })
        .epochs(4)
        .batch_size(4)
        .verbose(0)
        .run()?;
    assert_eq!(by_name.weights(), by_position.weights());
    assert_eq!(by_name_history.to_json(), history.to_json());
    let names = ["class_accuracy", "class_loss", "loss", "score_loss", "score_mean_absolute_error"];
    assert_eq!(history.names().take(5).collect::<Vec<_>>(), names);

    // A model whose listing ends in the struct is the same model.
    let mut named = Named::with_seed(1);
    let losses = NamedOutputs { class: SparseCategoricalCrossentropy::default(), score: MeanSquaredError::default() };
    let x = NamedInputs { image: &image, numbers: &numbers };
    let y = NamedOutputs { class: &class, score: &score };
    let metrics = NamedOutputs { class: (Accuracy::default(),), score: () };
    let mut compiled = named
        .compile(Adam::new(0.01), losses, metrics)
        .loss_weights(NamedOutputs { class: 1.0, score: 0.25 })
        .weighted_metrics(NamedOutputs { score: (MeanAbsoluteErrorMetric::default(),), class: () });
    let named_history = compiled
        .fit(x, y)
        .validation_data(x, y)
        .sample_weight(NamedOutputs { score: &weights, class: () })
        .epochs(4)
        .batch_size(4)
        .verbose(0)
        .run()?;
    assert_eq!(named_history.to_json(), history.to_json());
    assert_eq!(compiled.evaluate(x, y)?.loss, by_evaluation(&mut by_position, &x, &y)?);
    assert_eq!(named.weights(), by_position.weights());
    Ok(())
}

/// The loss of a model that takes tuples.
fn by_evaluation(
    model: &mut TwoTowers,
    x: &NamedInputs<&Tensor<Shape2<2, 2>>, &Tensor<Shape1<3>>>,
    y: &NamedOutputs<&Labels, &Tensor<Shape1<1>>>,
) -> keras::Result<f64> {
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let mut compiled = model.compile(SGD::default(), losses, ()).loss_weights([1.0, 0.25]);
    Ok(compiled.evaluate(x.into_tuple(), y.into_tuple())?.loss)
}

#[test]
fn predictions_are_what_the_listing_ends_in() -> keras::Result<()> {
    let (image, numbers, ..) = data();
    let (by_position, by_name) = (TwoTowers::with_seed(3), Named::with_seed(3));
    let (class, score) = by_position.predict((&image, &numbers))?;
    let named: Predictions<Named> = by_name.predict(NamedInputs { numbers: &numbers, image: &image })?;
    assert_eq!(named, NamedOutputs { class: class.clone(), score: score.clone() });
    assert_eq!(by_name.predict((&image, &numbers))?, named);
    // By name, of a model that ends in a tuple.
    let TwoTowersOutputs { score: again, .. } = by_position.predict((&image, &numbers))?.into();
    assert_eq!(again, score);

    let x = TwoTowersInputs { image: &[0.5; 4], numbers: &[0.25, 0.5, 1.0] };
    let TwoTowersOutputs { class, score } = by_position.predict_one_named(x);
    assert_eq!((class, score), by_position.predict_one(x.image, x.numbers));
    let named = by_name.predict_one_named(NamedInputs { image: x.image, numbers: x.numbers });
    assert_eq!((named.class, named.score), (class, score));
    assert_eq!(by_name.predict_one(x.image, x.numbers), named);
    Ok(())
}

#[test]
fn custom_steps_receive_names() -> keras::Result<()> {
    let (image, numbers, class, score) = data();
    let x = NamedInputs { image, numbers };
    let y = NamedOutputs { class, score };
    let losses = NamedOutputs { class: SparseCategoricalCrossentropy::default(), score: MeanSquaredError::default() };
    let (mut stepped, mut plain) = (Named::with_seed(1), Named::with_seed(1));
    plain.compile(SGD::new(0.1), losses, ()).fit(&x, &y).epochs(2).verbose(0).run()?;
    stepped
        .compile(SGD::new(0.1), losses, ())
        .fit(&x, &y)
        .train_step(|compiled, batch| {
            let rows: &Tensor<Shape1<1>> = &batch.y.score;
            assert_eq!((rows.len(), batch.y.class.len()), (6, 6));
            let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
            assert_eq!(outcome.predictions.score.len(), 6);
            compiled.apply(&gradients)?;
            Ok(outcome.logs())
        })
        .epochs(2)
        .verbose(0)
        .run()?;
    assert_eq!(stepped.weights(), plain.weights());
    // Of gradients by the inputs, too: those of a tuple of inputs are a tuple.
    let (_, (by_image, by_numbers)) = stepped.loss_and_input_gradients(&x, &y, &losses)?;
    assert_eq!((by_image.len(), by_numbers.len()), (6, 6));
    let samples: Samples<Named> = (x.image.clone(), x.numbers.clone());
    assert_eq!(NamedInputs::from(samples), x);
    Ok(())
}

model! {
    /// As many inputs as Keras' example of structured data has, of its dtypes.
    struct Structured(
        sex: Input(1, dtype = "int32"), cp: Input(1, dtype = "int32"), fbs: Input(1, dtype = "int32"),
        restecg: Input(1, dtype = "int32"), exang: Input(1, dtype = "int32"), ca: Input(1, dtype = "int32"),
        thal: Input(1, dtype = "int32"), age: Input(1), trestbps: Input(1), chol: Input(1), thalach: Input(1),
        oldpeak: Input(1), slope: Input(1),
    ) {
        fn category(x) { Flatten()(Embedding(4, 2)(x)) }
        let x = Concatenate()([
            category(sex), category(cp), category(fbs), category(restecg), category(exang), category(ca), category(thal),
            age, trestbps, chol, thalach, oldpeak, slope,
        ]);
        Dense(1, activation = "sigmoid")(Dropout(0.1)(Dense(16, activation = "relu")(x)))
    }
}

#[test]
fn structured_data_has_thirteen_columns() -> keras::Result<()> {
    let ids = |of: i32| Tensor::<Shape1<1>, i32>::from_vec((0..32).map(|at| (at * of) % 4).collect()).unwrap();
    let numbers =
        |of: i32| Tensor::<Shape1<1>>::from_vec((0..32).map(|at| ((at * of) % 9) as f32 / 9.0).collect()).unwrap();
    let x = StructuredInputs {
        age: numbers(1),
        sex: ids(1),
        cp: ids(2),
        trestbps: numbers(2),
        chol: numbers(4),
        fbs: ids(3),
        restecg: ids(5),
        thalach: numbers(5),
        exang: ids(6),
        oldpeak: numbers(7),
        slope: numbers(8),
        ca: ids(7),
        thal: ids(9),
    };
    let y = Tensor::<Shape1<1>>::from_vec((0..32).map(|at| f32::from(at % 4 == 1)).collect())?;
    let mut model = Structured::with_seed(1);
    let metrics = (
        TruePositives::default(),
        FalsePositives::default(),
        TrueNegatives::default(),
        FalseNegatives::default(),
        BinaryAccuracy::default(),
        Precision::default(),
        Recall::default(),
        AUC::default(),
        MeanSquaredErrorMetric::default(),
        MeanAbsoluteErrorMetric::default(),
    );
    let mut compiled = model.compile(Adam::new(0.02), BinaryCrossentropy::default(), metrics);
    let history = compiled.fit(&x, &y).epochs(60).verbose(0).run()?;
    assert_eq!(history.names().count(), 1 + 10);
    assert!(history["auc"][59] > 0.95, "{}", history["auc"][59]);
    let one = StructuredInputs {
        age: &[0.0],
        sex: &[0],
        cp: &[0],
        trestbps: &[0.0],
        chol: &[0.0],
        fbs: &[0],
        restecg: &[0],
        thalach: &[0.0],
        exang: &[0],
        oldpeak: &[0.0],
        slope: &[0.0],
        ca: &[0],
        thal: &[0],
    };
    let predicted = model.predict_one_named(one)[0];
    assert!((predicted - model.predict(&x)?[0][0]).abs() < 1e-6);
    Ok(())
}

/// A model of 64 inputs and 64 outputs: each output is an input times a weight.
macro_rules! of_sixty_four {
    ($($input:ident $output:ident)*) => {
        model! {
            struct Wide($($input: Input(1)),*) {
                let all = Concatenate()([$($input),*]);
                let sum = Dense(1, name = "sum")(all);
                WideOutputs { $($output: Dense(1)($input + sum)),* }
            }
        }

        model! {
            /// The same as a layer, which is called with 64 tensors and gives 64.
            struct Outer($($input: Input(1)),*) {
                let ($($output),*) = Wide(name = "wide")([$($input),*]);
                OuterOutputs { $($output: Rescaling(2.0)($output)),* }
            }
        }

        fn wide_inputs<T>(mut each: impl FnMut(usize) -> T) -> WideInputs<$(of!($input T)),*> {
            let mut at = 0;
            WideInputs { $($input: { at += 1; each(at - 1) }),* }
        }

        fn wide_outputs<T>(mut each: impl FnMut(usize) -> T) -> WideOutputs<$(of!($input T)),*> {
            let mut at = 0;
            WideOutputs { $($output: { at += 1; each(at - 1) }),* }
        }

        fn outer_inputs<T: Copy>(wide: &WideInputs<$(of!($input T)),*>) -> OuterInputs<$(of!($input T)),*> {
            OuterInputs { $($input: wide.$input),* }
        }

        fn values_of(outputs: &Predictions<Wide>) -> Vec<f32> {
            vec![$(outputs.$output.values()[0]),*]
        }

        fn values_of_outer(outputs: &Predictions<Outer>) -> Vec<f32> {
            vec![$(outputs.$output.values()[0]),*]
        }
    };
}

macro_rules! of {
    ($input:ident $type:ident) => {
        $type
    };
}

of_sixty_four! {
    i0 o0 i1 o1 i2 o2 i3 o3 i4 o4 i5 o5 i6 o6 i7 o7 i8 o8 i9 o9 i10 o10 i11 o11 i12 o12 i13 o13 i14 o14 i15 o15
    i16 o16 i17 o17 i18 o18 i19 o19 i20 o20 i21 o21 i22 o22 i23 o23 i24 o24 i25 o25 i26 o26 i27 o27 i28 o28 i29 o29
    i30 o30 i31 o31 i32 o32 i33 o33 i34 o34 i35 o35 i36 o36 i37 o37 i38 o38 i39 o39 i40 o40 i41 o41 i42 o42 i43 o43
    i44 o44 i45 o45 i46 o46 i47 o47 i48 o48 i49 o49 i50 o50 i51 o51 i52 o52 i53 o53 i54 o54 i55 o55 i56 o56 i57 o57
    i58 o58 i59 o59 i60 o60 i61 o61 i62 o62 i63 o63
}

#[test]
fn there_are_up_to_sixty_four_of_each() -> keras::Result<()> {
    let columns: Vec<Tensor<Shape1<1>>> =
        (0..64).map(|at| Tensor::from([[at as f32 / 64.0], [1.0 - at as f32 / 32.0]])).collect();
    let x = wide_inputs(|at| &columns[at]);
    let y = wide_outputs(|at| &columns[at]);
    let mut wide = Wide::with_seed(1);
    let losses = wide_outputs(|_| MeanSquaredError::default());
    let metrics = wide_outputs(|_| (MeanAbsoluteErrorMetric::default(),));
    let mut compiled = wide
        .compile(Adam::new(0.02), losses, metrics)
        .loss_weights(wide_outputs(|at| if at == 63 { 2.0 } else { 1.0 }));
    let before = compiled.evaluate(x, y)?;
    let each: f64 = (0..64).map(|at| before[&*format!("o{at}_loss")] * if at == 63 { 2.0 } else { 1.0 }).sum();
    assert!((before.loss - each).abs() < 1e-3 * each);
    let history = compiled.fit(x, y).epochs(200).sample_weight(wide_outputs(|_| &[1.0, 0.5])).verbose(0).run()?;
    assert_eq!(history.names().count(), 1 + 64 + 64);
    assert!(history["loss"][199] < 0.05 * history["loss"][0]);
    assert!(history["o63_loss"][199] < history["o63_loss"][0]);

    let predicted = values_of(&wide.predict(x)?);
    // By hand: an input plus the sum, times the weight of its output.
    let first: Vec<f32> = columns.iter().map(|column| column.values()[0]).collect();
    let weights = wide.weights();
    let sum: f32 = first.iter().zip(&weights[..64]).map(|(x, w)| x * w).sum::<f32>() + weights[64];
    for at in 0..64 {
        let expected = (first[at] + sum) * weights[65 + 2 * at] + weights[66 + 2 * at];
        assert!((predicted[at] - expected).abs() < 1e-5, "{at}: {} {expected}", predicted[at]);
    }
    let one = wide.predict_one_named(wide_inputs(|at| columns[at].values().first_chunk().unwrap()));
    assert!((one.o0[0] - predicted[0]).abs() < 1e-5 && (one.o63[0] - predicted[63]).abs() < 1e-5);

    let mut outer = Outer::with_seed(2);
    outer.weights_mut().copy_from_slice(wide.weights());
    let of_outer = values_of_outer(&outer.predict(outer_inputs(&x))?);
    assert!(of_outer.iter().zip(&predicted).all(|(outer, inner)| (outer - 2.0 * inner).abs() < 1e-5));
    // One gradient of all outputs through the inner model.
    let (_, gradients) = outer.backpropagate(outer_inputs(&x), |outputs| Ok(outputs.clone()))?;
    assert!(gradients.values().iter().all(|gradient| *gradient != 0.0));
    Ok(())
}

model! {
    /// With const parameters.
    struct Generic<const FEATURES: usize, const CLASSES: usize>(left: Input(FEATURES), right: Input(4))
        -> (Shape1<CLASSES>, Shape1<1>)
    {
        let x = Concatenate()([Dense(3)(left), Dense(3)(right)]);
        GenericOutputs { class: Dense(CLASSES, activation = "softmax")(x), r#type: Dense(1)(x) }
    }
}

#[test]
fn generic_models_have_names() -> keras::Result<()> {
    let (left, right) = (Tensor::from([[1.0, 0.0], [0.0, 1.0]]), Tensor::<Shape1<4>>::ones(2));
    let x = GenericInputs { right: &right, left: &left };
    let y = GenericOutputs { class: Labels::try_from([2, 0])?, r#type: Tensor::from([[1.0], [-1.0]]) };
    let mut model = Generic::<2, 3>::with_seed(1);
    let losses =
        GenericOutputs { class: SparseCategoricalCrossentropy::default(), r#type: MeanSquaredError::default() };
    let mut compiled = model.compile(Adam::new(0.05), losses, ());
    let history = compiled.fit(x, &y).epochs(100).verbose(0).run()?;
    assert_eq!(history.names().collect::<Vec<_>>(), ["class_loss", "loss", "type_loss"]);
    assert!(history["type_loss"][99] < 0.01);
    let predicted: GenericOutputs<Tensor<Shape1<3>>, Tensor<Shape1<1>>> = model.predict(x)?;
    assert_eq!(predicted.class.argmax(), y.class);
    Ok(())
}

mod elsewhere {
    use keras::prelude::*;

    model! {
        /// Has fields of names that generated code uses, of one name but for case and underscores, and that are types.
        pub struct Names(inputs: Input(1), outputs: Input(1), state: Input(1), a_b: Input(1), ab: Input(1), w: Input(1)) {
            let sum = Add(name = "workspace")([inputs, outputs, state, a_b, ab, w]);
            (sum, Rescaling(-1.0, name = "outputs_")(sum))
        }
    }
}

#[test]
fn any_names_will_do() {
    use elsewhere::{Names, NamesInputs, NamesOutputs};
    let x = NamesInputs { inputs: &[1.0], outputs: &[2.0], state: &[3.0], a_b: &[4.0], ab: &[5.0], w: &[6.0] };
    let outputs = Names::with_seed(1).predict_one_named(x);
    assert_eq!(outputs, NamesOutputs { workspace: [21.0], outputs_: [-21.0] });
}
