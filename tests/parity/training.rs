//! Whole training runs: three epochs, batches of 16, in order.

use std::ops::Range;

use keras::{metrics, prelude::*, regularizers::Mode};

use crate::support::{Case, TRAINED, compare_group};

const BATCH: usize = 16;
const EPOCHS: usize = 3;

sequential! {
    struct Mlp {
        Input(12),
        Dense(16, activation = "relu", name = "hidden_1"),
        Dense(8, activation = "tanh", name = "hidden_2"),
        Dense(4, activation = "softmax", name = "classes"),
    }
}

sequential! {
    struct Cnn {
        Input(8, 8, 1),
        Conv2D(6, 3, activation = "relu", name = "conv_1"),
        MaxPooling2D(2),
        Conv2D(8, 3, padding = "same", activation = "relu", name = "conv_2"),
        Flatten(),
        Dense(5, activation = "softmax", name = "classes"),
    }
}

model! {
    struct TwoLosses(image: Input(6, 6, 2), meta: Input(3)) {
        let x = Conv2D(4, 3, padding = "same", use_bias = false, kernel_regularizer = Regularizer::l2(1e-3), name = "conv")(image);
        let x = BatchNormalization(name = "norm")(x);
        let x = Activation("relu")(x);
        let shortcut = Conv2D(4, 1, name = "shortcut")(image);
        let x = Add()([x, shortcut]);
        let x = GlobalAveragePooling2D()(x);
        let y = Dense(5, activation = "relu", name = "meta_dense")(meta);
        let x = Concatenate()([x, y]);
        let class = Dense(3, activation = "softmax", name = "class")(x);
        let score = Dense(1, name = "score")(x);
        (class, score)
    }
}

model! {
    struct TwoHeads(x: Input(6)) {
        let x = Dense(8, activation = "tanh", name = "hidden")(x);
        (Dense(3, activation = "softmax", name = "class")(x), Dense(2, name = "score")(x))
    }
}

const L1_L2: Regularizer = Regularizer::l1_l2(1e-3, 2e-3);
const COLUMNS: Regularizer = Regularizer::orthogonal_regularizer(0.1, Mode::Columns);
const SHORT_FILTERS: Constraint = Constraint::max_norm(0.9, &[0, 1, 2]);
const BOUNDED: Constraint = Constraint::min_max_norm(0.5, 1.0, 0.5, &[0]);

sequential! {
    struct Constrained {
        Input(6, 6, 2),
        Conv2D(4, 3, bias_regularizer = Regularizer::l1(1e-2), activity_regularizer = "l2", kernel_constraint = SHORT_FILTERS, name = "conv"),
        BatchNormalization(gamma_regularizer = L1_L2, beta_regularizer = L1_L2, gamma_constraint = "non_neg", name = "batch_norm"),
        PReLU(shared_axes = (1, 2), alpha_regularizer = "l2", alpha_constraint = "non_neg", name = "slopes"),
        ActivityRegularization(l1 = 1e-3, l2 = 2e-3),
        Flatten(),
        Dense(6, activation = "tanh", activity_regularizer = L1_L2, kernel_regularizer = COLUMNS, bias_constraint = BOUNDED, name = "hidden"),
        LayerNormalization(gamma_regularizer = L1_L2, beta_constraint = Constraint::max_norm(0.3, &[0]), name = "layer_norm"),
        Dense(2, kernel_constraint = "unit_norm", name = "scores"),
    }
}

/// Sets the weights of a model to the recorded initial ones.
macro_rules! set_weights {
    ($case:expr, $model:expr, $($layer:literal $access:ident { $($weight:ident)* })*) => {$($(
        for (to, from) in $model.$access().$weight().iter_mut()
            .zip($case.values(concat!("initial/", $layer, "/", stringify!($weight))))
        {
            *to = *from;
        }
    )*)*};
}

