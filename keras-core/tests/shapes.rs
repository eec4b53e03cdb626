//! The shape rules of the layers against what counting gives.

use keras_core::{
    layers::{
        Add, AveragePooling2D, BatchNormalization, Built, Concatenate, Conv2D, Dense, Flatten, GlobalAveragePooling2D,
        MaxPooling2D, Multiply, Padding, Reshape, Softmax, Subtract,
    },
    shape::{Dims, MAX_RANK},
};
use proptest::prelude::*;

/// The number of windows of this reach, one every `stride`, that lie within `length`: by trying them all.
fn windows(length: usize, reach: usize, stride: usize) -> usize {
    (0..length).filter(|start| start % stride == 0 && start + reach <= length).count()
}

/// Output length and padding before of one axis.
///
/// With `same` there is one window for every `stride` of the input, and the padding is the least that makes room for them,
/// half of it (rounded down) before.
fn counted(padding: Padding, length: usize, window: usize, stride: usize, dilation: usize) -> Option<(usize, usize)> {
    let reach = (0..window).map(|at| at * dilation).max().unwrap() + 1;
    match padding {
        Padding::Valid => Some(windows(length, reach, stride)).filter(|&count| count > 0).map(|count| (count, 0)),
        Padding::Same => {
            let wanted = (0..length).filter(|at| at % stride == 0).count();
            let total = (0..).find(|total| windows(length + total, reach, stride) >= wanted).unwrap();
            Some((wanted, total / 2))
        }
    }
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![Just(Padding::Valid), Just(Padding::Same)]
}

fn dims(ranks: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..6, ranks)
}

