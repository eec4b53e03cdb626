//! Masks on their way through merging layers, nested models and custom layers.

use keras::{
    layers::{Backward, Built, Forward, Layer, Masks},
    prelude::*,
    shape::{Dims, ShapeError},
};

/// The mean of the valid steps of a sum of sequences, one of which is a single step.
macro_rules! mean_of_merged {
    ($name:ident, $layer:ident, $first:ident, $second:ident) => {
        model! {
            struct $name(long: Input(3, 2), short: Input(1, 2)) {
                let (long, short) = (Masking()(long), Masking()(short));
                GlobalAveragePooling1D()($layer()([$first, $second]))
            }
        }
    };
}
mean_of_merged!(LongFirst, Add, long, short);
mean_of_merged!(ShortFirst, Add, short, long);
mean_of_merged!(Larger, Maximum, short, long);
mean_of_merged!(Difference, Subtract, long, short);

model! {
    /// Each input is broadcast along an axis of its own.
    struct Table(rows: Input(2, 1, 1), columns: Input(1, 3, 1)) {
        Flatten()(TimeDistributed(GlobalAveragePooling1D())(Add()([Masking()(rows), Masking()(columns)])))
    }
}

/// A sample whose single step is masked, and one whose single step is valid.
fn sequences() -> (Tensor<Shape2<3, 2>>, Tensor<Shape2<1, 2>>) {
    let long = Tensor::from([[[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [3.0, 3.0]]]);
    (long, Tensor::from([[[0.0, 0.0]], [[5.0, 5.0]]]))
}

#[test]
fn masks_of_merged_inputs_are_broadcast() {
    let (long, short) = sequences();
    // Of sample 0 the first two steps are valid, of sample 1 all of them.
    let sums = [1.5, 1.5, 6.0, 6.0];
    assert_eq!(LongFirst::new().predict((&long, &short)).unwrap().values(), sums);
    assert_eq!(ShortFirst::new().predict((&long, &short)).unwrap().values(), sums);
    assert_eq!(Larger::new().predict((&long, &short)).unwrap().values(), [1.5, 1.5, 5.0, 5.0]);
    assert_eq!(Difference::new().predict((&long, &short)).unwrap().values(), [1.5, 1.5, -4.0, -4.0]);
}

#[test]
fn masks_are_broadcast_along_every_axis() {
    let (rows, columns) = (Tensor::from([[[[0.0]], [[1.0]]]]), Tensor::from([[[[4.0], [0.0], [2.0]]]]));
    // Of the first row, the second column is valid in neither.
    assert_eq!(Table::new().predict((&rows, &columns)).unwrap().values(), [3.0, 3.0]);
}

#[test]
fn masks_are_broadcast_in_training() {
    let (long, short) = sequences();
    let y = Tensor::from([[1.5, 0.5], [6.0, 6.0]]);
    let (loss, _) = LongFirst::new().loss_and_gradients((&long, &short), &y, &MeanSquaredError::default()).unwrap();
    assert_eq!(loss, 0.25);
}

model! {
    struct SecondMasked(x: Input(4)) {
        let embedded = Embedding(5, 1, mask_zero = true)(x);
        (Flatten()(embedded), Dense(1)(embedded))
    }
}
model! {
    struct MeanOfSecond(x: Input(4)) {
        let (all, steps) = SecondMasked()(x);
        (all, GlobalAveragePooling1D()(steps))
    }
}
model! {
    struct MeanWithoutNesting(x: Input(4)) {
        let embedded = Embedding(5, 1, mask_zero = true)(x);
        (Flatten()(embedded), GlobalAveragePooling1D()(Dense(1)(embedded)))
    }
}

/// Weights with which the second output is the id, or 10 for the id 0.
const WEIGHTS: [f32; 7] = [10.0, 1.0, 2.0, 3.0, 4.0, 1.0, 0.0];

#[test]
fn the_second_output_of_a_nested_model_has_its_mask() {
    let (mut nested, mut without) = (MeanOfSecond::new(), MeanWithoutNesting::new());
    nested.weights_mut().copy_from_slice(&WEIGHTS);
    without.weights_mut().copy_from_slice(&WEIGHTS);
    let x = Tensor::from([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0]]);
    let (all, means) = nested.predict(&x).unwrap();
    assert_eq!(means.values(), [1.5, 3.0]);
    assert_eq!((all, means), without.predict(&x).unwrap());
    let y = (Tensor::from([[1.0; 4], [0.0; 4]]), Tensor::from([[2.0], [5.0]]));
    let loss = || (MeanSquaredError::default(), MeanSquaredError::default());
    let (sum, gradients) = nested.loss_and_gradients(&x, (&y.0, &y.1), &loss()).unwrap();
    let expected = without.loss_and_gradients(&x, (&y.0, &y.1), &loss()).unwrap();
    assert_eq!((sum, gradients.values()), (expected.0, expected.1.values()));
}