/// Compares the weights of a model with the recorded final ones.
macro_rules! check_weights {
    ($case:expr, $model:expr, $($layer:literal $access:ident { $($weight:ident)* })*) => {$($(
        let values: Vec<f32> = $model.$access().$weight().iter().copied().collect();
        $case.check(concat!("final/", $layer, "/", stringify!($weight)), &values, TRAINED);
    )*)*};
}

#[test]
fn training() {
    compare_group("training", &[], |case| {
        match case.name {
            "mlp_adam" => mlp(case),
            "cnn_sgd_momentum" => cnn(case),
            "functional_bn_two_losses" => two_losses(case),
            "regularized_and_constrained" => regularized_and_constrained(case),
            "mlp_fit_options" => mlp_fit_options(case),
            "two_heads_weighted" | "two_heads_one_weighted" => two_heads(case),
            _ => return false,
        }
        true
    });
}

/// The samples of each batch.
fn batches(samples: usize) -> impl Iterator<Item = Range<usize>> {
    (0..samples).step_by(BATCH).map(move |start| start..samples.min(start + BATCH))
}

/// The samples of each step of the run.
fn steps(samples: usize) -> impl Iterator<Item = Range<usize>> {
    (0..EPOCHS).flat_map(move |_| batches(samples))
}

fn mlp(case: &Case<'_>) {
    let x = Tensor::<Shape1<12>>::from_slice(case.values("input")).unwrap();
    let y = <Labels>::from_vec(case.labels("target")).unwrap();
    let mut model = Mlp::new();
    set_weights!(case, model,
        "hidden_1" hidden_1_mut { kernel bias } "hidden_2" hidden_2_mut { kernel bias } "classes" classes_mut { kernel bias });
    let mut compiled = model.compile(Adam::new(1e-2), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let losses = steps(x.len()).map(|rows| compiled.train_on_batch(x.slice(rows.clone()), y.slice(rows)).unwrap().loss);
    case.check("step/loss", &losses.collect::<Vec<_>>(), TRAINED);
    let evaluation = compiled.evaluate(&x, &y).unwrap();
    case.check("evaluate/loss", &[evaluation.loss as f32], TRAINED);
    case.check("evaluate/accuracy", &[evaluation["accuracy"] as f32], TRAINED);
    check_weights!(case, model,
        "hidden_1" hidden_1 { kernel bias } "hidden_2" hidden_2 { kernel bias } "classes" classes { kernel bias });
    case.check("prediction", model.predict(&x).unwrap().values(), TRAINED);
}

fn mlp_fit_options(case: &Case<'_>) {
    let x = Tensor::<Shape1<12>>::from_slice(case.values("input")).unwrap();
    let y = <Labels>::from_vec(case.labels("target")).unwrap();
    let mut model = Mlp::new();
    set_weights!(case, model,
        "hidden_1" hidden_1_mut { kernel bias } "hidden_2" hidden_2_mut { kernel bias } "classes" classes_mut { kernel bias });
    let history = model
        .compile(Adam::new(1e-2), SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
        .fit(&x, &y)
        .batch_size(BATCH)
        .shuffle(false)
        .verbose(0)
        .class_weight(&[(0, 2.0), (2, 0.25)])
        .initial_epoch(2)
        .epochs(8)
        .steps_per_epoch(2)
        .validation_split(0.2)
        .validation_freq(3)
        .run()
        .unwrap();
    for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
        let values: Vec<f32> = history[name].iter().map(|&value| value as f32).collect();
        case.check(&format!("epoch/{name}"), &values, TRAINED);
    }
    check_weights!(case, model,
        "hidden_1" hidden_1 { kernel bias } "hidden_2" hidden_2 { kernel bias } "classes" classes { kernel bias });
}

/// Metrics, weighted metrics, weights of losses and of samples for each output, by the names that Keras gives them.
fn two_heads(case: &Case<'_>) {
    let x = Tensor::<Shape1<6>>::from_slice(case.values("input")).unwrap();
    let class = <Labels>::from_vec(case.labels("target/class")).unwrap();
    let score = Tensor::<Shape1<2>>::from_slice(case.values("target/score")).unwrap();
    let (of_class, of_score) = (case.values("weight/class"), case.values("weight/score"));
    let first = 0..BATCH;
    let (test_x, test_y) = (x.slice(first.clone()), (class.slice(first.clone()), score.slice(first.clone())));
    let mut model = TwoHeads::new();
    set_weights!(case, model,
        "hidden" hidden_mut { kernel bias } "class" class_mut { kernel bias } "score" score_mut { kernel bias });
    let mean_absolute_error = metrics::MeanAbsoluteError::default();
    let mut compiled = model
        .compile(
            SGD::new(0.1),
            (SparseCategoricalCrossentropy::default(), MeanSquaredError::default()),
            ((Accuracy::default(),), (mean_absolute_error.clone(),)),
        )
        .loss_weights(&[1.0, 0.25])
        .weighted_metrics(((Accuracy::default(),), (RootMeanSquaredError::default(), mean_absolute_error)));
    let fit = compiled.fit(&x, (&class, &score)).batch_size(BATCH).shuffle(false).verbose(0);
    let history = match case.name {
        "two_heads_weighted" => fit
            .sample_weight((of_class, of_score))
            .validation_data(&test_x, &test_y)
            .validation_sample_weight((&of_class[first.clone()], &of_score[first]))
            .epochs(3),
        _ => fit.sample_weight((of_class, ())).epochs(2).validation_split(1.0 / 3.0),
    }
    .run()
    .unwrap();
    let recorded: Vec<&str> = case.names().filter_map(|name| name.strip_prefix("epoch/")).collect();
    assert_eq!((history.names().collect::<Vec<_>>(), recorded.len()), (recorded, 16));
    for name in history.names() {
        let values: Vec<f32> = history[name].iter().map(|&value| value as f32).collect();
        case.check(&format!("epoch/{name}"), &values, TRAINED);
    }
    check_weights!(case, model,
        "hidden" hidden { kernel bias } "class" class { kernel bias } "score" score { kernel bias });
}

fn cnn(case: &Case<'_>) {
    let x = Tensor::<Shape3<8, 8, 1>>::from_slice(case.values("input")).unwrap();
    let y = <Labels>::from_vec(case.labels("target")).unwrap();
    let mut model = Cnn::new();
    set_weights!(case, model,
        "conv_1" conv_1_mut { kernel bias } "conv_2" conv_2_mut { kernel bias } "classes" classes_mut { kernel bias });
    let sgd = SGD::new(0.05).momentum(0.9).nesterov(true);
    let mut compiled = model.compile(sgd, SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let losses = steps(x.len()).map(|rows| compiled.train_on_batch(x.slice(rows.clone()), y.slice(rows)).unwrap().loss);
    case.check("step/loss", &losses.collect::<Vec<_>>(), TRAINED);
    let evaluation = compiled.evaluate(&x, &y).unwrap();
    case.check("evaluate/loss", &[evaluation.loss as f32], TRAINED);
    case.check("evaluate/accuracy", &[evaluation["accuracy"] as f32], TRAINED);
    check_weights!(case, model,
        "conv_1" conv_1 { kernel bias } "conv_2" conv_2 { kernel bias } "classes" classes { kernel bias });
    case.check("prediction", model.predict(&x).unwrap().values(), TRAINED);
}

fn two_losses(case: &Case<'_>) {
    let images = Tensor::<Shape3<6, 6, 2>>::from_slice(case.values("input/image")).unwrap();
    let metas = Tensor::<Shape1<3>>::from_slice(case.values("input/meta")).unwrap();
    let classes = Tensor::<Shape1<3>>::from_slice(case.values("target/class")).unwrap();
    let scores = Tensor::<Shape1<1>>::from_slice(case.values("target/score")).unwrap();
    let mut model = TwoLosses::new();
    set_weights!(case, model,
        "conv" conv_mut { kernel } "norm" norm_mut { gamma beta moving_mean moving_variance }
        "shortcut" shortcut_mut { kernel bias } "meta_dense" meta_dense_mut { kernel bias }
        "class" class_mut { kernel bias } "score" score_mut { kernel bias });
    let losses = (CategoricalCrossentropy::default().label_smoothing(0.1), MeanSquaredError::default());
    let mut compiled =
        model.compile(RMSprop::new(2e-3), losses, ((Accuracy::default(),), ())).loss_weights(&[1.0, 0.5]);
    let (mut total, mut class, mut score) = (Vec::new(), Vec::new(), Vec::new());
    for rows in steps(images.len()) {
        let x = (images.slice(rows.clone()), metas.slice(rows.clone()));
        let y = (classes.slice(rows.clone()), scores.slice(rows));
        let result = compiled.train_on_batch((&x.0, &x.1), (&y.0, &y.1)).unwrap();
        total.push(result.loss);
        class.push(result.losses()[0]);
        score.push(result.losses()[1]);
    }
    case.check("step/loss", &total, TRAINED);
    case.check("step/class_loss", &class, TRAINED);
    case.check("step/score_loss", &score, TRAINED);
    let evaluation = compiled.evaluate((&images, &metas), (&classes, &scores)).unwrap();
    for key in ["loss", "class_accuracy"] {
        case.check(&format!("evaluate/{key}"), &[evaluation[key] as f32], TRAINED);
    }
    // A documented difference: Keras reports an output's loss as the mean of the batches' losses, though the last batch is
    // smaller; here it is the mean over the samples, as that of the total is. The batches' own losses are the same.
    for key in ["class_loss", "score_loss"] {
        let batches: Vec<f64> = batches(images.len())
            .map(|rows| {
                let x = (images.slice(rows.clone()), metas.slice(rows.clone()));
                let y = (classes.slice(rows.clone()), scores.slice(rows));
                compiled.evaluate((&x.0, &x.1), (&y.0, &y.1)).unwrap()[key]
            })
            .collect();
        let mean = batches.iter().sum::<f64>() / batches.len() as f64;
        case.check(&format!("evaluate/{key}"), &[mean as f32], TRAINED);
    }
    check_weights!(case, model,
        "conv" conv { kernel } "norm" norm { gamma beta moving_mean moving_variance }
        "shortcut" shortcut { kernel bias } "meta_dense" meta_dense { kernel bias }
        "class" class { kernel bias } "score" score { kernel bias });
    let (classes, scores) = model.predict((&images, &metas)).unwrap();
    case.check("prediction/class", classes.values(), TRAINED);
    case.check("prediction/score", scores.values(), TRAINED);
}

fn regularized_and_constrained(case: &Case<'_>) {
    let x = Tensor::<Shape3<6, 6, 2>>::from_slice(case.values("input")).unwrap();
    let y = Tensor::<Shape1<2>>::from_slice(case.values("target")).unwrap();
    let mut model = Constrained::new();
    set_weights!(case, model,
        "conv" conv_mut { kernel bias } "batch_norm" batch_norm_mut { gamma beta moving_mean moving_variance }
        "slopes" slopes_mut { alpha } "hidden" hidden_mut { kernel bias } "layer_norm" layer_norm_mut { gamma beta }
        "scores" scores_mut { kernel bias });
    let mut compiled = model.compile(SGD::new(0.05).momentum(0.5), MeanSquaredError::default(), ());
    let losses = steps(x.len()).map(|rows| compiled.train_on_batch(x.slice(rows.clone()), y.slice(rows)).unwrap().loss);
    case.check("step/loss", &losses.collect::<Vec<_>>(), TRAINED);
    case.check("evaluate/loss", &[compiled.evaluate(&x, &y).unwrap().loss as f32], TRAINED);
    check_weights!(case, model,
        "conv" conv { kernel bias } "batch_norm" batch_norm { gamma beta moving_mean moving_variance }
        "slopes" slopes { alpha } "hidden" hidden { kernel bias } "layer_norm" layer_norm { gamma beta }
        "scores" scores { kernel bias });
    case.check("prediction", model.predict(&x).unwrap().values(), TRAINED);
}
