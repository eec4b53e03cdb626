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
