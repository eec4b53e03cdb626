//! A seed makes a run bit-identical, whatever the number of threads.

use keras::prelude::*;

model! {
    struct Net(image: Input(16, 16, 3)) {
        let x = Conv2D(24, 3, padding = "same", use_bias = false)(image);
        let x = Activation("relu")(BatchNormalization()(x));
        let x = Dropout(0.2)(Flatten()(MaxPooling2D(2)(x)));
        let x = Dense(64, activation = "tanh", kernel_regularizer = "l2")(x);
        (Dense(4, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
    }
}

sequential! {
    /// Large enough that a batch is taken in slices.
    struct Sliced {
        Input(28, 28, 1),
        Conv2D(32, 3, activation = "relu"),
        MaxPooling2D(2),
        Conv2D(8, 3, activation = "relu"),
        Flatten(),
        Dropout(0.25),
        Dense(4, activation = "softmax"),
    }
}

model! {
    /// Convolutions that go by Winograd's tiles, forward and backward; the normalization keeps the batch in one piece, so
    /// that the kernels share it out. The tiles divide neither side of an image, nor the vectors the filters.
    struct Tiled(image: Input(13, 17, 24)) {
        let x = BatchNormalization()(Conv2D(40, 3, padding = "same")(image));
        let x = Conv2D(24, 3, padding = "same", activation = "relu")(x);
        Dense(4, activation = "softmax")(GlobalAveragePooling2D()(x))
    }
}

layer! {
    /// A dense layer that adds noise.
    struct Noisy(units: usize)(x) {
        let y = x @ weight("w", (last(x), units)) + weight("b", (units,), "zeros");
        tanh(y) * weight("scale", (units,), "ones") + 0.1 * random_normal(y)
    }
}

sequential! {
    /// Large enough that a batch is taken in slices.
    struct Declared { Input(28, 28, 1), Conv2D(32, 3, activation = "relu"), Flatten(), Noisy(16), Noisy(4), Softmax() }
}

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|weight| weight.to_bits()).collect()
}

fn labels(count: usize) -> Labels {
    Labels::try_from((0..count).map(|at| (at % 4) as u8).collect::<Vec<_>>()).unwrap()
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|at| (at * 7 % 23) as f32 / 23.0).collect()
}

fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

fn train(threads: usize) -> Vec<u32> {
    with_threads(threads, || {
        let x = Tensor::<Shape3<16, 16, 3>>::from_vec(numbers(100 * 768)).unwrap();
        let score = Tensor::<Shape1<1>>::from_vec((0..100).map(|at| at as f32 / 100.0).collect()).unwrap();
        let mut model = Net::with_seed(9);
        let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
        let mut compiled = model.compile(Adam::default(), losses, ());
        compiled.fit(&x, (&labels(100), &score)).epochs(2).verbose(0).run().unwrap();
        bits(model.weights())
    })
}

fn train_sliced(threads: usize) -> Vec<u32> {
    with_threads(threads, || {
        let x = Tensor::<Shape3<28, 28, 1>>::from_vec(numbers(70 * 784)).unwrap();
        let mut model = Sliced::with_seed(9);
        let loss = SparseCategoricalCrossentropy::default();
        let mut compiled = model.compile(Adam::default(), loss, (Accuracy::default(),));
        compiled.fit(&x, labels(70)).epochs(2).batch_size(50).verbose(0).run().unwrap();
        bits(model.weights())
    })
}

#[test]
fn the_number_of_threads_does_not_show_in_layers_of_layers() {
    let x = Tensor::<Shape3<28, 28, 1>>::from_vec(numbers(70 * 784)).unwrap();
    let run = |threads| {
        with_threads(threads, || {
            let mut model = Declared::with_seed(9);
            let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
            compiled.fit(&x, labels(70)).epochs(2).batch_size(50).verbose(0).run().unwrap();
            (bits(model.weights()), bits(model.predict(&x).unwrap().values()))
        })
    };
    let one = run(1);
    for threads in [2, 3] {
        assert!(one == run(threads));
    }
}

#[test]
fn the_number_of_threads_does_not_show() {
    let (one, sliced) = (train(1), train_sliced(1));
    for threads in [2, 3, 4, 1] {
        assert_eq!(one, train(threads));
        assert_eq!(sliced, train_sliced(threads));
    }
}

#[test]
fn the_number_of_threads_does_not_show_in_tiles() {
    let x = Tensor::<Shape3<13, 17, 24>>::from_vec(numbers(3 * 13 * 17 * 24)).unwrap();
    let run = |threads| {
        with_threads(threads, || {
            let mut model = Tiled::with_seed(9);
            let predictions = bits(model.predict(&x).unwrap().values());
            let loss = SparseCategoricalCrossentropy::default();
            let (_, gradients) = model.loss_and_gradients(&x, labels(3), &loss).unwrap();
            (predictions, bits(gradients.values()))
        })
    };
    let one = run(1);
    assert!(one.1.iter().any(|gradient| *gradient != 0));
    for threads in [2, 5] {
        assert_eq!(one, run(threads));
    }
}

sequential! {
    /// A sample is enough for several threads: tiles are shared out, then filters, then columns.
    struct Wide {
        Input(20, 20, 16),
        Conv2D(96, 3, padding = "same", activation = "relu"),
        MaxPooling2D(2),
        Conv2D(144, 3, padding = "same", activation = "relu"),
        Flatten(),
        Dense(130, activation = "relu"),
        Dense(1000, activation = "softmax"),
    }
}

#[test]
fn the_number_of_threads_does_not_show_in_one_sample() {
    let (model, image) = (Wide::with_seed(5), numbers(20 * 20 * 16));
    let image: &[f32; 6400] = image.as_slice().try_into().unwrap();
    let run = |threads| with_threads(threads, || bits(&model.predict_one(image)));
    let one = run(1);
    for threads in [2, 3, 4] {
        assert_eq!(one, run(threads));
    }
    // With helpers of its own.
    for _ in 0..20 {
        assert_eq!(one, bits(&model.predict_one(image)));
    }
}

#[test]
fn a_batch_in_slices_is_the_mean_of_its_samples() {
    sequential! {
        struct Convnet { Input(28, 28, 1), Conv2D(32, 3, activation = "relu", activity_regularizer = SMALL), Flatten(), Dense(2, activation = "softmax") }
    }
    const SMALL: Regularizer = Regularizer::l2(1e-4);
    let (samples, values) = (21, numbers(21 * 784));
    let classes: Vec<u8> = (0..samples).map(|at| (at % 2) as u8).collect();
    let loss = SparseCategoricalCrossentropy::default();
    let mut model = Convnet::with_seed(3);
    let mut gradients = |values: &[f32], classes: &[u8]| {
        let x = Tensor::<Shape3<28, 28, 1>>::from_vec(values.to_vec()).unwrap();
        model.loss_and_gradients(&x, Labels::try_from(classes.to_vec()).unwrap(), &loss).unwrap()
    };
    let (whole, of_batch) = gradients(&values, &classes);
    let (mut mean, mut total) = (vec![0.0; of_batch.values().len()], 0.0);
    for (values, class) in values.chunks(784).zip(&classes) {
        let (one, of_one) = gradients(values, &[*class]);
        total += one / samples as f32;
        mean.iter_mut().zip(of_one.values()).for_each(|(sum, g)| *sum += g / samples as f32);
    }
    assert!((whole - total).abs() < 1e-5 * total, "{whole} is not {total}");
    for (found, expected) in of_batch.values().iter().zip(&mean) {
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    }
}