model! {
    /// Outputs without a mask, and with masks of different lengths.
    struct ThreeMasks(long: Input(3, 1), short: Input(2, 1)) {
        let (long, short) = (Masking()(long), Masking()(short));
        (short, Flatten()(short), long, Add()([long, long]))
    }
}
model! {
    struct ThreeMasksInside(long: Input(3, 1), short: Input(2, 1)) {
        let (a, b, c, d) = ThreeMasks()([long, short]);
        (GlobalAveragePooling1D()(a), b, GlobalAveragePooling1D()(c), d)
    }
}

#[test]
fn each_output_of_a_nested_model_has_its_own_mask() {
    let long = Tensor::from([[[1.0], [0.0], [3.0]], [[0.0], [0.0], [5.0]]]);
    let short = Tensor::from([[[0.0], [7.0]], [[8.0], [9.0]]]);
    let (a, b, c, d) = ThreeMasksInside::new().predict((&long, &short)).unwrap();
    assert_eq!((a.values(), c.values()), (&[7.0, 8.5][..], &[2.0, 5.0][..]));
    assert_eq!((b.values(), d.values()), (&[0.0, 7.0, 8.0, 9.0][..], &[2.0, 0.0, 6.0, 0.0, 0.0, 10.0][..]));
}

model! {
    struct MaskedOutputs(x: Input(4)) {
        let (all, steps) = SecondMasked()(x);
        (all, steps)
    }
}

#[test]
fn losses_mask_the_second_output_of_a_nested_model() {
    let (mut nested, mut without) = (MaskedOutputs::new(), SecondMasked::new());
    nested.weights_mut().copy_from_slice(&WEIGHTS);
    without.weights_mut().copy_from_slice(&WEIGHTS);
    let x = Tensor::from([[1.0, 2.0, 0.0, 0.0]]);
    let y = (Tensor::from([[1.0, 2.0, 10.0, 10.0]]), Tensor::from([[[2.0], [4.0], [0.0], [0.0]]]));
    let loss = || (MeanSquaredError::default(), MeanSquaredError::default());
    // The errors of the valid steps are 1 and 2.
    let (sum, gradients) = nested.loss_and_gradients(&x, (&y.0, &y.1), &loss()).unwrap();
    assert_eq!(sum, 2.5);
    let expected = without.loss_and_gradients(&x, (&y.0, &y.1), &loss()).unwrap();
    assert_eq!(gradients.values(), expected.1.values());
    let mut compiled = nested.compile(SGD::new(0.0), loss(), ());
    assert_eq!(compiled.test_on_batch(&x, (&y.0, &y.1)).unwrap().loss, 2.5);
}

/// A layer whose outputs, and whose gradients, are the number of masks that it is given; 10 is added to the outputs if it is
/// asked for a mask.
macro_rules! probe {
    ($name:ident, $masks:expr) => {
        #[derive(Clone, Copy)]
        pub struct $name;

        impl $name {
            pub const fn layer() -> Self {
                Self
            }
            pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
                Built::new(inputs[0]).masks($masks).ok()
            }
        }

        impl Layer for $name {
            fn forward(&self, pass: Forward<'_>) {
                let asked = if pass.output_mask.is_some() { 10.0 } else { 0.0 };
                let [output] = pass.outputs.array();
                output.fill(asked + pass.masks.iter().flatten().count() as f32);
            }
            fn backward(&self, pass: Backward<'_>) {
                let given = pass.masks.iter().flatten().count() as f32;
                let gradients: [_; 2] = pass.input_gradients.array();
                gradients.into_iter().flatten().for_each(|gradient| gradient.fill(given));
            }
        }
    };
}
probe!(Dropping, Masks::Dropped);
probe!(Passing, Masks::Passed);
probe!(Reading, Masks::Consumed);
probe!(Combining, Masks::Combined);

macro_rules! probed {
    ($name:ident, $layer:ident) => {
        model! {
            struct $name(a: Input(1, 1), b: Input(1, 1)) {
                let (a, b) = (Dense(1)(Masking()(a)), Dense(1)(Masking()(b)));
                $layer()([a, b])
            }
        }
    };
}
probed!(Dropped, Dropping);
probed!(Passed, Passing);
probed!(Read, Reading);
probed!(Combined, Combining);
model! {
    struct PassedOn(x: Input(1, 1)) {
        let steps = Dense(1)(Masking()(x));
        Passing()([steps, steps])
    }
}

#[test]
fn only_layers_that_read_masks_are_given_them() {
    let x = Tensor::from([[[1.0]]]);
    macro_rules! check {
        ($model:ident, $x:expr, $output:expr, $gradients:expr) => {
            let mut model = $model::with_seed(1);
            assert_eq!(model.predict($x).unwrap().values(), [$output]);
            let (_, gradients) = model.loss_and_gradients($x, &x, &MeanSquaredError::default()).unwrap();
            assert_eq!(gradients.values(), $gradients);
        };
    }
    check!(Dropped, (&x, &x), 0.0, [0.0; 4]);
    check!(Passed, (&x, &x), 0.0, [0.0; 4]);
    check!(PassedOn, &x, 0.0, [0.0; 2]);
    check!(Read, (&x, &x), 2.0, [2.0; 4]);
    check!(Combined, (&x, &x), 12.0, [2.0; 4]);
}
