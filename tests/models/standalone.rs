//! Layers by themselves do what they do in models.

use keras::{Error, prelude::*};

/// Numbers that look random.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 37) % 29) as f32 / 14.5 - 1.0).collect()
}

/// Compares a layer's weights, its outputs and its gradients with those of a model of that layer alone.
macro_rules! compare {
    ($layer:expr, $input:tt, $shape:ty => $output:ty, { $($listing:tt)* }) => {{
        sequential! { struct Net { $($listing)* } }
        let mut alone = standalone!($layer, $input, 5).unwrap();
        let mut net = Net::with_seed(5);
        let trainable = alone.weights().len();
        assert_eq!(alone.weights(), &net.weights()[..trainable]);
        let samples = 6;
        let x = Tensor::<$shape>::from_vec(numbers(samples * <$shape as Shape>::LEN)).unwrap();
        let y = Tensor::<$output>::from_vec(vec![0.25; samples * <$output as Shape>::LEN]).unwrap();
        assert_eq!(alone.call(&[x.values()]).unwrap(), net.predict(&x).unwrap().values());

        let loss = MeanSquaredError::default();
        let (value, gradients) = net.loss_and_gradients(&x, &y, &loss).unwrap();
        let output = alone.forward(&[x.values()]).unwrap();
        let count = output.len() as f32;
        let of_output: Vec<f32> = output.iter().map(|value| 2.0 * (value - 0.25) / count).collect();
        assert!((output.iter().map(|value| (value - 0.25).powi(2)).sum::<f32>() / count - value).abs() < 1e-5);
        let found = alone.backward(&of_output).unwrap();
        assert_eq!(found.inputs[0].len(), x.values().len());
        for (found, expected) in found.weights.iter().zip(gradients.values()) {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
        assert_eq!(found.weights.len(), gradients.values().len());
        assert_eq!(alone.call(&[x.values()]).unwrap(), net.predict(&x).unwrap().values(), "moving averages moved alike");
    }};
}

#[test]
fn a_layer_does_what_it_does_in_a_model() {
    compare!(Dense::layer(3), [4], Shape1<4> => Shape1<3>, { Input(4), Dense(3) });
    compare!(Conv2D::layer(3, (3, 3)), [6, 5, 2], Shape3<6, 5, 2> => Shape3<4, 3, 3>, { Input(6, 5, 2), Conv2D(3, 3) });
    compare!(BatchNormalization::layer(), [4], Shape1<4> => Shape1<4>, { Input(4), BatchNormalization() });
    compare!(LayerNormalization::layer(), [4], Shape1<4> => Shape1<4>, { Input(4), LayerNormalization() });
}

#[test]
fn what_does_not_fit_is_a_typed_error() {
    let mut dense = standalone!(Dense::layer(1), [2], 5).unwrap();
    assert!(matches!(dense.call(&[&[1.0; 3]]), Err(Error::ValueCount { values: 3, .. })));
    assert!(matches!(dense.call(&[]), Err(Error::Argument { name: "inputs", .. })));
    assert!(matches!(dense.backward(&[1.0]), Err(Error::Argument { name: "backward", .. })));
    dense.forward(&[&[1.0, 2.0]]).unwrap();
    assert!(matches!(dense.backward(&[1.0; 2]), Err(Error::Argument { name: "output_gradients", .. })));
    assert!(dense.backward(&[1.0]).is_ok(), "a wrong gradient spoils nothing");
    assert!(dense.backward(&[1.0]).is_err(), "a pass has one backward pass");

    let add = standalone!(Add::layer(), [[2], [2]], 5).unwrap();
    assert!(matches!(add.call(&[&[1.0; 2], &[1.0; 4]]), Err(Error::SampleCounts { expected: 1, found: 2, .. })));

    let embedding = standalone!(Embedding::layer(3, 4), [2], 5).unwrap();
    assert!(matches!(embedding.call(&[&[0.0, 1.0, 2.0, 3.0]]), Err(Error::Id { sample: 1, count: 3, .. })));
    assert_eq!(embedding.call(&[&[0.0, 2.0]]).unwrap().len(), 2 * 4);

    let image = standalone!(Conv2D::layer(16, (3, 3)), [2, 2, 1], 5);
    assert!(matches!(image, Err(Error::Shape(_))));
    assert!(matches!(standalone!(Add::layer(), [[2], [3]], 5), Err(Error::Shape(_))));
}
