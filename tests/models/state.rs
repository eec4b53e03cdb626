//! State: what layers keep from call to call.

use keras::{
    State,
    layers::{Backward, Built, Forward, Layer, StateVariable},
    prelude::*,
    shape::{Dims, ShapeError},
};

/// The mean of all samples so far, over calls: one for all samples.
#[derive(Clone, Copy)]
pub struct RunningMean;

impl RunningMean {
    pub const fn layer() -> Self {
        Self
    }
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let (count, mean) = (StateVariable::new("count", Dims::new(&[1])), StateVariable::new("mean", input));
        Built::new(input).state(count).state(mean).ok()
    }
}

impl Layer for RunningMean {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        let [count, mean] = pass.states.array();
        for (from, to) in input.chunks_exact(mean.len()).zip(output.chunks_exact_mut(mean.len())) {
            count[0] += 1.0;
            for (mean, value) in mean.iter_mut().zip(from) {
                *mean += (value - *mean) / count[0];
            }
            to.copy_from_slice(mean);
        }
    }
    fn backward(&self, pass: Backward<'_>) {
        let [Some(gradient)] = pass.input_gradients.array() else { return };
        gradient.fill(0.0);
    }
}

/// The sum of all that a sample was so far, from an initial value on.
#[derive(Clone, Copy)]
pub struct Total {
    initial: f32,
}

impl Total {
    pub const fn layer() -> Self {
        Self { initial: 0.0 }
    }
    pub const fn initial(mut self, initial: f32) -> Self {
        self.initial = initial;
        self
    }
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).state(StateVariable::per_sample("total", input).initial_value(self.initial)).ok()
    }
}

impl Layer for Total {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [total], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
        for ((total, value), to) in total.iter_mut().zip(input).zip(output) {
            *total += value;
            *to = *total;
        }
    }
    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let [Some(gradient)] = pass.input_gradients.array() else { return };
        gradient.copy_from_slice(output_gradient);
    }
}

sequential! {
    #[derive(Clone, Debug, PartialEq)]
    struct Mean { Input(2), RunningMean() }
}
sequential! {
    #[derive(Clone, Debug, PartialEq)]
    struct Sums { Input(2), Dense(2, kernel_initializer = "identity"), Total() }
}

model! {
    /// Two states with a batch axis, one without, one inside of another model, one of a layer that is called twice.
    #[derive(Clone)]
    struct Outer(x: Input(2)) {
        let mean = Mean(name = "mean")(x);
        let total = Total(initial = 10.0);
        let twice = total(total(x));
        Concatenate()([mean, twice, Sums(name = "sums")(x)])
    }
}

sequential! {
    struct Generic<const UNITS: usize> -> Shape1<UNITS> { Input(UNITS), Total(initial = 1.0), Sums2::<UNITS>() }
}
sequential! {
    struct Sums2<const UNITS: usize> -> Shape1<UNITS> { Input(UNITS), Total() }
}

fn rows<const N: usize>(rows: [[f32; 2]; N]) -> Tensor<Shape1<2>> {
    Tensor::from(rows)
}

#[test]
fn a_state_without_a_batch_axis_goes_on_from_call_to_call() {
    let mut mean = Mean::new();
    let first = mean.predict_stateful(rows([[1.0, 10.0], [3.0, 30.0]])).unwrap();
    assert_eq!(first.values(), [1.0, 10.0, 2.0, 20.0]);
    assert_eq!(
        mean.predict_stateful(rows([[5.0, 50.0]])).unwrap().values(),
        [3.0, 30.0],
        "of another number of samples"
    );
    assert_eq!(mean.predict_one_stateful(&[7.0, 70.0]).unwrap(), [4.0, 40.0]);
    mean.reset_states();
    assert_eq!(mean.predict_one_stateful(&[7.0, 70.0]).unwrap(), [7.0, 70.0]);
    assert_eq!(
        Predict::stateful(&mut mean).batch_size(1).run(rows([[1.0, 0.0], [1.0, 2.0]])).unwrap().values(),
        [4.0, 35.0, 3.0, 24.0]
    );
}

#[test]
fn a_state_with_a_batch_axis_stays_with_its_sample() {
    let (mut sums, x) = (Sums::new(), rows([[1.0, 2.0], [10.0, 20.0]]));
    assert_eq!(sums.predict_stateful(&x).unwrap(), x);
    assert_eq!(sums.predict_stateful(&x).unwrap().values(), [2.0, 4.0, 20.0, 40.0]);
    let swapped = rows([[10.0, 20.0], [1.0, 2.0]]);
    assert_eq!(sums.predict_stateful(&swapped).unwrap().values(), [12.0, 24.0, 21.0, 42.0], "by position");
}

