//! Masks on their way through merging layers, nested models and custom layers.

use keras::prelude::*;

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
