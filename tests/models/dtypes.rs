//! Inputs that are no floats: ids, and images as bytes.

use keras::{Error, prelude::*};
use ndarray::{Array2, array};

sequential! {
    struct Ids { Input(3, dtype = "int32"), Embedding(5, 2), Flatten(), Dense(1) }
}
sequential! {
    struct FloatIds { Input(3), Embedding(5, 2), Flatten(), Dense(1) }
}
sequential! {
    struct Bytes { Input(3, 3, 1, dtype = "uint8"), Rescaling(1.0 / 255.0), Flatten(), Dense(2) }
}
sequential! {
    struct Floats { Input(3, 3, 1), Rescaling(1.0 / 255.0), Flatten(), Dense(2) }
}
model! {
    // The bytes of a sample are not a whole number of words, and ids come out of a slice.
    struct Moved(features: Input(2, 2, dtype = "int32"), image: Input(5, dtype = "uint8")) {
        let ids = features[.., .., 0];
        let vectors = Flatten()(Embedding(4, 2)(Permute((1,))(ids)));
        Dense(1)(Concatenate()([vectors, Rescaling(1.0)(Reshape((5,))(image))]))
    }
}

fn bytes(samples: usize, size: usize) -> Vec<u8> {
    (0..samples * size).map(|at| (at * 37 % 256) as u8).collect()
}

#[test]
fn ids_are_the_same_as_integers_and_as_floats() -> keras::Result<()> {
    let (mut ids, mut floats) = (Ids::with_seed(3), FloatIds::with_seed(3));
    let x: Vec<i32> = (0..40 * 3).map(|at| at * 7 % 5).collect();
    let y = Tensor::<Shape1<1>>::from_vec((0..40).map(|at| at as f32 / 40.0).collect())?;
    let as_floats = Tensor::<Shape1<3>>::from_vec(x.iter().map(|&id| id as f32).collect())?;
    let as_array = Array2::from_shape_vec((40, 3), x.clone()).unwrap();
    let x = Tensor::<Shape1<3>, i32>::from_vec(x)?;
    for model in [true, false] {
        let history = if model {
            ids.compile(Adam::new(0.01), MeanSquaredError::default(), ()).fit(&x, &y).epochs(3).verbose(0).run()?
        } else {
            let mut compiled = floats.compile(Adam::new(0.01), MeanSquaredError::default(), ());
            compiled.fit(&as_floats, &y).epochs(3).verbose(0).run()?
        };
        assert!(history["loss"][2] < history["loss"][0]);
    }
    assert_eq!(ids.weights(), floats.weights());
    assert_eq!(ids.predict(&x)?.values(), floats.predict(&as_floats)?.values());
    assert_eq!(ids.predict(&as_array)?.values(), floats.predict(&as_floats)?.values());
    assert_eq!(ids.predict_one(&[1, 4, 0]), floats.predict_one(&[1.0, 4.0, 0.0]));
    Ok(())
}

#[test]
fn images_are_the_same_as_bytes_and_as_floats() -> keras::Result<()> {
    let (mut model, mut floats) = (Bytes::with_seed(3), Floats::with_seed(3));
    let x = bytes(33, 9);
    let as_floats = Tensor::<Shape3<3, 3, 1>>::from_vec(x.iter().map(|&byte| f32::from(byte)).collect())?;
    let x = Tensor::<Shape3<3, 3, 1>, u8>::from_vec(x)?;
    let y = Tensor::<Shape1<2>>::from_vec((0..66).map(|at| at as f32 / 66.0).collect())?;
    model
        .compile(SGD::new(0.1), MeanSquaredError::default(), ())
        .fit(&x, &y)
        .epochs(2)
        .batch_size(7)
        .verbose(0)
        .run()?;
    let mut compiled = floats.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    compiled.fit(&as_floats, &y).epochs(2).batch_size(7).verbose(0).run()?;
    assert_eq!(model.weights(), floats.weights());
    assert_eq!(model.predict(&x)?.values(), floats.predict(&as_floats)?.values());
    assert_eq!(model.predict_one(&[9; 9]), floats.predict_one(&[9.0; 9]));
    assert_eq!(model.predict(x.view())?.values(), floats.predict(&as_floats)?.values());
    Ok(())
}

