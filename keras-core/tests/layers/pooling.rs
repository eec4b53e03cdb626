//! Pools: the largest or the mean of a window, of the pixels that there are.

use keras_core::{
    layers::{AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D, Padding},
    shape::Dims,
};
use proptest::prelude::*;

use crate::pass::{Expected, Pass, noise};

#[derive(Clone, Copy, Debug)]
struct Case {
    batch: usize,
    size: (usize, usize),
    window: (usize, usize),
    strides: (usize, usize),
    channels: usize,
    padding: Padding,
}

/// The places of the pixels of each output's window.
fn places(case: Case, output: Dims) -> Vec<Vec<usize>> {
    let Case { batch, size, window, strides, channels, padding } = case;
    let (rows, columns) = (output.length(0), output.length(1));
    let before = |length: usize, outputs: usize, window: usize, stride: usize| match padding {
        Padding::Same => ((outputs - 1) * stride + window).saturating_sub(length) / 2,
        Padding::Valid => 0,
    };
    let top = before(size.0, rows, window.0, strides.0);
    let left = before(size.1, columns, window.1, strides.1);
    let of = |at: usize| {
        let (channel, x, y) = (at % channels, at / channels % columns, at / channels / columns % rows);
        let sample = at / channels / columns / rows;
        let all =
            (0..window.0 * window.1).map(move |at| (y * strides.0 + at / window.1, x * strides.1 + at % window.1));
        let inside = all.filter(|(y, x)| (top..top + size.0).contains(y) && (left..left + size.1).contains(x));
        inside.map(move |(y, x)| ((sample * size.0 + y - top) * size.1 + x - left) * channels + channel).collect()
    };
    (0..batch * output.size()).map(of).collect()
}

fn check(case: Case) {
    let dims = [Dims::new(&[case.size.0, case.size.1, case.channels])];
    let max = MaxPooling2D::layer().pool_size(case.window).strides(case.strides).padding(case.padding);
    let Ok(built) = max.build(dims[0]) else { return };
    let places = places(case, built.output());
    let gradient = noise(places.len(), 2);
    let mut pass = Pass::new(max, &built, case.batch, &dims, 5);
    // Few distinct numbers: of equals, the first has the gradient.
    pass.inputs[0].iter_mut().for_each(|value| *value = (*value * 3.0).round());
    let input = &pass.inputs[0];
    let mut expected = Expected { input_gradients: vec![vec![0.0; input.len()]], ..Expected::default() };
    for (places, &gradient) in places.iter().zip(&gradient) {
        let first = places.iter().copied().reduce(|best, at| if input[at] > input[best] { at } else { best }).unwrap();
        expected.output.push(f64::from(input[first]));
        expected.input_gradients[0][first] += f64::from(gradient);
    }
    pass.check(&gradient, &expected, &("max", case));

    let average = AveragePooling2D::layer(case.window).strides(case.strides).padding(case.padding);
    let built = average.build(dims[0]).unwrap();
    let pass = Pass::new(average, &built, case.batch, &dims, 6);
    let input = &pass.inputs[0];
    let mut expected = Expected { input_gradients: vec![vec![0.0; input.len()]], ..Expected::default() };
    for (places, &gradient) in places.iter().zip(&gradient) {
        let count = places.len() as f64;
        expected.output.push(places.iter().map(|&at| f64::from(input[at])).sum::<f64>() / count);
        for &at in places {
            expected.input_gradients[0][at] += f64::from(gradient) / count;
        }
    }
    pass.check(&gradient, &expected, &("average", case));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_window(
        batch in 0usize..4, size in (1usize..10, 1usize..10), window in (1usize..5, 1usize..5),
        strides in (1usize..5, 1usize..5), channels in 1usize..35, same: bool,
    ) {
        let padding = if same { Padding::Same } else { Padding::Valid };
        check(Case { batch, size, window, strides, channels, padding });
    }

    #[test]
    fn the_whole_image(batch in 0usize..4, size in (1usize..10, 1usize..10), channels in 1usize..35, keepdims: bool) {
        let dims = [Dims::new(&[size.0, size.1, channels])];
        let layer = GlobalAveragePooling2D::layer().keepdims(keepdims);
        let built = layer.build(dims[0]).unwrap();
        let pass = Pass::new(layer, &built, batch, &dims, 7);
        let gradient = noise(batch * channels, 8);
        let pixels = size.0 * size.1;
        let sum = |at: usize| -> f64 {
            let (sample, channel) = (at / channels, at % channels);
            (0..pixels).map(|pixel| f64::from(pass.inputs[0][(sample * pixels + pixel) * channels + channel])).sum()
        };
        let slope = |at: usize| f64::from(gradient[at / channels / pixels * channels + at % channels]) / pixels as f64;
        let expected = Expected {
            output: (0..batch * channels).map(|at| sum(at) / pixels as f64).collect(),
            input_gradients: vec![(0..pass.inputs[0].len()).map(slope).collect()],
            ..Expected::default()
        };
        pass.check(&gradient, &expected, &(batch, size, channels));
    }
}
