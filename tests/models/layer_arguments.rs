//! Layers as arguments of layers: `TimeDistributed(Dense(8))`.

use keras::prelude::*;

sequential! {
    struct Video {
        Input(3, 6, 6, 1),
        TimeDistributed(Conv2D(2, 3, activation = "relu")),
        TimeDistributed(Flatten()),
        TimeDistributed(Dense(4, name = "features")),
    }
}

sequential! {
    /// The same for one step.
    struct Image {
        Input(6, 6, 1),
        Conv2D(2, 3, activation = "relu"),
        Flatten(),
        Dense(4, name = "features"),
    }
}

fn names(model: &'static keras::model::Description) -> Vec<String> {
    model.named_weights().map(|weight| weight.name.to_string()).collect()
}

fn ramp(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 7 + 3) % 11) as f32 / 5.5 - 1.0).collect()
}

#[test]
fn each_step_is_a_sample_of_the_layer() {
    let (mut video, mut image) = (Video::with_seed(1), Image::new());
    image.weights_mut().copy_from_slice(video.weights());
    let x = ramp(2 * 3 * 36);
    let steps = image.predict(Tensor::<Shape3<6, 6, 1>>::from_vec(x.clone()).unwrap()).unwrap();
    let x = Tensor::<Shape4<3, 6, 6, 1>>::from_vec(x).unwrap();
    assert_eq!(video.predict(&x).unwrap().values(), steps.values());
    assert_eq!(video.predict_one(x.values()[..108].try_into().unwrap()), steps.values()[..12]);
    assert_eq!(Video::MACS, 3 * Image::MACS);
    video.time_distributed_mut().freeze();
    assert!(video.time_distributed().is_frozen());
}

#[test]
fn weights_are_called_by_the_path_of_their_layer() {
    let expected = ["time_distributed/conv2d/kernel", "time_distributed/conv2d/bias"];
    assert_eq!(names(Video::DESCRIPTION)[..2], expected);
    assert_eq!(
        names(Video::DESCRIPTION)[2..],
        ["time_distributed_2/features/kernel", "time_distributed_2/features/bias"]
    );
    let video = Video::with_seed(1);
    let outer = video.time_distributed_2();
    let (kernel, dims) = outer.weight("features/kernel").unwrap();
    assert_eq!((kernel.len(), dims.to_string().as_str()), (32 * 4, "(32, 4)"));
    assert!(outer.weight("kernel").is_none() && outer.weight("features").is_none());
    assert_eq!(outer.layer().kernel().as_slice(), Some(kernel));
    assert!(outer.layer().weight("features/kernel").is_none());
}

/// A layer by its name, layers within layers, and a model as an argument, in `model!`.
mod functional {
    use super::*;

    sequential! { struct Encoder { Input(4), Dense(3, activation = "tanh"), BatchNormalization() } }
    model! {
        struct Net(x: Input(2, 5, 4)) {
            fn over(x, layer) { TimeDistributed(TimeDistributed(layer))(x) }
            let layer = Dense(4, name = "inside");
            let y = over(x, layer);
            let encode = TimeDistributed(TimeDistributed(Encoder(), name = "outside"));
            let (a, b) = (encode(y), encode(x));
            TimeDistributed(Flatten(), name = "flat")(Add()([a, b]))
        }
    }

    #[test]
    fn layers_are_bound_to_names_and_nested() {
        let expected = [
            "time_distributed_1/time_distributed/inside/kernel",
            "time_distributed_1/time_distributed/inside/bias",
            "time_distributed_2/outside/encoder/dense/kernel",
            "time_distributed_2/outside/encoder/dense/bias",
            "time_distributed_2/outside/encoder/batch_normalization/gamma",
            "time_distributed_2/outside/encoder/batch_normalization/beta",
            "time_distributed_2/outside/encoder/batch_normalization/moving_mean",
            "time_distributed_2/outside/encoder/batch_normalization/moving_variance",
        ];
        assert_eq!(names(Net::DESCRIPTION), expected);
        let net = Net::with_seed(1);
        let view = net.time_distributed_2();
        assert_eq!(
            view.layer().layer().weight("dense/kernel").unwrap().0,
            view.weight("outside/encoder/dense/kernel").unwrap().0
        );
        assert_eq!(view.layer().weight("encoder/dense/bias").unwrap().0.len(), 3);
        assert_eq!(net.time_distributed_1().layer().layer().kernel().shape(), [4, 4]);
    }

