//! The programs that users of Keras bring with them: whole, as one would write them, each run.

use keras::prelude::*;

sequential! {
    /// Classifies 8×8 handwritten digits.
    pub struct Digits {
        Input(8, 8, 1),
        Conv2D(16, 3, activation = "relu"),       // Keras' own argument names, order and strings
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.25),
        Dense(10, activation = "softmax", name = "scores"),
    }
}

model! {
    /// Looks at an image and at what is known of it.
    pub struct TwoTower(image: Input(28, 28, 1), meta: Input(8)) {
        fn residual(x, filters) {                             // a block: inlined at each call, like a Python function
            let y = Conv2D(filters, 3, padding = "same", use_bias = false)(x);
            let y = BatchNormalization()(y);
            Activation("relu")(Add()([x, y]))
        }
        let x = Conv2D(16, 3, padding = "same", activation = "relu")(image);
        for _ in 0..3 { x = residual(x, 16); }                // literal bounds, unrolled
        let encode = Dense(32, activation = "relu");          // one layer called twice shares its weights
        let h = Concatenate()([encode(GlobalAveragePooling2D()(x)), encode(Dense(16)(meta))]);
        let class = Dense(10, activation = "softmax")(h);
        let score = Dense(1)(h);
        (class, score)                                        // two outputs: a tuple type, a loss for each
    }
}

const HIDDEN: usize = 2 * 64; // any constant expression is a dimension
sequential! { struct Mlp<const CLASSES: usize> -> Shape1<CLASSES> { Input(784), Dense(HIDDEN, activation = "relu"), Dense(CLASSES) } }
sequential! { struct Stack { Input(784), Mlp<10>(), Softmax() } } // a model is a layer

const _: () = assert!(Digits::WORKSPACE_BYTES < 64 * 1024); // budgets are build errors

/// A program that carries its weights.
mod embedded {
    use keras::prelude::*;

    sequential! {
        pub struct Digits {
            Input(8, 8, 1),
            Conv2D(8, 3, activation = "relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(32, activation = "relu"),
            Dense(10, activation = "softmax"),
        }
    }

    pub static DIGITS: Digits<Embedded> = embed!(Digits, "../examples/weights/digits.safetensors"); // checked when compiled
}

#[test]
fn digits_are_learned_saved_and_read_back() -> keras::Result<()> {
    let (train, test) = keras::datasets::digits()?; // typed: inputs Shape3<8, 8, 1>, integer labels
    let _: (&Tensor<Shape3<8, 8, 1>>, &Labels) = (&train.x, &train.y);
    println!("{}", Digits::summary()); // Keras' table; known at compile time
    let mut model = Digits::with_seed(42); // or Digits::new()
    let history = model
        .compile(Adam::new(0.01), SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
        .fit(&train.x, &train.y)
        .epochs(3)
        .batch_size(32)
        .validation_data(&test.x, &test.y)
        .callbacks((EarlyStopping::new("val_loss").patience(3),))
        .verbose(0)
        .run()?;
    assert!(*history["val_accuracy"].last().unwrap() > 0.8);
    let path = std::env::temp_dir().join(format!("listings-{}.safetensors", std::process::id()));
    model.save(&path)?;
    let mut again = Digits::new();
    again.load(&path)?;
    std::fs::remove_file(&path).unwrap();
    assert_eq!(again.weights(), model.weights());
    Ok(())
}

#[test]
fn a_graph_of_two_inputs_and_two_outputs_is_trained() -> keras::Result<()> {
    // The shared layer counts once: its input has 16 features at both calls.
    let residual = 3 * (3 * 3 * 16 * 16 + 4 * 16);
    let dense = (16 * 32 + 32) + (8 * 16 + 16) + (64 * 10 + 10) + (64 + 1);
    assert_eq!(TwoTower::PARAMETERS, (3 * 3 * 16 + 16) + residual + dense);

    let image = Tensor::<Shape3<28, 28, 1>>::from_vec((0..4 * 784).map(|at| (at % 7) as f32 / 7.0).collect())?;
    let meta = Tensor::from([[0.0; 8], [1.0; 8], [0.5; 8], [-1.0; 8]]);
    let (class, score) = (Labels::try_from([3, 1, 4, 1])?, Tensor::from([0.0, 1.0, 0.5, -1.0]));
    let mut model = TwoTower::with_seed(1);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let history = model
        .compile(Adam::new(0.01), losses, ((Accuracy::default(),), ()))
        .fit((&image, &meta), (&class, &score))
        .epochs(4)
        .verbose(0)
        .run()?;
    assert!(history["loss"].last() < history["loss"].first());
    let (classes, scores) = model.predict((&image, &meta))?;
    let _: (&Tensor<Shape1<10>>, &Tensor<Shape1<1>>) = (&classes, &scores);
    assert!((classes[2].iter().sum::<f32>() - 1.0).abs() < 1e-5);
    Ok(())
}

#[test]
fn constant_expressions_parameters_and_models_as_layers() {
    assert_eq!(Mlp::<10>::PARAMETERS, 784 * 128 + 128 + 128 * 10 + 10);
    assert_eq!(Stack::PARAMETERS, Mlp::<10>::PARAMETERS);
    let scores: [f32; 10] = Stack::with_seed(1).predict_one(&[0.5; 784]);
    assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-5);
}

#[test]
fn weights_in_the_program_predict_without_a_heap() -> keras::Result<()> {
    use embedded::{DIGITS, Digits};
    let (_, test) = keras::datasets::digits()?;
    let image: &[f32; 64] = test.x[0].first_chunk().unwrap();
    let scores: [f32; 10] = DIGITS.predict_one(image); // no heap, no_std, no panic path
    let mut workspace = [0.0; Digits::WORKSPACE];
    assert_eq!(DIGITS.predict_one_in(image, &mut workspace), &scores);
    let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    assert_eq!(best, Some(test.y.values()[0] as usize));
    Ok(())
}

#[test]
fn a_training_loop_of_ones_own() -> keras::Result<()> {
    let (train, _) = keras::datasets::digits()?;
    let mut model = Digits::with_seed(42);
    let mut optimizer = Adam::new(0.01);
    let loss = SparseCategoricalCrossentropy::default();
    let mut losses = Vec::new();
    for start in (0..640).step_by(32) {
        let (x, y) = (train.x.slice(start..start + 32).unwrap(), train.y.slice(start..start + 32).unwrap());
        let (value, gradients) = model.loss_and_gradients(&x, &y, &loss)?;
        optimizer.apply(&mut model, &gradients)?;
        losses.push(value);
    }
    assert!(losses[19] < 0.8 * losses[0], "{losses:?}");
    Ok(())
}
