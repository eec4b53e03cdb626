//! At inference a normalization and a rectifier are folded into the layer before them: the results are those of one after the
//! other, in less memory.

use keras::{
    layers::{Backward, Built, Forward, Layer, ReLU},
    prelude::*,
    shape::{Dims, ShapeError},
};

/// Two models of the same layers. In the second the sums are an output too, so that nothing can be folded into them.
macro_rules! pair {
    ($folded:ident, $apart:ident, $input:expr, $layer:ident($($argument:tt)*)) => {
        model! {
            struct $folded(x: Input($input)) {
                let sums = $layer($($argument)*, name = "sums")(x);
                let y = BatchNormalization(name = "normalized", epsilon = 0.01)(sums);
                ReLU()(y)
            }
        }
        model! {
            struct $apart(x: Input($input)) {
                let sums = $layer($($argument)*, name = "sums")(x);
                let y = BatchNormalization(name = "normalized", epsilon = 0.01)(sums);
                (ReLU()(y), sums)
            }
        }
    };
}

pair!(Folded, Apart, (9, 9, 3), Conv2D(20, 3));
pair!(FoldedTiles, ApartTiles, (9, 9, 16), Conv2D(17, 3, use_bias = false, padding = "same"));
pair!(FoldedDense, ApartDense, 700, Dense(21));
pair!(FoldedGroups, ApartGroups, (9, 9, 4), Conv2D(8, 3, groups = 2));
pair!(FoldedDepthwise, ApartDepthwise, (9, 9, 4), Conv2D(4, 3, groups = 4));

pair!(FoldedSteps, ApartSteps, (2, 9, 9, 3), TimeDistributed(Conv2D(20, 3)));

model! {
    struct FoldedWithin(x: Input(2, 9, 9, 3)) {
        let sums = TimeDistributed(Conv2D(20, 3))(x);
        TimeDistributed(ReLU())(TimeDistributed(BatchNormalization(epsilon = 0.01))(sums))
    }
}

fn noise(len: usize) -> Vec<f32> {
    (0..len).map(|at| ((at * 37 + 11) % 101) as f32 / 50.0 - 1.0).collect()
}

macro_rules! check {
    ($folded:ident, $apart:ident, $shape:ty) => {{
        let (mut folded, mut apart) = ($folded::with_seed(1), $apart::with_seed(2));
        let weights: Vec<f32> = noise(folded.weights().len()).iter().map(|weight| weight * 0.3 + 0.5).collect();
        folded.weights_mut().copy_from_slice(&weights);
        apart.weights_mut().copy_from_slice(&weights);
        for samples in [1, 5] {
            let x = Tensor::<$shape>::from_vec(noise(samples * <$shape>::DIMS.size()))?;
            let (y, (expected, _)) = (folded.predict(&x)?, apart.predict(&x)?);
            assert!(
                expected.values().iter().any(|&value| value == 0.0)
                    && expected.values().iter().any(|&value| value > 0.0)
            );
            for (value, expected) in y.values().iter().zip(expected.values()) {
                assert!((value - expected).abs() <= 2e-5 * (1.0 + expected.abs()), "{value}, not {expected}");
            }
        }
    }};
}

#[test]
fn fused_layers_compute_the_same() -> keras::Result<()> {
    check!(Folded, Apart, Shape3<9, 9, 3>);
    check!(FoldedTiles, ApartTiles, Shape3<9, 9, 16>);
    check!(FoldedDense, ApartDense, Shape1<700>);
    check!(FoldedGroups, ApartGroups, Shape3<9, 9, 4>);
    check!(FoldedDepthwise, ApartDepthwise, Shape3<9, 9, 4>);
    check!(FoldedSteps, ApartSteps, Shape4<2, 9, 9, 3>);
    check!(FoldedWithin, ApartSteps, Shape4<2, 9, 9, 3>);
    Ok(())
}

// One tensor of the convolution's size instead of three.
const _: () = assert!(Folded::WORKSPACE < 2 * 7 * 7 * 20 && Apart::WORKSPACE >= 2 * 7 * 7 * 20);
const _: () = assert!(FoldedSteps::WORKSPACE < 4 * 7 * 7 * 20 && ApartSteps::WORKSPACE >= 4 * 7 * 7 * 20);
const _: () = assert!(FoldedWithin::WORKSPACE == FoldedSteps::WORKSPACE);