    #[test]
    fn a_model_is_applied_to_each_step() {
        sequential! { struct Each { Input(3, 4), TimeDistributed(Encoder()) } }
        let (mut each, mut encoder) = (Each::with_seed(3), Encoder::new());
        each.weights_mut().iter_mut().zip(ramp(27)).for_each(|(weight, value)| *weight = value.abs());
        encoder.weights_mut().copy_from_slice(each.weights());
        let steps = encoder.predict(Tensor::<Shape1<4>>::from_vec(ramp(24)).unwrap()).unwrap();
        let sequences = each.predict(Tensor::<Shape2<3, 4>>::from_vec(ramp(24)).unwrap()).unwrap();
        assert_eq!(sequences.values(), steps.values());
        // A layer of the model is reached by its path, and can be frozen alone.
        each.freeze("time_distributed/dense").unwrap_err();
        each.freeze("time_distributed/encoder/dense").unwrap();
        let (x, y) =
            (Tensor::<Shape2<3, 4>>::from_vec(ramp(48)).unwrap(), Tensor::<Shape2<3, 3>>::from_vec(ramp(36)).unwrap());
        let (_, gradients) = each.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
        assert!(gradients.values()[..15].iter().all(|&gradient| gradient == 0.0));
        assert!(gradients.values()[15..].iter().all(|&gradient| gradient != 0.0));
        let before = each.weights().to_vec();
        each.compile(SGD::new(0.1), MeanSquaredError::default(), ()).train_on_batch(&x, &y).unwrap();
        assert_eq!(each.weights()[..15], before[..15]);
        assert!(each.weights()[15..].iter().zip(&before[15..]).all(|(after, before)| after != before));
    }
}

/// Const parameters, of the model as an argument and of the model around it.
#[test]
fn models_with_parameters_are_arguments() {
    sequential! { struct Head<const CLASSES: usize> -> Shape1<CLASSES> { Input(4), Dense(CLASSES) } }
    sequential! { struct Three { Input(2, 4), TimeDistributed(Head<3>()) } }
    assert_eq!(names(Three::DESCRIPTION)[0], "time_distributed/head/dense/kernel");
    assert_eq!(Three::with_seed(1).predict_one(&[0.5; 8]).len(), 6);
    sequential! {
        struct Any<const STEPS: usize, const UNITS: usize> -> Shape2<STEPS, UNITS> {
            Input(STEPS, 4),
            TimeDistributed(Dense(4)),
            TimeDistributed(TimeDistributed(Dense(UNITS)), name = "outer"),
        }
    }
    sequential! {
        struct Right<const STEPS: usize, const UNITS: usize> -> Shape2<STEPS, UNITS> {
            Input(STEPS, 4),
            TimeDistributed(Dense(4)),
            TimeDistributed(Head<UNITS>()),
        }
    }
    assert_eq!(Right::<5, 2>::PARAMETERS, 20 + 10);
    let (right, mut workspace) = (Right::<5, 2>::with_seed(1), vec![0.0; Right::<5, 2>::WORKSPACE]);
    let [output] = right.predict_one_in(&[0.5; 20], &mut workspace).unwrap();
    assert_eq!(output.len(), 10);
    // A sequence of vectors has no steps within its steps: the model says so to what makes it.
    let error = <Any<5, 2, Embedded> as keras_core::model::Model>::BUILT.unwrap_err().to_string();
    let expected = "in its layer `outer`: it applies its layer to each step of a sequence (steps, …), but its input \
                    is (4,); give it an input with at least 2 axes, or use the layer by itself";
    assert_eq!(error, expected);
}

