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

/// `standalone!` takes a layer as a listing does.
#[test]
fn a_layer_is_written_as_in_a_listing() {
    let listed = standalone!(Conv2D(3, (3, 3), padding = "same", activation = "relu"), (6, 5, 2), 5).unwrap();
    let layer = Conv2D::layer(3, (3, 3)).padding(keras::layers::Padding::Same);
    let expression = standalone!(layer.activation(keras::activations::Activation::Relu), [6, 5, 2], 5).unwrap();
    let x = numbers(60);
    assert_eq!(listed.call(&[&x]).unwrap(), expression.call(&[&x]).unwrap());

    let steps = standalone!(TimeDistributed(Dense(3, kernel_initializer = "ones", name = "step")), (2, 2), 5).unwrap();
    assert_eq!(steps.weight("step/kernel").unwrap(), [1.0; 6]);
    assert_eq!(steps.call(&[&[1.0, 2.0, 3.0, 4.0]]).unwrap(), [3.0, 3.0, 3.0, 7.0, 7.0, 7.0]);

    let joined = standalone!(Concatenate(axis = -1), [(2,), (1,)], 5).unwrap();
    assert_eq!(joined.call(&[&[1.0, 2.0], &[3.0]]).unwrap(), [1.0, 2.0, 3.0]);
    let units = 2;
    assert_eq!(standalone!(Dense(units, use_bias = false), (units + 1)).unwrap().weights().len(), 6);
    assert!(matches!(standalone!(Conv2D(16, 3), (2, 2, 1), 5), Err(Error::Shape(_))));
    let words = standalone!(TimeDistributed(Conv2D(16, 3)), (5, 2, 2, 1), 5).unwrap_err().to_string();
    assert!(words.contains("conv2d") || words.contains("(2, 2, 1)"), "{words}");
}

/// Moving averages are set, and gradients at inference use them: by gamma and beta, and by the input.
#[test]
fn a_normalization_at_inference_has_gradients() {
    let mut norm = standalone!(BatchNormalization(epsilon = 0.25), (2,), 5).unwrap();
    norm.weight_mut("moving_mean").unwrap().copy_from_slice(&[1.0, -1.0]);
    norm.weight_mut("moving_variance").unwrap().copy_from_slice(&[0.75, 3.75]);
    norm.weight_mut("gamma").unwrap().copy_from_slice(&[2.0, 3.0]);
    let output = norm.forward_at_inference(&[&[2.0, 1.0, 0.0, -3.0]]).unwrap();
    assert_eq!(output, [2.0, 3.0, -2.0, -3.0]);
    assert_eq!(output, norm.call(&[&[2.0, 1.0, 0.0, -3.0]]).unwrap());
    let gradients = norm.backward(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(gradients.weights, [1.0 - 3.0, 2.0 - 4.0, 1.0 + 3.0, 2.0 + 4.0]);
    assert_eq!(gradients.inputs, [[2.0, 3.0, 6.0, 6.0]]);
    assert_eq!(norm.weight("moving_mean").unwrap(), [1.0, -1.0], "nothing is updated");
}

#[test]
fn nothing_is_dropped_at_inference_on_the_way_back_either() {
    let x = [1.0, -2.0, 3.0, -4.0];
    macro_rules! identity {
        ($($layer:expr, $shape:expr;)*) => {$(
            let mut layer = standalone!($layer, $shape, 5).unwrap();
            assert_eq!(layer.forward_at_inference(&[&x]).unwrap(), x);
            assert_eq!(layer.backward(&x).unwrap().inputs, [x]);
            assert_ne!(layer.forward(&[&x]).unwrap(), x);
        )*};
    }
    identity! {
        Dropout::layer(0.9), [4];
        GaussianDropout::layer(0.9), [4];
        GaussianNoise::layer(0.9), [4];
        AlphaDropout::layer(0.9), [4];
        SpatialDropout1D::layer(0.9), [2, 2];
        SpatialDropout2D::layer(0.9), [1, 2, 2];
    }
}