sequential! {
    struct Activated { Input(4, 4, 2), Conv2D(3, 3, activation = "tanh"), BatchNormalization(), Flatten() }
}
model! {
    struct ReadTwice(x: Input(4)) {
        let sums = Dense(3)(x);
        Add()([ReLU()(sums), sums])
    }
}
sequential! {
    struct RectifiedFirst { Input(4), Dense(3, kernel_initializer = "ones"), ReLU(), BatchNormalization() }
}
sequential! {
    struct Costly { Input(2), Dense(2, kernel_initializer = "ones", activity_regularizer = "l1"), ReLU() }
}

/// A layer that lets a built-in one speak for it, and computes something else.
#[derive(Clone, Copy)]
struct UpToOne;

impl UpToOne {
    const fn layer() -> Self {
        Self
    }
    const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        ReLU::layer().build(input)
    }
}

impl Layer for UpToOne {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        output.iter_mut().zip(input).for_each(|(to, from)| *to = from.clamp(0.0, 1.0));
    }
    fn backward(&self, _: Backward<'_>) {}
}

sequential! {
    struct Clamped { Input(2), Dense(2, kernel_initializer = "ones"), UpToOne() }
}

#[test]
fn custom_layers_are_not_fused() {
    assert_eq!(Clamped::new().predict_one(&[3.0, 4.0]), [1.0; 2]);
}

/// What comes between, what somebody else reads, and another order.
#[test]
fn nothing_else_is_fused() -> keras::Result<()> {
    let mut activated = Activated::new();
    activated.batch_normalization_mut().moving_mean().fill(3.0);
    assert!(activated.predict_one(&[0.5; 32]).iter().all(|&value| value < -1.0), "tanh comes before the mean");

    let mut twice = ReadTwice::new();
    twice.dense_mut().kernel().fill(-1.0);
    assert_eq!(twice.predict_one(&[1.0, 2.0, 3.0, 4.0]), [-10.0; 3], "the sums are added as they are");

    let mut rectified = RectifiedFirst::new();
    rectified.batch_normalization_mut().beta().fill(-5.0);
    assert_eq!(rectified.predict_one(&[-1.0; 4]), [-5.0; 3], "the rectifier comes before beta");

    let (x, y) = (Tensor::from([[-1.0, -2.0]]), Tensor::from([[0.0, 0.0]]));
    let found = Costly::new().compile(SGD::default(), MeanSquaredError::default(), ()).evaluate(&x, &y)?;
    assert!((found.loss - 0.01 * 6.0).abs() < 1e-6, "the activity is that of the sums");
    Ok(())
}

/// Two models whose rectifiers compute the same. Only the first one's can be fused into the normalizations in training.
macro_rules! trained_pair {
    ($fused:ident, $apart:ident) => {
        trained_pair!($fused, ReLU());
        trained_pair!($apart, ReLU(max_value = 1e30));
    };
    ($net:ident, $rectifier:ident($($argument:tt)*)) => {
        model! {
            struct $net(x: Input(9, 9, 3)) {
                fn normalized(x) { BatchNormalization(beta_initializer = "glorot_uniform")(x) }
                let sums = BatchNormalization(name = "first", center = false)(Conv2D(20, 3, use_bias = false)(x));
                let y = $rectifier($($argument)*)(sums);
                // One that another layer reads too, and one whose rectifier is an output.
                let also = Dense(20, name = "between")(y);
                let read_twice = BatchNormalization(name = "second", scale = false)(also);
                let y = $rectifier($($argument)*)(read_twice) + read_twice;
                let last = $rectifier($($argument)*)(normalized(GlobalAveragePooling2D()(y)));
                (Dense(3)(last), last)
            }
        }
    };
}

trained_pair!(RectifiedWithin, RectifiedApart);

#[test]
fn rectifiers_that_are_fused_in_training_change_nothing() -> keras::Result<()> {
    let (mut fused, mut apart) = (RectifiedWithin::with_seed(1), RectifiedApart::with_seed(1));
    let x = Tensor::<Shape3<9, 9, 3>>::from_vec(noise(7 * 243))?;
    let y = (Tensor::<Shape1<3>>::from_vec(noise(21))?, Tensor::<Shape1<20>>::from_vec(noise(140))?);
    let losses = || (MeanSquaredError::default(), MeanSquaredError::default());
    for frozen in [false, true] {
        if frozen {
            fused.freeze("first")?;
            apart.freeze("first")?;
        }
        for _ in 0..3 {
            let first = fused.compile(SGD::new(0.1), losses(), ()).train_on_batch(&x, &y)?.loss;
            let second = apart.compile(SGD::new(0.1), losses(), ()).train_on_batch(&x, &y)?.loss;
            assert_eq!(first, second);
            assert_eq!(fused.weights(), apart.weights());
        }
    }
    assert!(fused.weights().iter().all(|weight| weight.is_finite()));
    Ok(())
}