#[test]
fn a_frozen_argument_freezes_its_layer() {
    sequential! { struct Net { Input(3, 2), TimeDistributed(Dense(4, trainable = false)), TimeDistributed(Dense(2), trainable = false), Dense(1) } }
    assert_eq!(Net::DESCRIPTION.trainable_parameters(), 3);
    let net = Net::new();
    assert!(net.time_distributed().is_frozen() && net.time_distributed_1().is_frozen());
}

#[test]
fn weights_are_saved_and_loaded() {
    let path = std::env::temp_dir().join(format!("layer-arguments-{}.safetensors", std::process::id()));
    let video = Video::with_seed(5);
    video.save(&path).unwrap();
    let mut again = Video::with_seed(6);
    again.load(&path).unwrap();
    assert_eq!(again.weights(), video.weights());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_summary_has_the_wrapper_alone() {
    let summary = Video::summary().to_string();
    assert!(summary.contains("time_distributed_2 (TimeDistributed)"), "{summary}");
    assert!(summary.contains("(None, 3, 4, 4, 2)") && summary.contains("Total params: 152"), "{summary}");
}

/// Ids that are none are reported with their sample, not with the step.
#[test]
fn an_invalid_id_is_one_of_its_sample() {
    sequential! { struct Net { Input(3, 2, dtype = "int32"), TimeDistributed(Embedding(5, 4)), Flatten(), Dense(1) } }
    let x = Tensor::<Shape2<3, 2>, i32>::from_vec(vec![0, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4, 5]).unwrap();
    let error = Net::new().predict(&x).unwrap_err();
    assert_eq!(error.to_string(), "5 of sample 1 is not an id: `time_distributed` takes integers from 0 to 4");
}

/// A final softmax within hands its logits to the loss.
#[test]
fn a_crossentropy_starts_from_the_logits_within() {
    sequential! { struct Wrapped { Input(3, 2), TimeDistributed(Dense(4, activation = "softmax")) } }
    sequential! { struct Plain { Input(3, 2), Dense(4, activation = "softmax") } }
    let (mut wrapped, mut plain) = (Wrapped::with_seed(1), Plain::new());
    // Probabilities that are 0 as floats.
    wrapped.weights_mut().iter_mut().for_each(|weight| *weight *= 300.0);
    plain.weights_mut().copy_from_slice(wrapped.weights());
    let x = Tensor::<Shape2<3, 2>>::from_vec(ramp(12)).unwrap();
    let y = Labels::<Shape1<3>>::from_shape_vec(vec![0, 1, 2, 3, 0, 1]).unwrap();
    let loss = SparseCategoricalCrossentropy::default();
    let (one, gradients) = wrapped.loss_and_gradients(&x, &y, &loss).unwrap();
    let (other, expected) = plain.loss_and_gradients(&x, &y, &loss).unwrap();
    assert!(one > 20.0);
    assert_eq!((one, gradients.values()), (other, expected.values()));
}

/// What the layers of a model add to the loss is added once for each step, and divided by the number of samples.
#[test]
fn penalties_within_are_those_of_all_steps() {
    sequential! { struct Inner { Input(2), Dense(2, kernel_initializer = "identity", activity_regularizer = "l1") } }
    sequential! { struct Net { Input(3, 2), TimeDistributed(Inner()) } }
    let x = Tensor::<Shape2<3, 2>>::from_vec(vec![1.0; 12]).unwrap();
    let (loss, gradients) = Net::new().loss_and_gradients(&x, &x, &MeanSquaredError::default()).unwrap();
    assert!((loss - 0.01 * 6.0).abs() < 1e-6, "{loss}");
    // By the bias: three steps, of each sample a half.
    assert!(gradients.values()[4..].iter().all(|gradient| (gradient - 0.01 * 3.0).abs() < 1e-6), "{gradients:?}");
}
