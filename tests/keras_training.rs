//! Three whole training runs, step by step, against recordings of real Keras.

use std::collections::HashMap;

use keras::prelude::*;

sequential! {
    struct MlpAdam {
        Input(12),
        Dense(16, activation = "relu", name = "hidden_1"),
        Dense(8, activation = "tanh", name = "hidden_2"),
        Dense(4, activation = "softmax", name = "classes"),
    }
}

sequential! {
    struct CnnSgd {
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
        let x = Activation("relu")(BatchNormalization(name = "norm")(x));
        let shortcut = Conv2D(4, 1, name = "shortcut")(image);
        let x = GlobalAveragePooling2D()(x + shortcut);
        let y = Dense(5, activation = "relu", name = "meta_dense")(meta);
        let x = Concatenate()([x, y]);
        (Dense(3, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
    }
}

/// The tensors of a run.
struct Recording(HashMap<String, Vec<f32>>);

impl Recording {
    fn new(run: &str) -> Self {
        let bytes =
            std::fs::read("tests/recordings/training.safetensors").expect("the recordings are in the repository");
        let file = safetensors::SafeTensors::deserialize(&bytes).expect("a safetensors file");
        let prefix = format!("{run}/");
        let tensors = file.iter().filter_map(|(name, tensor)| {
            let name = name.strip_prefix(&prefix)?;
            let words = tensor.data().chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]);
            let values = match tensor.dtype() {
                safetensors::Dtype::I32 => words.map(|b| i32::from_le_bytes(b) as f32).collect(),
                _ => words.map(f32::from_le_bytes).collect(),
            };
            Some((name.to_owned(), values))
        });
        Self(tensors.collect())
    }

    fn get(&self, name: &str) -> &[f32] {
        self.0.get(name).unwrap_or_else(|| panic!("the recording has no {name}"))
    }

    fn labels(&self, name: &str) -> Labels {
        Labels::try_from(self.get(name).iter().map(|&label| label as u32).collect::<Vec<_>>()).expect("labels")
    }

    fn set_weights<M: Train>(&self, model: &mut M) {
        for weight in M::DESCRIPTION.named_weights() {
            let values = self.get(&format!("initial/{}", weight.name));
            model.weights_mut()[weight.offset..][..values.len()].copy_from_slice(values);
        }
    }

    fn compare_weights<M: Train>(&self, model: &M) {
        for weight in M::DESCRIPTION.named_weights() {
            let name = format!("final/{}", weight.name);
            let values = self.get(&name);
            close(&name, &model.weights()[weight.offset..][..values.len()], values, 1e-3);
        }
    }
}

fn close(what: &str, ours: &[f32], theirs: &[f32], limit: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1e-6f32, |scale, value| scale.max(value.abs()));
    for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= limit * scale, "{what}[{at}]: ours {a}, Keras {b}");
    }
}

const BATCH: usize = 16;

/// The ranges of the batches of three epochs.
fn batches(samples: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..3).flat_map(move |_| (0..samples).step_by(BATCH).map(move |start| start..samples.min(start + BATCH)))
}

#[test]
fn mlp_with_adam() {
    let recording = Recording::new("mlp_adam");
    let x = Tensor::<Shape1<12>>::from_slice(recording.get("input")).unwrap();
    let y = recording.labels("target");
    let mut model = MlpAdam::new();
    recording.set_weights(&mut model);
    let mut compiled = model.compile(Adam::new(1e-2), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let losses: Vec<f32> =
        batches(70).map(|rows| compiled.train_on_batch(x.slice(rows.clone()), y.slice(rows)).unwrap().loss).collect();
    let evaluation = compiled.evaluate(&x, &y).unwrap();
    close("loss", &losses, recording.get("step/loss"), 1e-4);
    close("evaluation", &[evaluation.loss as f32], recording.get("evaluate/loss"), 1e-4);
    close("accuracy", &[evaluation["accuracy"] as f32], recording.get("evaluate/accuracy"), 1e-6);
    recording.compare_weights(&model);
    close("prediction", model.predict(&x).unwrap().values(), recording.get("prediction"), 1e-4);
}

#[test]
fn cnn_with_nesterov_momentum() {
    let recording = Recording::new("cnn_sgd_momentum");
    let x = Tensor::<Shape3<8, 8, 1>>::from_slice(recording.get("input")).unwrap();
    let y = recording.labels("target");
    let mut model = CnnSgd::new();
    recording.set_weights(&mut model);
    let optimizer = SGD::new(0.05).momentum(0.9).nesterov(true);
    let history = model
        .compile(optimizer, SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
        .fit(&x, &y)
        .epochs(3)
        .batch_size(BATCH)
        .shuffle(false)
        .verbose(0)
        .run()
        .unwrap();
    let epochs = |name: &str| history[name].iter().map(|&value| value as f32).collect::<Vec<_>>();
    close("loss", &epochs("loss"), recording.get("epoch/loss"), 1e-4);
    close("accuracy", &epochs("accuracy"), recording.get("epoch/accuracy"), 1e-6);
    recording.compare_weights(&model);
    close("prediction", model.predict(&x).unwrap().values(), recording.get("prediction"), 1e-4);
}

#[test]
fn functional_with_batch_normalization_and_two_losses() {
    let recording = Recording::new("functional_bn_two_losses");
    let image = Tensor::<Shape3<6, 6, 2>>::from_slice(recording.get("input/image")).unwrap();
    let meta = Tensor::<Shape1<3>>::from_slice(recording.get("input/meta")).unwrap();
    let class = Tensor::<Shape1<3>>::from_slice(recording.get("target/class")).unwrap();
    let score = Tensor::<Shape1<1>>::from_slice(recording.get("target/score")).unwrap();
    let mut model = TwoLosses::new();
    recording.set_weights(&mut model);
    let losses = (CategoricalCrossentropy::default().label_smoothing(0.1), MeanSquaredError::default());
    let mut compiled =
        model.compile(RMSprop::new(2e-3), losses, ((Accuracy::default(),), ())).loss_weights(&[1.0, 0.5]);
    let (mut totals, mut scores) = (Vec::new(), Vec::new());
    for rows in batches(40) {
        let x = (image.slice(rows.clone()), meta.slice(rows.clone()));
        let result = compiled.train_on_batch(x, (class.slice(rows.clone()), score.slice(rows))).unwrap();
        totals.push(result.loss);
        scores.push(result.losses[1]);
    }
    close("loss", &totals, recording.get("step/loss"), 1e-4);
    close("score_loss", &scores, recording.get("step/score_loss"), 1e-4);
    let evaluation = compiled.evaluate((&image, &meta), (&class, &score)).unwrap();
    close("evaluation", &[evaluation.loss as f32], recording.get("evaluate/loss"), 1e-4);
    close("class_accuracy", &[evaluation["class_accuracy"] as f32], recording.get("evaluate/class_accuracy"), 1e-6);
    recording.compare_weights(&model);
    let (classes, values) = model.predict((&image, &meta)).unwrap();
    close("class", classes.values(), recording.get("prediction/class"), 1e-4);
    close("score", values.values(), recording.get("prediction/score"), 1e-4);
}
