//! One model in several sizes.

use keras::prelude::*;

sequential! {
    struct Means<const STEPS: usize> -> Shape1<2> {
        Input(STEPS, 3),
        Masking(),
        Dense(4, activation = "tanh"),
        LayerNormalization(name = "norm"),
        GlobalAveragePooling1D(),
        Dense(2, name = "scores"),
    }
}

#[test]
fn weights_move_to_another_size() -> keras::Result<()> {
    let mut long = Means::<4>::with_seed(5);
    long.freeze("norm")?;
    let weights = long.weights().to_vec();
    // Three steps of padding change nothing.
    let expected = long.predict(Tensor::from([[[1.0, 2.0, 3.0], [0.0; 3], [0.0; 3], [0.0; 3]]]))?;
    let short: Means<1> = long.with_shape();
    assert_eq!(short.weights(), weights);
    assert_eq!(short.predict(Tensor::from([[[1.0, 2.0, 3.0]]]))?.values(), expected.values());
    assert!(short.summary().to_string().contains("Non-trainable params: 8"));
    Ok(())
}

#[test]
fn strides_and_dilations_without_effect_may_be_immense() {
    sequential! {
        struct Strided {
            Input(4, 4, 1),
            Conv2D(1, 1, strides = (1099511627776, 1099511627776), kernel_initializer = "ones"),
        }
    }
    sequential! {
        struct Dilated { Input(2, 2, 1), Conv2D(1, 1, dilation_rate = 1099511627776, kernel_initializer = "ones") }
    }
    sequential! {
        struct Pooled { Input(4, 4, 1), MaxPooling2D(2, strides = (1099511627776, 1099511627776)) }
    }
    let image: [f32; 16] = core::array::from_fn(|at| at as f32 + 3.0);
    // The first pixel, all pixels, and the largest of the first window.
    assert_eq!(Strided::new().predict_one(&image), [3.0]);
    assert_eq!(Dilated::new().predict_one(&[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(Pooled::new().predict_one(&image), [8.0]);
}