#[test]
fn each_batch_goes_on_from_the_one_before_it() {
    let x = rows([[1.0, 0.0], [10.0, 0.0], [2.0, 0.0], [20.0, 0.0], [4.0, 0.0], [40.0, 0.0]]);
    let mut sums = Sums::new();
    let outputs = Predict::stateful(&mut sums).batch_size(2).run(&x).unwrap();
    let firsts: Vec<f32> = outputs.values().iter().copied().step_by(2).collect();
    assert_eq!(firsts, [1.0, 10.0, 3.0, 30.0, 7.0, 70.0]);
    // The size of the state's batches is kept without being said.
    assert_eq!(sums.predict_stateful(&x).unwrap()[5], [140.0, 0.0]);
}

#[test]
fn numbers_of_samples_that_differ_are_refused_in_words() {
    let mut sums = Sums::new();
    let (two, three) = (rows([[1.0, 2.0]; 2]), rows([[1.0, 2.0]; 3]));
    sums.predict_stateful(&two).unwrap();
    let before = sums.clone();
    let error = Predict::stateful(&mut sums).batch_size(3).run(&three).unwrap_err();
    assert!(matches!(error, keras::Error::StateSamples { expected: 2, found: 3 }));
    assert_eq!(
        error.to_string(),
        "the state holds 2 samples, but this batch has 3; use batches of 2 samples, or call `reset_states()` first \
         (`reset_state()` of a standalone layer)"
    );
    assert!(sums.predict_one_stateful(&[1.0, 2.0]).is_err(), "one is another number too");
    let error = sums.predict_stateful(&three).unwrap_err();
    assert!(matches!(error, keras::Error::LastBatch { samples: 3, batch_size: 2, last: 1 }));
    assert_eq!(
        error.to_string(),
        "3 samples cannot be divided into batches of 2: the last has 1, but the state of this model needs the same \
         number in each; choose another `batch_size`"
    );
    assert_eq!(sums, before, "and change nothing");
    sums.reset_states();
    assert_eq!(sums.predict_stateful(&three).unwrap(), three);
}

#[test]
fn training_and_evaluation_go_on_with_the_state() {
    let (mut sums, x, y) = (Sums::new(), rows([[1.0, 2.0], [3.0, 4.0]]), rows([[0.0, 0.0], [0.0, 0.0]]));
    let (loss, gradients) = sums.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    assert_eq!(loss, (1.0 + 4.0 + 9.0 + 16.0) / 4.0);
    assert_eq!(gradients.values()[..4], [5.0, 7.0, 7.0, 10.0], "by the kernel: the sums' gradients, x, times x");
    let mut compiled = sums.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    assert_eq!(compiled.evaluate(&x, &y).unwrap().loss, 4.0 * f64::from(loss), "twice the sums");
    let fit = compiled.fit(&x, &y).epochs(2).shuffle(false).verbose(0).run().unwrap();
    assert_eq!(fit["loss"], [9.0 * f64::from(loss), 16.0 * f64::from(loss)]);
    assert_eq!(compiled.model().predict_stateful(&x).unwrap().values(), [5.0, 10.0, 15.0, 20.0]);
    let outputs = compiled.model().backpropagate(&x, |outputs| Ok(outputs.clone())).unwrap().0;
    assert_eq!(outputs.values(), [6.0, 12.0, 18.0, 24.0]);
    compiled.model().reset_states();
    assert_eq!(compiled.train_on_batch(&x, &y).unwrap().loss, loss);
}

#[test]
fn fit_refuses_a_smaller_last_batch_before_it_begins() {
    let (x, y) = (rows([[1.0, 2.0]; 5]), rows([[0.0, 0.0]; 5]));
    let mut sums = Sums::new();
    let mut compiled = sums.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let error = compiled.fit(&x, &y).batch_size(2).verbose(0).run().unwrap_err();
    assert!(matches!(error, keras::Error::LastBatch { samples: 5, batch_size: 2, last: 1 }));
    assert!(Evaluate::new(&mut compiled).batch_size(2).run(&x, &y).is_err());
    // The first two batches alone are of one size.
    compiled.fit(&x, &y).batch_size(2).steps_per_epoch(2).verbose(0).run().unwrap();
    assert!(compiled.fit(&x, &y).batch_size(2).steps_per_epoch(2).epochs(2).verbose(0).run().is_err());
    let error = compiled.fit(&x, &y).batch_size(2).steps_per_epoch(1).validation_split(0.2).verbose(0).run();
    assert!(matches!(error.unwrap_err(), keras::Error::StateSamples { expected: 2, found: 1 }), "in the validation");
}

