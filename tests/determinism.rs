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

fn train(threads: usize) -> Vec<u32> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let x = Tensor::<Shape3<16, 16, 3>>::from_vec((0..100 * 768).map(|at| (at * 7 % 23) as f32 / 23.0).collect())
            .unwrap();
        let class = Labels::try_from((0..100).map(|at| (at % 4) as u8).collect::<Vec<_>>()).unwrap();
        let score = Tensor::<Shape1<1>>::from_vec((0..100).map(|at| at as f32 / 100.0).collect()).unwrap();
        let mut model = Net::with_seed(9);
        let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
        let mut compiled = model.compile(Adam::default(), losses, ());
        compiled.fit(&x, (&class, &score)).epochs(2).verbose(0).run().unwrap();
        model.weights().iter().map(|weight| weight.to_bits()).collect()
    })
}

#[test]
fn the_number_of_threads_does_not_show() {
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(4));
    assert_eq!(one, train(1));
}