#[test]
fn integers_and_bytes_are_moved_as_they_are() -> keras::Result<()> {
    let mut model = Moved::with_seed(3);
    let features = Tensor::from([[[3, 900], [1, -7]], [[0, 5], [2, i32::MAX]], [[1, 1], [1, 1]]]);
    let images = Tensor::<Shape1<5>, u8>::from_vec(bytes(3, 5))?;
    let table: Vec<f32> = model.embedding().embeddings().iter().copied().collect();
    let (kernel, bias) = (model.dense().kernel().to_owned(), model.dense().bias()[0]);
    let expected: Vec<f32> = (0..3)
        .map(|sample| {
            let ids = [features[sample][0], features[sample][2]];
            let vectors = ids.iter().flat_map(|&id| &table[id as usize * 2..][..2]).copied();
            let row = vectors.chain(images[sample].iter().map(|&byte| f32::from(byte)));
            row.zip(&kernel).map(|(x, w)| x * w).sum::<f32>() + bias
        })
        .collect();
    let found = model.predict((&features, &images))?;
    for (found, expected) in found.values().iter().zip(&expected) {
        assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{found} is not {expected}");
    }
    // In training the inputs are copied, shuffled.
    let y = Tensor::from([[1.0], [2.0], [3.0]]);
    let mut compiled = model.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    let loss = compiled.fit((&features, &images), &y).verbose(0).run()?["loss"][0];
    let mean: f32 = expected.iter().zip([1.0, 2.0, 3.0]).map(|(p, y)| (p - y) * (p - y)).sum::<f32>() / 3.0;
    assert!((loss - f64::from(mean)).abs() <= 1e-5 * f64::from(mean));
    Ok(())
}

/// Ids are checked behind whatever moves them, and a step that finds another number changes nothing.
#[test]
fn ids_are_checked_behind_a_slice() -> keras::Result<()> {
    model! {
        struct Sliced(inputs: Input(2)) {
            let x = BatchNormalization()(Flatten()(Embedding(4, 2)(inputs[.., 0..1])));
            Dense(1)(x)
        }
    }
    let mut model = Sliced::with_seed(3);
    let y = Tensor::from([[1.0], [1.0]]);
    for wrong in [4.0, -1.0, 0.5, f32::NAN] {
        let x = Tensor::from([[3.0, 99.0], [wrong, 0.0]]);
        let before = model.weights().to_vec();
        let is_reported = |error: Error| match error {
            Error::Id { layer, sample, value, count } => {
                let same = value == f64::from(wrong) || value.is_nan() && wrong.is_nan();
                layer == "embedding" && sample == 1 && same && count == 4
            }
            _ => false,
        };
        assert!(is_reported(model.predict(&x).unwrap_err()));
        assert!(is_reported(model.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap_err()));
        let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
        assert!(is_reported(compiled.train_on_batch(&x, &y).unwrap_err()));
        assert!(is_reported(compiled.evaluate(&x, &y).unwrap_err()));
        assert_eq!(model.weights(), before, "a step that fails changes nothing");
    }
    // What the slice leaves out may be anything.
    assert!(model.predict(Tensor::from([[3.0, -1.5]])).is_ok());
    Ok(())
}

#[test]
fn large_ids_are_exact() -> keras::Result<()> {
    sequential! { struct Large { Input(1, dtype = "int32"), Embedding(20_000_000, 1, embeddings_initializer = "zeros"), Flatten(), Dense(1) } }
    let mut model = Large::new();
    model.embedding_mut().embeddings()[[16_777_217, 0]] = 1.0; // as a float this id would be 16,777,216
    model.dense_mut().kernel().fill(1.0);
    assert_eq!(model.predict(&array![[16_777_217], [16_777_216]])?.values(), [1.0, 0.0]);
    let error = model.predict(&array![[20_000_000]]).unwrap_err();
    assert_eq!(error.to_string(), "20000000 of sample 0 is not an id: `embedding` takes integers from 0 to 19999999");
    Ok(())
}

#[test]
fn an_inner_model_takes_its_own_dtype() -> keras::Result<()> {
    sequential! { struct Outer { Input(3, dtype = "int32"), Ids(), Dense(1) } }
    let model = Outer::with_seed(3);
    let error = model.predict(&array![[0, 4, 5]]).unwrap_err();
    assert!(matches!(error, Error::Id { ref layer, sample: 0, value: 5.0, .. } if layer == "ids/embedding"), "{error}");
    assert_eq!(model.predict(&array![[0, 4, 1]])?.values().len(), 1);
    Ok(())
}

#[test]
fn custom_steps_take_their_batches_as_they_are() -> keras::Result<()> {
    let (x, y) = (Tensor::from([[0, 1, 2], [3, 4, 0], [1, 1, 1]]), Tensor::from([[1.0], [0.0], [0.5]]));
    let (mut stepwise, mut usual) = (Ids::with_seed(3), Ids::with_seed(3));
    let mut compiled = stepwise.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let fit = compiled.fit(&x, &y).batch_size(2).epochs(3).verbose(0);
    fit.train_step(|compiled, batch| {
        let _: &Tensor<Shape1<3>, i32> = &batch.x;
        let (outcome, gradients) = compiled.loss_and_gradients(&batch)?;
        compiled.apply(&gradients)?;
        Ok(outcome.logs())
    })
    .run()?;
    let mut compiled = usual.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    compiled.fit(&x, &y).batch_size(2).epochs(3).verbose(0).run()?;
    assert_eq!(stepwise.weights(), usual.weights());
    Ok(())
}