#[test]
fn callbacks_reset_the_state() {
    use keras::callbacks::Context;
    struct Reset;
    impl Callback for Reset {
        fn on_epoch_begin(&mut self, _: usize, context: &mut Context<'_>) -> keras::Result<()> {
            context.reset_states();
            Ok(())
        }
    }
    let (x, y) = (rows([[1.0, 1.0], [1.0, 1.0]]), rows([[0.0, 0.0], [0.0, 0.0]]));
    let mut sums = Sums::new();
    let mut compiled = sums.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let fit = compiled.fit(&x, &y).epochs(2).shuffle(false).callbacks((Reset,)).verbose(0).run().unwrap();
    assert_eq!(fit["loss"], [1.0, 1.0]);
}

#[test]
fn a_frozen_layer_keeps_its_state_going() {
    let (mut outer, x) = (Outer::new(), rows([[1.0, 2.0]]));
    outer.freeze("total").unwrap();
    outer.freeze("mean").unwrap();
    outer.freeze("sums").unwrap();
    let step = |outer: &mut Outer| outer.backpropagate(&x, |outputs| Ok(outputs.clone())).unwrap().0.values().to_vec();
    step(&mut outer);
    assert_eq!(step(&mut outer), [1.0, 2.0, 46.0, 52.0, 2.0, 4.0]);
}

#[test]
fn inner_models_and_shared_layers_keep_theirs() {
    let mut outer = Outer::with_seed(1);
    assert_eq!((Outer::STATE, Outer::DESCRIPTION.state.per_sample, Outer::DESCRIPTION.state.fixed), (7, 4, 3));
    let x = rows([[1.0, 2.0], [3.0, 6.0]]);
    let first = outer.predict_stateful(&x).unwrap();
    // The shared layer adds x to its total, and then the total: 10 + x, doubled.
    assert_eq!(first[0], [1.0, 2.0, 22.0, 24.0, 1.0, 2.0]);
    assert_eq!(first[1], [2.0, 4.0, 26.0, 32.0, 3.0, 6.0]);
    let second = outer.predict_stateful(&x).unwrap();
    assert_eq!(second[0], [5.0 / 3.0, 10.0 / 3.0, 46.0, 52.0, 2.0, 4.0]);
    assert_eq!(second[1], [2.0, 4.0, 58.0, 76.0, 6.0, 12.0]);
    assert_eq!(outer.total().state("total"), Some(&[46.0, 52.0, 58.0, 76.0][..]));
    assert_eq!(outer.mean().state("running_mean/count"), Some(&[4.0][..]));
    assert_eq!(outer.mean().state("running_mean/mean"), Some(&[2.0, 4.0][..]));
    assert_eq!(outer.sums().state("total/total"), Some(&[2.0, 4.0, 6.0, 12.0][..]));
    assert_eq!((outer.sums().state("total"), outer.sums().state("dense/total")), (None, None));
    outer.reset_states();
    assert_eq!((outer.total().state("total"), outer.mean().state("running_mean/count")), (None, None));
    assert_eq!(outer.predict_stateful(&x).unwrap(), first);
}

#[test]
fn a_generic_model_has_state() {
    let mut model = Generic::<2>::new();
    assert_eq!(Generic::<2>::STATE, 4);
    assert_eq!(model.predict_stateful(rows([[1.0, 2.0]])).unwrap().values(), [2.0, 3.0]);
    assert_eq!(model.predict_stateful(rows([[1.0, 2.0]])).unwrap().values(), [2.0 + 3.0, 3.0 + 5.0]);
    let (mut state, mut workspace) = (Generic::<2>::initial_state::<4>(), [0.0; Generic::<2>::WORKSPACE]);
    assert_eq!(state, [1.0, 1.0, 0.0, 0.0]);
    model.predict_one_with_state(&[1.0, 2.0], &mut state, &mut workspace).unwrap();
    assert_eq!(model.predict_one_with_state(&[1.0, 2.0], &mut state, &mut workspace), Some([&[5.0, 8.0][..]]));
    assert_eq!(model.predict_one_with_state(&[1.0, 2.0], &mut [0.0; 3], &mut workspace), None);
    // Another size of it begins anew.
    let mut other: Generic<2> = model.with_shape();
    assert_eq!(other.predict_stateful(rows([[1.0, 2.0]])).unwrap().values(), [2.0, 3.0]);
}