fn output(built: Result<Built, keras_core::shape::ShapeError>) -> Option<Dims> {
    built.ok().map(|built| built.output())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn padding_is_counted(
        padding in padding(), length in 1usize..40, window in 1usize..9, stride in 1usize..6, dilation in 1usize..5,
    ) {
        prop_assert_eq!(
            padding.output(length, window, stride, dilation),
            counted(padding, length, window, stride, dilation)
        );
    }

    #[test]
    fn convolutions_are_counted(
        padding in padding(), size in (1usize..20, 1usize..20), kernel in (1usize..6, 1usize..6),
        strides in (1usize..4, 1usize..4), dilation in (1usize..4, 1usize..4),
        groups in 1usize..4, channels in 1usize..7, filters in 1usize..7, bias: bool,
    ) {
        let input = Dims::new(&[size.0, size.1, channels]);
        let layer = Conv2D::layer(filters, kernel).strides(strides).padding(padding).dilation_rate(dilation);
        let built = layer.groups(groups).use_bias(bias).build(input);
        let rows = counted(padding, size.0, kernel.0, strides.0, dilation.0);
        let columns = counted(padding, size.1, kernel.1, strides.1, dilation.1);
        let (Some((rows, _)), Some((columns, _)), true) =
            (rows, columns, channels.is_multiple_of(groups) && filters.is_multiple_of(groups))
        else {
            prop_assert!(built.is_err());
            return Ok(());
        };
        let built = built.unwrap();
        prop_assert_eq!(built.output(), Dims::new(&[rows, columns, filters]));
        let kernel = kernel.0 * kernel.1 * (channels / groups) * filters;
        prop_assert_eq!(built.weights.trainable_size(), kernel + if bias { filters } else { 0 });
        prop_assert_eq!(built.macs, (rows * columns * kernel) as u64);
    }

    #[test]
    fn pools_are_counted(
        padding in padding(), size in (1usize..20, 1usize..20), window in (1usize..6, 1usize..6),
        strides in prop::option::of((1usize..5, 1usize..5)), channels in 1usize..5,
    ) {
        let input = Dims::new(&[size.0, size.1, channels]);
        let (mut max, mut average) = (MaxPooling2D::layer().pool_size(window), AveragePooling2D::layer(window));
        if let Some(strides) = strides {
            (max, average) = (max.strides(strides), average.strides(strides));
        }
        let strides = strides.unwrap_or(window);
        let rows = counted(padding, size.0, window.0, strides.0, 1);
        let columns = counted(padding, size.1, window.1, strides.1, 1);
        let expected = rows.zip(columns).map(|((rows, _), (columns, _))| Dims::new(&[rows, columns, channels]));
        prop_assert_eq!(output(max.padding(padding).build(input)), expected);
        prop_assert_eq!(output(average.padding(padding).build(input)), expected);
    }

    #[test]
    fn what_is_no_image_is_refused(lengths in dims(0..=5)) {
        let input = Dims::new(&lengths);
        prop_assert_eq!(Conv2D::layer(2, (1, 1)).build(input).is_ok(), lengths.len() == 3);
        prop_assert_eq!(MaxPooling2D::layer().pool_size((1, 1)).build(input).is_ok(), lengths.len() == 3);
        prop_assert_eq!(AveragePooling2D::layer((1, 1)).build(input).is_ok(), lengths.len() == 3);
        let global = GlobalAveragePooling2D::layer();
        prop_assert_eq!(output(global.build(input)), (lengths.len() == 3).then(|| Dims::new(&lengths[2..])));
        let kept = (lengths.len() == 3).then(|| Dims::new(&[1, 1, lengths[2]]));
        prop_assert_eq!(output(global.keepdims(true).build(input)), kept);
    }

    #[test]
    fn flatten_multiplies(lengths in dims(0..=5)) {
        let size = lengths.iter().product();
        prop_assert_eq!(output(Flatten::layer().build(Dims::new(&lengths))), Some(Dims::new(&[size])));
    }

    #[test]
    fn dense_changes_the_last_axis(lengths in dims(0..=5), units in 0usize..9, bias: bool) {
        let built = Dense::layer(units).use_bias(bias).build(Dims::new(&lengths));
        let Some((last, before)) = lengths.split_last().filter(|_| units > 0) else {
            prop_assert!(built.is_err());
            return Ok(());
        };
        let built = built.unwrap();
        prop_assert_eq!(built.output(), Dims::new(&[before, &[units]].concat()));
        prop_assert_eq!(built.weights.trainable_size(), last * units + if bias { units } else { 0 });
    }

    #[test]
    fn reshape_finds_the_one_length_that_fits(
        input in dims(0..=5), target in prop::collection::vec(-2isize..13, 0..=MAX_RANK),
    ) {
        let size: usize = input.iter().product();
        // With every length that -1 could stand for, -1 itself included if there is none.
        let open = target.iter().filter(|&&length| length == -1).count();
        let fits = |length: isize| {
            let lengths = target.iter().map(|&old| if old == -1 { length } else { old });
            lengths.clone().all(|length| length >= 0) && lengths.product::<isize>() == size as isize
        };
        let expected: Vec<isize> = (1..=size as isize).filter(|&length| open <= 1 && fits(length)).collect();
        let built = output(Reshape::layer(&target).build(Dims::new(&input)));
        match (open, &expected[..]) {
            (_, []) => prop_assert_eq!(built, None),
            (0, _) => prop_assert_eq!(built, Some(Dims::new(&target.iter().map(|&length| length as usize).collect::<Vec<_>>()))),
            (_, [only]) => {
                let lengths: Vec<_> = target.iter().map(|&old| if old == -1 { *only } else { old } as usize).collect();
                prop_assert_eq!(built, Some(Dims::new(&lengths)));
            }
            (_, several) => prop_assert!(false, "{several:?} all fit"),
        }
    }

    #[test]
    fn reshape_to_a_permutation_with_one_length_open(mut lengths in dims(1..=5), at in 0usize..5, turn in 0usize..5) {
        let input = Dims::new(&lengths);
        let (turn, at) = (turn % lengths.len(), at % lengths.len());
        lengths.rotate_left(turn);
        let mut target: Vec<isize> = lengths.iter().map(|&length| length as isize).collect();
        target[at] = -1;
        prop_assert_eq!(output(Reshape::layer(&target).build(input)), Some(Dims::new(&lengths)));
    }

    #[test]
    fn concatenate_adds_along_one_axis(
        lengths in dims(0..=5), axis in -6isize..=6, others in prop::collection::vec((1usize..6, 0usize..12), 0..4),
    ) {
        // Axis 0 is the batch; from the end, the last is -1.
        let rank = lengths.len() as isize;
        let place = if axis > 0 { axis - 1 } else { rank + axis };
        let exists = axis != 0 && (0..rank).contains(&place);
        let mut inputs = vec![lengths.clone()];
        let mut alike = true;
        for (length, differing) in others {
            let mut other = lengths.clone();
            if exists {
                other[place as usize] = length;
            }
            // A few of the inputs differ elsewhere.
            if let Some(length) = other.get_mut(differing) && differing as isize != place {
                *length += 1;
                alike = false;
            }
            inputs.push(other);
        }
        let all: Vec<Dims> = inputs.iter().map(|lengths| Dims::new(lengths)).collect();
        let built = output(Concatenate::layer().axis(axis).build(&all));
        if exists && alike && inputs.len() >= 2 {
            let mut expected = lengths;
            expected[place as usize] = inputs.iter().map(|lengths| lengths[place as usize]).sum();
            prop_assert_eq!(built, Some(Dims::new(&expected)));
        } else {
            prop_assert_eq!(built, None);
        }
    }

    #[test]
    fn arithmetic_repeats_axes_of_one(
        lengths in dims(0..=5), inputs in 0usize..5, other in prop::option::of(dims(0..=5)), ones in 0u8..32,
    ) {
        let mut all = vec![lengths.clone(); inputs];
        if let Some(last) = all.last_mut() {
            // Another shape altogether, or the same with some axes of length 1.
            *last = other.unwrap_or_else(|| {
                lengths.iter().enumerate().map(|(at, &length)| if ones >> at & 1 == 1 { 1 } else { length }).collect()
            });
        }
        let rank = all.iter().map(Vec::len).max().unwrap_or(0);
        // Along each axis from the last, the lengths other than 1 must be the same.
        let along = |back: usize| {
            let lengths: Vec<usize> =
                all.iter().filter_map(|dims| dims.iter().rev().nth(back)).copied().filter(|&length| length != 1).collect();
            lengths.iter().all(|length| *length == lengths[0]).then(|| lengths.first().copied().unwrap_or(1))
        };
        let together: Option<Vec<usize>> = (0..rank).rev().map(along).collect();
        let expected = together.filter(|_| inputs >= 2).map(|lengths| Dims::new(&lengths));
        let all: Vec<Dims> = all.iter().map(|lengths| Dims::new(lengths)).collect();
        prop_assert_eq!(output(Add::layer().build(&all)), expected);
        prop_assert_eq!(output(Multiply::layer().build(&all)), expected);
        prop_assert_eq!(output(Subtract::layer().build(&all)), expected.filter(|_| inputs == 2));
    }

    #[test]
    fn axes_exist_or_are_refused(lengths in dims(0..=5), axis in -7isize..=7) {
        let (input, rank) = (Dims::new(&lengths), lengths.len() as isize);
        let exists = (1..=rank).contains(&axis) || (-rank..=-1).contains(&axis);
        prop_assert_eq!(output(Softmax::layer().axis(axis).build(input)), exists.then_some(input));
        prop_assert_eq!(output(BatchNormalization::layer().build(input)), (rank > 0).then_some(input));
    }
}
