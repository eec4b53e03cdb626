//! Whole training runs: three epochs, batches of 16, in order.

use std::{collections::BTreeMap, ops::Range};

use keras::{
    callbacks::Logs,
    metrics,
    prelude::*,
    regularizers::Mode,
    training::{Compiled, Evaluation, StepResult},
};

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

sequential! {
    struct Pixels {
        Input(12, 12, 1),
        Conv2D(64, 3, padding = "same", activation = "tanh", name = "features"),
        Dense(3, activation = "softmax", name = "classes"),
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

const L1: Regularizer = Regularizer::l1(2e-3);
const L2: Regularizer = Regularizer::l2(1e-2);
const ROWS: Regularizer = Regularizer::orthogonal_regularizer(0.05, Mode::Rows);
const SHORT_COLUMNS: Constraint = Constraint::max_norm(1.5, &[0]);

sequential! {
    struct Heads {
        Input(6),
        Dense(8, activation = "relu", kernel_regularizer = L1, bias_regularizer = L2, activity_regularizer = Regularizer::l1(1e-3), kernel_constraint = SHORT_COLUMNS, name = "hidden"),
        Dense(5, activation = "tanh", kernel_regularizer = ROWS, bias_constraint = "non_neg", name = "rows"),
        Dense(3, kernel_regularizer = L1_L2, activity_regularizer = "l2", name = "scores"),
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

/// Takes the steps of the run one by one, and evaluates the model.
macro_rules! check_run {
    ($case:expr, $compiled:expr, $x:expr, $y:expr) => {
        let mut trained = Vec::new();
        for rows in steps($x.len()) {
            $compiled.reset_metrics();
            let result = $compiled.train_on_batch($x.slice(rows.clone()).unwrap(), $y.slice(rows).unwrap()).unwrap();
            trained.push(figures(&[], &result, &$compiled.metrics()));
        }
        check_steps($case, "step", &trained);
        check_steps($case, "evaluate", &[of_evaluation(&$compiled.evaluate(&$x, &$y).unwrap())]);
    };
}

/// The same run by `fit`.
macro_rules! fit {
    ($compiled:expr, $x:expr, $y:expr) => {
        $compiled.fit(&$x, &$y).batch_size(BATCH).epochs(EPOCHS).shuffle(false).verbose(0)
    };
}

#[test]
fn training() {
    compare_group("training", &[], |case| {
        match case.name {
            "mlp_adam" => mlp_adam(case),
            "cnn_sgd_momentum" => cnn_sgd_momentum(case),
            "functional_bn_two_losses" => functional_bn_two_losses(case),
            "regularized_and_constrained" => regularized_and_constrained(case),
            "regularized_heads" => regularized_heads(case),
            "mlp_fit_options" => mlp_fit_options(case),
            "mlp_one_hot_fit_options" => mlp_one_hot_fit_options(case),
            "two_heads_weighted" | "two_heads_one_weighted" => two_heads(case),
            "mlp_on_batch" | "mlp_on_batch_class_weight" | "mlp_on_batch_sample_weight" => mlp_on_batch(case),
            "ignored_pixels_fit" => ignored_pixels_fit(case),
            "two_heads_on_batch_sample_weight" => two_heads_on_batch(case),
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

/// Compares a history with the recorded one, but for what `otherwise` names.
fn check_history(case: &Case<'_>, history: &History, otherwise: &[&str]) {
    let recorded: Vec<&str> = case.names().filter_map(|name| name.strip_prefix("epoch/")).collect();
    assert_eq!(history.names().collect::<Vec<_>>(), recorded, "{}", case.name);
    for name in recorded.into_iter().filter(|name| !otherwise.contains(name)) {
        let values: Vec<f32> = history[name].iter().map(|&value| value as f32).collect();
        case.check(&format!("epoch/{name}"), &values, TRAINED);
    }
}

/// Compares what every step said, by names, with the recorded figures of this kind.
fn check_steps(case: &Case<'_>, kind: &str, steps: &[BTreeMap<String, f64>]) {
    let prefix = format!("{kind}/");
    let recorded: Vec<&str> = case.names().filter_map(|name| name.strip_prefix(&prefix)).collect();
    assert!(steps.iter().all(|step| step.keys().eq(&recorded)), "{}: {recorded:?}", case.name);
    for name in recorded {
        let values: Vec<f32> = steps.iter().map(|step| step[name] as f32).collect();
        case.check(&format!("{kind}/{name}"), &values, TRAINED);
    }
}

/// The figures of a step: its losses, and what the metrics say of it alone.
fn figures(outputs: &[&str], result: &StepResult, metrics: &Logs) -> BTreeMap<String, f64> {
    let losses = outputs.iter().zip(result.losses()).map(|(output, &loss)| (format!("{output}_loss"), f64::from(loss)));
    let metrics = metrics.iter().map(|(name, value)| (name.to_owned(), value));
    let mut figures: BTreeMap<String, f64> = losses.chain(metrics).collect();
    figures.insert("loss".to_owned(), f64::from(result.loss));
    figures
}

fn of_evaluation(evaluation: &Evaluation) -> BTreeMap<String, f64> {
    evaluation.iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The model with the recorded initial weights.
fn mlp(case: &Case<'_>) -> Mlp {
    let mut model = Mlp::new();
    set_weights!(case, model,
        "hidden_1" hidden_1_mut { kernel bias } "hidden_2" hidden_2_mut { kernel bias } "classes" classes_mut { kernel bias });
    model
}

fn check_mlp(case: &Case<'_>, model: &Mlp) {
    check_weights!(case, model,
        "hidden_1" hidden_1 { kernel bias } "hidden_2" hidden_2 { kernel bias } "classes" classes { kernel bias });
}

fn compile_mlp(model: &mut Mlp) -> Compiled<'_, Mlp, Adam, SparseCategoricalCrossentropy> {
    model.compile(Adam::new(1e-2), SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
}

fn mlp_adam(case: &Case<'_>) {
    let x = Tensor::<Shape1<12>>::from_slice(case.values("input")).unwrap();
    let y = Labels::from_vec(case.labels("target"));
    let (mut model, mut again) = (mlp(case), mlp(case));
    let mut compiled = compile_mlp(&mut model);
    check_run!(case, compiled, x, y);
    check_mlp(case, &model);
    case.check("prediction", model.predict(&x).unwrap().values(), TRAINED);
    check_history(case, &fit!(compile_mlp(&mut again), x, y).run().unwrap(), &[]);
    check_mlp(case, &again);
}

fn mlp_fit_options(case: &Case<'_>) {
    let x = Tensor::<Shape1<12>>::from_slice(case.values("input")).unwrap();
    let y = Labels::from_vec(case.labels("target"));
    let mut model = mlp(case);
    let mut compiled = compile_mlp(&mut model);
    let fit = compiled.fit(&x, &y).batch_size(BATCH).shuffle(false).verbose(0).class_weight(&[(0, 2.0), (2, 0.25)]);
    let fit = fit.initial_epoch(2).epochs(8).steps_per_epoch(2).validation_split(0.2).validation_freq(3);
    check_history(case, &fit.run().unwrap(), &[]);
    check_mlp(case, &model);
}

fn mlp_one_hot_fit_options(case: &Case<'_>) {
    let x = Tensor::<Shape1<12>>::from_slice(case.values("input")).unwrap();
    let y = Tensor::<Shape1<4>>::from_slice(case.values("target")).unwrap();
    let mut model = mlp(case);
    let mut compiled = model.compile(Adam::new(1e-2), CategoricalCrossentropy::default(), (Accuracy::default(),));
    // Keras ends an epoch at the end of the samples, here after one step in place of three.
    let mut history = History::default();
    let test = 56..x.len();
    for (epoch, rows) in [0..48, 48..56, 0..48, 48..56].into_iter().enumerate() {
        let fit = compiled.fit(x.slice(rows.clone()).unwrap(), y.slice(rows).unwrap()).batch_size(BATCH);
        let fit = fit.shuffle(false).verbose(0).class_weight(&[(0, 2.0), (2, 0.25)]).validation_freq(2);
        let fit = fit.validation_data(x.slice(test.clone()).unwrap(), y.slice(test.clone()).unwrap());
        let epoch = fit.initial_epoch(epoch).epochs(epoch + 1).run().unwrap();
        epoch.names().for_each(|name| history.record(name, epoch[name][0]));
    }
    check_history(case, &history, &[]);
    let first = x.slice(0..BATCH).unwrap();
    let evaluation = compiled.test_on_batch(&first, y.slice(0..BATCH).unwrap()).unwrap();
    check_steps(case, "test_on_batch", &[of_evaluation(&evaluation)]);
    case.check("predict_on_batch", model.predict_on_batch(&first).unwrap().values(), TRAINED);
    check_mlp(case, &model);
}

/// A mean over the positions of the whole batch that are not ignored, in a model whose batches would else be cut.
fn ignored_pixels_fit(case: &Case<'_>) {
    let x = Tensor::<Shape3<12, 12, 1>>::from_slice(case.values("input")).unwrap();
    let y = Labels::<Shape2<12, 12>>::from_shape_vec(case.labels("target")).unwrap();
    let mut model = Pixels::new();
    set_weights!(case, model, "features" features_mut { kernel bias } "classes" classes_mut { kernel bias });
    let loss = SparseCategoricalCrossentropy::default().ignore_class(255);
    let history = fit!(model.compile(SGD::new(0.05), loss, ()), x, y).run().unwrap();
    check_history(case, &history, &[]);
    check_weights!(case, model, "features" features { kernel bias } "classes" classes { kernel bias });
}

fn mlp_on_batch(case: &Case<'_>) {
    let x = Tensor::<Shape1<12>>::from_slice(case.values("input")).unwrap();
    let y = Labels::from_vec(case.labels("target"));
    let weights = case.get("weight");
    let mut model = mlp(case);
    let mut compiled = compile_mlp(&mut model);
    let (mut trained, mut tested, mut predicted) = (Vec::new(), Vec::new(), Vec::new());
    for rows in steps(x.len()) {
        let (x, y) = (x.slice(rows.clone()).unwrap(), y.slice(rows.clone()).unwrap());
        compiled.reset_metrics();
        let mut step = TrainOnBatch::new(&mut compiled);
        if case.name == "mlp_on_batch_class_weight" {
            step = step.class_weight(&[(0, 2.0), (2, 0.25)]);
        }
        if let Some(weights) = weights {
            step = step.sample_weight(&weights[rows.clone()]);
        }
        let result = step.run(&x, &y).unwrap();
        trained.push(figures(&[], &result, &compiled.metrics()));
        let mut test = TestOnBatch::new(&mut compiled);
        if let Some(weights) = weights {
            test = test.sample_weight(&weights[rows]);
        }
        tested.push(of_evaluation(&test.run(&x, &y).unwrap()));
        predicted.extend_from_slice(compiled.model().predict_on_batch(&x).unwrap().values());
    }
    check_steps(case, "train_on_batch", &trained);
    check_steps(case, "test_on_batch", &tested);
    case.check("predict_on_batch", &predicted, TRAINED);
    check_mlp(case, &model);
}

/// The model with the recorded initial weights.
fn two_heads_of(case: &Case<'_>) -> TwoHeads {
    let mut model = TwoHeads::new();
    set_weights!(case, model,
        "hidden" hidden_mut { kernel bias } "class" class_mut { kernel bias } "score" score_mut { kernel bias });
    model
}

/// Metrics, weighted metrics and weights of losses for each output.
fn compile_two_heads(
    model: &mut TwoHeads,
) -> Compiled<'_, TwoHeads, SGD, (SparseCategoricalCrossentropy, MeanSquaredError)> {
    let mean_absolute_error = metrics::MeanAbsoluteError::default();
    model
        .compile(
            SGD::new(0.1),
            (SparseCategoricalCrossentropy::default(), MeanSquaredError::default()),
            ((Accuracy::default(),), (mean_absolute_error.clone(),)),
        )
        .loss_weights([1.0, 0.25])
        .weighted_metrics(((Accuracy::default(),), (RootMeanSquaredError::default(), mean_absolute_error)))
}

/// Weights of samples for each output; the figures by the names that Keras gives them.
fn two_heads(case: &Case<'_>) {
    let x = Tensor::<Shape1<6>>::from_slice(case.values("input")).unwrap();
    let class = Labels::from_vec(case.labels("target/class"));
    let score = Tensor::<Shape1<2>>::from_slice(case.values("target/score")).unwrap();
    let (of_class, of_score) = (case.values("weight/class"), case.values("weight/score"));
    let first = 0..BATCH;
    let (test_x, test_y) =
        (x.slice(first.clone()).unwrap(), (class.slice(first.clone()).unwrap(), score.slice(first.clone()).unwrap()));
    let mut model = two_heads_of(case);
    let mut compiled = compile_two_heads(&mut model);
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
    check_history(case, &history, &[]);
    check_weights!(case, model,
        "hidden" hidden { kernel bias } "class" class { kernel bias } "score" score { kernel bias });
}

fn two_heads_on_batch(case: &Case<'_>) {
    let x = Tensor::<Shape1<6>>::from_slice(case.values("input")).unwrap();
    let class = Labels::from_vec(case.labels("target/class"));
    let score = Tensor::<Shape1<2>>::from_slice(case.values("target/score")).unwrap();
    let (of_class, of_score) = (case.values("weight/class"), case.values("weight/score"));
    let mut model = two_heads_of(case);
    let mut compiled = compile_two_heads(&mut model);
    let (mut trained, mut tested, mut predicted) = (Vec::new(), Vec::new(), Vec::new());
    for rows in steps(x.len()) {
        let (x, class, score) =
            (x.slice(rows.clone()).unwrap(), class.slice(rows.clone()).unwrap(), score.slice(rows.clone()).unwrap());
        let weights = (&of_class[rows.clone()], &of_score[rows]);
        compiled.reset_metrics();
        let result = TrainOnBatch::new(&mut compiled).sample_weight(weights).run(&x, (&class, &score)).unwrap();
        trained.push(figures(&["class", "score"], &result, &compiled.metrics()));
        let test = TestOnBatch::new(&mut compiled).sample_weight(weights).run(&x, (&class, &score)).unwrap();
        tested.push(of_evaluation(&test));
        let (classes, scores) = compiled.model().predict_on_batch(&x).unwrap();
        for (class, score) in classes.samples().zip(scores.samples()) {
            predicted.extend_from_slice(class);
            predicted.extend_from_slice(score);
        }
    }
    check_steps(case, "train_on_batch", &trained);
    check_steps(case, "test_on_batch", &tested);
    case.check("predict_on_batch", &predicted, TRAINED);
    check_weights!(case, model,
        "hidden" hidden { kernel bias } "class" class { kernel bias } "score" score { kernel bias });
}

/// The model with the recorded initial weights.
fn cnn(case: &Case<'_>) -> Cnn {
    let mut model = Cnn::new();
    set_weights!(case, model,
        "conv_1" conv_1_mut { kernel bias } "conv_2" conv_2_mut { kernel bias } "classes" classes_mut { kernel bias });
    model
}

fn check_cnn(case: &Case<'_>, model: &Cnn) {
    check_weights!(case, model,
        "conv_1" conv_1 { kernel bias } "conv_2" conv_2 { kernel bias } "classes" classes { kernel bias });
}

fn compile_cnn(model: &mut Cnn) -> Compiled<'_, Cnn, SGD, SparseCategoricalCrossentropy> {
    let sgd = SGD::new(0.05).momentum(0.9).nesterov(true);
    model.compile(sgd, SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
}

fn cnn_sgd_momentum(case: &Case<'_>) {
    let x = Tensor::<Shape3<8, 8, 1>>::from_slice(case.values("input")).unwrap();
    let y = Labels::from_vec(case.labels("target"));
    let (mut model, mut again) = (cnn(case), cnn(case));
    let mut compiled = compile_cnn(&mut model);
    check_run!(case, compiled, x, y);
    check_cnn(case, &model);
    case.check("prediction", model.predict(&x).unwrap().values(), TRAINED);
    check_history(case, &fit!(compile_cnn(&mut again), x, y).run().unwrap(), &[]);
    check_cnn(case, &again);
}

/// The model with the recorded initial weights.
fn two_losses(case: &Case<'_>) -> TwoLosses {
    let mut model = TwoLosses::new();
    set_weights!(case, model,
        "conv" conv_mut { kernel } "norm" norm_mut { gamma beta moving_mean moving_variance }
        "shortcut" shortcut_mut { kernel bias } "meta_dense" meta_dense_mut { kernel bias }
        "class" class_mut { kernel bias } "score" score_mut { kernel bias });
    model
}

fn check_two_losses(case: &Case<'_>, model: &TwoLosses) {
    check_weights!(case, model,
        "conv" conv { kernel } "norm" norm { gamma beta moving_mean moving_variance }
        "shortcut" shortcut { kernel bias } "meta_dense" meta_dense { kernel bias }
        "class" class { kernel bias } "score" score { kernel bias });
}

fn compile_two_losses(
    model: &mut TwoLosses,
) -> Compiled<'_, TwoLosses, RMSprop, (CategoricalCrossentropy, MeanSquaredError)> {
    let losses = (CategoricalCrossentropy::default().label_smoothing(0.1), MeanSquaredError::default());
    model.compile(RMSprop::new(2e-3), losses, ((Accuracy::default(),), ())).loss_weights([1.0, 0.5])
}

fn functional_bn_two_losses(case: &Case<'_>) {
    let images = Tensor::<Shape3<6, 6, 2>>::from_slice(case.values("input/image")).unwrap();
    let metas = Tensor::<Shape1<3>>::from_slice(case.values("input/meta")).unwrap();
    let classes = Tensor::<Shape1<3>>::from_slice(case.values("target/class")).unwrap();
    let scores = Tensor::<Shape1<1>>::from_slice(case.values("target/score")).unwrap();
    let batch = |rows: Range<usize>| {
        let x = (images.slice(rows.clone()).unwrap(), metas.slice(rows.clone()).unwrap());
        (x, (classes.slice(rows.clone()).unwrap(), scores.slice(rows).unwrap()))
    };
    let (mut model, mut again) = (two_losses(case), two_losses(case));
    let mut compiled = compile_two_losses(&mut model);
    let trained: Vec<_> = steps(images.len())
        .map(|rows| {
            let (x, y) = batch(rows);
            compiled.reset_metrics();
            let result = compiled.train_on_batch((&x.0, &x.1), (&y.0, &y.1)).unwrap();
            figures(&["class", "score"], &result, &compiled.metrics())
        })
        .collect();
    check_steps(case, "step", &trained);
    let evaluation = compiled.evaluate((&images, &metas), (&classes, &scores)).unwrap();
    for key in ["loss", "class_accuracy"] {
        case.check(&format!("evaluate/{key}"), &[evaluation[key] as f32], TRAINED);
    }
    // A documented difference: Keras reports an output's loss as the mean of the batches' losses, though the last batch is
    // smaller; here it is the mean over the samples, as that of the total is. The batches' own losses are the same.
    let mean = |losses: &[f64]| (losses.iter().sum::<f64>() / losses.len() as f64) as f32;
    for key in ["class_loss", "score_loss"] {
        let mut evaluate = |rows| {
            let (x, y) = batch(rows);
            compiled.evaluate((&x.0, &x.1), (&y.0, &y.1)).unwrap()[key]
        };
        let losses: Vec<f64> = batches(images.len()).map(&mut evaluate).collect();
        case.check(&format!("evaluate/{key}"), &[mean(&losses)], TRAINED);
        let losses: Vec<f64> = trained.iter().map(|step| step[key]).collect();
        let means: Vec<f32> = losses.chunks(losses.len() / EPOCHS).map(mean).collect();
        case.check(&format!("epoch/{key}"), &means, TRAINED);
    }
    check_two_losses(case, &model);
    let (class, score) = model.predict((&images, &metas)).unwrap();
    case.check("prediction/class", class.values(), TRAINED);
    case.check("prediction/score", score.values(), TRAINED);
    let mut compiled = compile_two_losses(&mut again);
    let fit = compiled.fit((&images, &metas), (&classes, &scores));
    let history = fit.batch_size(BATCH).epochs(EPOCHS).shuffle(false).verbose(0).run().unwrap();
    check_history(case, &history, &["class_loss", "score_loss"]);
    check_two_losses(case, &again);
}

/// The model with the recorded initial weights.
fn constrained(case: &Case<'_>) -> Constrained {
    let mut model = Constrained::new();
    set_weights!(case, model,
        "conv" conv_mut { kernel bias } "batch_norm" batch_norm_mut { gamma beta moving_mean moving_variance }
        "slopes" slopes_mut { alpha } "hidden" hidden_mut { kernel bias } "layer_norm" layer_norm_mut { gamma beta }
        "scores" scores_mut { kernel bias });
    model
}

fn check_constrained(case: &Case<'_>, model: &Constrained) {
    check_weights!(case, model,
        "conv" conv { kernel bias } "batch_norm" batch_norm { gamma beta moving_mean moving_variance }
        "slopes" slopes { alpha } "hidden" hidden { kernel bias } "layer_norm" layer_norm { gamma beta }
        "scores" scores { kernel bias });
}

fn compile_constrained(model: &mut Constrained) -> Compiled<'_, Constrained, SGD, MeanSquaredError> {
    model.compile(SGD::new(0.05).momentum(0.5), MeanSquaredError::default(), ())
}

fn regularized_and_constrained(case: &Case<'_>) {
    let x = Tensor::<Shape3<6, 6, 2>>::from_slice(case.values("input")).unwrap();
    let y = Tensor::<Shape1<2>>::from_slice(case.values("target")).unwrap();
    let (mut model, mut again) = (constrained(case), constrained(case));
    let mut compiled = compile_constrained(&mut model);
    check_run!(case, compiled, x, y);
    check_constrained(case, &model);
    case.check("prediction", model.predict(&x).unwrap().values(), TRAINED);
    check_history(case, &fit!(compile_constrained(&mut again), x, y).run().unwrap(), &[]);
    check_constrained(case, &again);
}

/// The model with the recorded initial weights.
fn heads(case: &Case<'_>) -> Heads {
    let mut model = Heads::new();
    set_weights!(case, model,
        "hidden" hidden_mut { kernel bias } "rows" rows_mut { kernel bias } "scores" scores_mut { kernel bias });
    model
}

fn check_heads(case: &Case<'_>, model: &Heads) {
    check_weights!(case, model,
        "hidden" hidden { kernel bias } "rows" rows { kernel bias } "scores" scores { kernel bias });
}

fn compile_heads(model: &mut Heads) -> Compiled<'_, Heads, Adam, MeanAbsoluteError> {
    let adam = Adam::new(0.01).clipnorm(1.0).weight_decay(0.01);
    model.compile(adam, MeanAbsoluteError::default(), (metrics::MeanAbsoluteError::default(),))
}

fn regularized_heads(case: &Case<'_>) {
    let x = Tensor::<Shape1<6>>::from_slice(case.values("input")).unwrap();
    let y = Tensor::<Shape1<3>>::from_slice(case.values("target")).unwrap();
    let (mut model, mut again) = (heads(case), heads(case));
    let mut compiled = compile_heads(&mut model);
    check_run!(case, compiled, x, y);
    check_heads(case, &model);
    case.check("prediction", model.predict(&x).unwrap().values(), TRAINED);
    check_history(case, &fit!(compile_heads(&mut again), x, y).run().unwrap(), &[]);
    check_heads(case, &again);
}