#[test]
fn a_sample_goes_on_with_a_state_of_the_callers() {
    static WEIGHTS: [f32; Sums::PARAMETERS] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let sums = Sums::from_embedded(&WEIGHTS);
    let (mut mine, mut yours) = (Sums::initial_state(), Sums::initial_state());
    let mut workspace = [0.0; Sums::WORKSPACE];
    for _ in 0..3 {
        sums.predict_one_with_state(&[1.0, 2.0], &mut mine, &mut workspace);
    }
    assert_eq!(mine, [3.0, 6.0]);
    assert_eq!(sums.predict_one_with_state(&[1.0, 2.0], &mut yours, &mut workspace), &[1.0, 2.0]);
    mine = Sums::initial_state();
    assert_eq!(sums.predict_one_with_state(&[1.0, 2.0], &mut mine, &mut workspace), &[1.0, 2.0]);
    // Batches of an embedded model go on with a state on the heap.
    let (mut state, x) = (State::new(), rows([[1.0, 2.0], [3.0, 4.0]]));
    Predict::with_state(&sums, &mut state).run(&x).unwrap();
    assert_eq!(Predict::with_state(&sums, &mut state).run(&x).unwrap().values(), [2.0, 4.0, 6.0, 8.0]);
    let error = Predict::with_state(&Mean::new(), &mut state).run(&x).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`state` is the state of another model, but must be a state of this model, or a new one"
    );
}

#[test]
fn a_clone_has_the_state_and_goes_its_own_way() {
    let mut sums = Sums::new();
    sums.predict_one_stateful(&[1.0, 2.0]).unwrap();
    let mut clone = sums.clone();
    assert_eq!(clone, sums);
    assert_eq!(clone.predict_one_stateful(&[1.0, 2.0]).unwrap(), [2.0, 4.0]);
    assert_ne!(clone, sums, "it predicts something else");
    assert_eq!(sums.predict_one_stateful(&[10.0, 20.0]).unwrap(), [11.0, 22.0]);
    clone.reset_states();
    sums.reset_states();
    assert_eq!(clone, sums);
}

#[test]
fn state_is_neither_saved_nor_counted() {
    assert_eq!((Mean::PARAMETERS, Mean::TRAINABLE_PARAMETERS, Mean::STATE), (0, 0, 3));
    assert_eq!((Sums::PARAMETERS, Sums::STATE), (6, 2));
    assert!(Mean::summary().to_string().contains("Total params: 0"));
    let mut sums = Sums::new();
    sums.predict_one_stateful(&[1.0, 2.0]).unwrap();
    let path = std::env::temp_dir().join(format!("keras-state-{}.safetensors", std::process::id()));
    sums.save(&path).unwrap();
    let mut loaded = Sums::new();
    loaded.load(&path).unwrap();
    assert_eq!(loaded.predict_one_stateful(&[1.0, 2.0]).unwrap(), [1.0, 2.0], "a new model begins anew");
    sums.load(&path).unwrap();
    assert_eq!(sums.predict_one_stateful(&[1.0, 2.0]).unwrap(), [2.0, 4.0], "loading leaves a state as it is");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_id_that_is_none_leaves_the_state_as_it_was() {
    sequential! { #[derive(Clone, Debug, PartialEq)] struct Words { Input(2), Embedding(4, 1, embeddings_initializer = "ones"), Flatten(), Total() } }
    let mut words = Words::new();
    words.predict_stateful(rows([[1.0, 2.0]])).unwrap();
    let before = words.clone();
    assert!(matches!(words.predict_stateful(rows([[1.0, 9.0]])).unwrap_err(), keras::Error::Id { value: 9.0, .. }));
    assert_eq!(words, before);
    let step = words.loss_and_gradients(rows([[1.0, 9.0]]), rows([[0.0, 0.0]]), &MeanSquaredError::default());
    assert!(matches!(step.unwrap_err(), keras::Error::Id { value: 9.0, .. }));
    assert_eq!(words, before);
    assert_eq!(words.predict_stateful(rows([[1.0, 2.0]])).unwrap().values(), [2.0, 2.0]);
}

/// A batch that would be cut into slices, and work that would be shared out, if a state did not keep it in one piece.
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    model! {
        struct Wide(x: Input(64)) {
            let x = Dense(256, activation = "relu")(x);
            let x = RunningMean()(Total()(x));
            Dense(64)(x)
        }
    }
    let values: Vec<f32> = (0..64 * 1024).map(|at| (at as f32 * 0.37).sin()).collect();
    let x = Tensor::<Shape1<64>>::from_vec(values).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut wide = Wide::with_seed(3);
            let first = Predict::stateful(&mut wide).batch_size(512).run(&x).unwrap();
            let mut compiled = wide.compile(SGD::new(0.01), MeanSquaredError::default(), ());
            compiled.fit(&x, &x).batch_size(512).epochs(2).shuffle(false).verbose(0).run().unwrap();
            (first, Predict::stateful(&mut wide).run(&x).unwrap(), wide.weights().to_vec())
        })
    };
    let one = run(1);
    for threads in [2, 5] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_layer_by_itself_keeps_its_state() {
    let mut mean = standalone!(RunningMean::layer(), [2]).unwrap();
    assert_eq!(mean.state("mean"), None);
    assert_eq!(mean.call_stateful(&[&[1.0, 10.0]]).unwrap(), [1.0, 10.0]);
    assert_eq!(mean.forward(&[&[3.0, 30.0, 5.0, 50.0]]).unwrap(), [2.0, 20.0, 3.0, 30.0], "in training too");
    let mut clone = mean.clone();
    assert_eq!(clone.call_stateful(&[&[7.0, 70.0]]).unwrap(), [4.0, 40.0]);
    assert_eq!((mean.state("count"), mean.state("mean")), (Some(&[3.0][..]), Some(&[3.0, 30.0][..])));
    mean.reset_state();
    assert_eq!(mean.call_stateful(&[&[7.0, 70.0]]).unwrap(), [7.0, 70.0]);

    let mut total = standalone!(Total::layer().initial(1.0), [1]).unwrap();
    assert!(matches!(total.call(&[&[1.0]]), Err(keras::Error::Argument { name: "layer", .. })));
    assert_eq!(total.forward(&[&[1.0, 2.0]]).unwrap(), [2.0, 3.0]);
    assert_eq!(total.backward(&[5.0, 6.0]).unwrap().inputs, [[5.0, 6.0]]);
    let error = total.call_stateful(&[&[1.0]]).unwrap_err();
    assert!(matches!(error, keras::Error::StateSamples { expected: 2, found: 1 }));
    assert_eq!(total.state("total"), Some(&[2.0, 3.0][..]), "and changes nothing");
    assert!(standalone!(Sums2::<2>::layer(), [2]).is_err(), "a model is no layer by itself");
}

#[test]
fn steps_cannot_share_the_state_of_a_layer() {
    let (input, layer) = (Dims::new(&[5, 2]), TimeDistributed::layer(RunningMean::layer()));
    let step = RunningMean::layer().build(layer.inner_input(input).unwrap()).unwrap();
    let error = layer.build(input, step).unwrap_err().to_string();
    assert!(error.contains("its layer keeps state from call to call"), "{error}");
}

#[test]
fn steps_cannot_share_the_state_of_a_model() {
    sequential! { struct Sums { Input(2), Total() } }
    let (input, layer) = (Dims::new(&[3, 2]), TimeDistributed::layer(Sums::layer()));
    let step = Sums::layer().build(layer.inner_input(input).unwrap()).unwrap();
    assert!(layer.build(input, step).unwrap_err().to_string().contains("its layer keeps state from call to call"));
}

#[test]
fn a_step_that_fails_changes_nothing() {
    sequential! { struct Net { Input(2), Total(), BatchNormalization(), Dense(3, activation = "softmax") } }
    let (x, right) = (Tensor::from([[1.0, 2.0], [3.0, 5.0]]), Labels::try_from([0, 2]).unwrap());
    let loss = SparseCategoricalCrossentropy::default();
    let mut net = Net::with_seed(1);
    net.loss_and_gradients(&x, &right, &loss).unwrap();
    let (before, total) = (net.weights().to_vec(), net.total().state("total").unwrap().to_vec());
    assert!(net.loss_and_gradients(&x, Labels::try_from([0, 9]).unwrap(), &loss).is_err());
    assert_eq!((net.weights(), net.total().state("total").unwrap()), (&before[..], &total[..]));
    let mut compiled = net.compile(SGD::default(), loss, ());
    assert!(compiled.evaluate(&x, Labels::try_from([9, 0]).unwrap()).is_err());
    assert_eq!(net.total().state("total").unwrap(), total);
}
