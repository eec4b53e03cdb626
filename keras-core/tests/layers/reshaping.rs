//! Layers that put a sample's elements in other places, or spread them, and dot products: over any axes.

use keras_core::{
    layers::{
        Cropping2D, Dot, GlobalMaxPooling2D, Interpolation, Layer, LayerNormalization, PReLU, Permute, RepeatVector,
        UpSampling2D, ZeroPadding2D,
    },
    shape::Dims,
};
use proptest::{prelude::*, sample::subsequence};

use crate::pass::{Expected, Pass, indices, noise, place};

/// Compares a layer of one input that takes each element of its output from one place or from none, times a number.
fn check_places(
    layer: impl Layer,
    built: &keras_core::layers::Built,
    batch: usize,
    lengths: &[usize],
    from: impl Fn(&[usize]) -> Vec<(Vec<usize>, f64)>,
) {
    let dims = [Dims::new(lengths)];
    let pass = Pass::new(layer, built, batch, &dims, 30);
    let output: Vec<usize> = built.output().lengths().collect();
    let gradient = noise(batch * built.output().size(), 29);
    let mut expected = Expected {
        output: vec![0.0; gradient.len()],
        input_gradients: vec![vec![0.0; pass.inputs[0].len()]],
        ..Expected::default()
    };
    for index in indices(batch, &output) {
        let to = place(&index, &output);
        for (source, share) in from(&index) {
            let source = place(&source, lengths);
            expected.output[to] += share * f64::from(pass.inputs[0][source]);
            expected.input_gradients[0][source] += share * f64::from(gradient[to]);
        }
    }
    pass.check(&gradient, &expected, &(batch, lengths));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn permutations_are_of_indices(
        batch in 0usize..4,
        (lengths, order) in prop::collection::vec(1usize..5, 1..=5)
            .prop_flat_map(|lengths| (Just((1..=lengths.len() as isize).collect::<Vec<_>>()).prop_shuffle(), Just(lengths)))
            .prop_map(|(order, lengths)| (lengths, order)),
    ) {
        let layer = Permute::layer(&order);
        let built = layer.build(Dims::new(&lengths)).unwrap();
        check_places(layer, &built, batch, &lengths, |index| {
            let mut source = index.to_vec();
            order.iter().zip(&index[1..]).for_each(|(&axis, &at)| source[axis as usize] = at);
            vec![(source, 1.0)]
        });
    }

    #[test]
    fn images_are_repeated_padded_and_cut(
        batch in 0usize..3, lengths in prop::array::uniform3(1usize..5), factors in (1usize..4, 1usize..4),
        sides in prop::array::uniform4(0usize..3), n in 1usize..4,
    ) {
        let dims = Dims::new(&lengths);
        let layer = UpSampling2D::layer().size(factors);
        check_places(layer, &layer.build(dims).unwrap(), batch, &lengths, |index| {
            vec![(vec![index[0], index[1] / factors.0, index[2] / factors.1, index[3]], 1.0)]
        });
        let layer = layer.interpolation(Interpolation::Bilinear);
        check_places(layer, &layer.build(dims).unwrap(), batch, &lengths, |index| {
            let near = |at: usize, factor: usize, length: usize| {
                let center = ((at as f64 + 0.5) / factor as f64 - 0.5).clamp(0.0, (length - 1) as f64);
                let first = center as usize;
                [(first, 1.0 - center.fract()), ((first + 1).min(length - 1), center.fract())]
            };
            let (rows, columns) = (near(index[1], factors.0, lengths[0]), near(index[2], factors.1, lengths[1]));
            let pairs = rows.into_iter().flat_map(|row| columns.map(|column| (row, column)));
            pairs.map(|((y, of_row), (x, of_column))| (vec![index[0], y, x, index[3]], of_row * of_column)).collect()
        });
        let [top, bottom, left, right] = sides;
        let layer = ZeroPadding2D::layer().padding(((top, bottom), (left, right)));
        let padded = layer.build(dims).unwrap();
        check_places(layer, &padded, batch, &lengths, |index| {
            let inside = |at: usize, before: usize, length: usize| at.checked_sub(before).filter(|&at| at < length);
            match (inside(index[1], top, lengths[0]), inside(index[2], left, lengths[1])) {
                (Some(y), Some(x)) => vec![(vec![index[0], y, x, index[3]], 1.0)],
                _ => vec![],
            }
        });
        let large: Vec<usize> = padded.output().lengths().collect();
        let layer = Cropping2D::layer().cropping(((top, bottom), (left, right)));
        check_places(layer, &layer.build(padded.output()).unwrap(), batch, &large, |index| {
            vec![(vec![index[0], index[1] + top, index[2] + left, index[3]], 1.0)]
        });
        let layer = RepeatVector::layer(n);
        let vector = [lengths[0] * lengths[1]];
        check_places(layer, &layer.build(Dims::new(&vector)).unwrap(), batch, &vector, |index| {
            vec![(vec![index[0], index[2]], 1.0)]
        });
    }

    #[test]
    fn dot_products_are_along_any_axes(
        batch in 0usize..3, left in prop::collection::vec(1usize..5, 1..=3), right in prop::collection::vec(1usize..5, 1..=3),
        length in 1usize..6, axes in (0usize..3, 0usize..3),
    ) {
        let (mut left, mut right) = (left, right);
        let axes = (axes.0 % left.len(), axes.1 % right.len());
        (left[axes.0], right[axes.1]) = (length, length);
        let dims = [Dims::new(&left), Dims::new(&right)];
        let layer = Dot::layer((axes.0 as isize + 1, axes.1 as isize + 1));
        let built = layer.build(&dims).unwrap();
        let pass = Pass::new(layer, &built, batch, &dims, 40);
        let gradient = noise(batch * built.output().size(), 39);
        let mut expected = Expected {
            output: vec![0.0; gradient.len()],
            input_gradients: pass.inputs.iter().map(|input| vec![0.0; input.len()]).collect(),
            ..Expected::default()
        };
        // Without the axis, the indices of left and right one after another are those of the output.
        let without = |index: &[usize], axis: usize| {
            let mut rest = index[1..].to_vec();
            rest.remove(axis);
            rest
        };
        let output: Vec<usize> = [without(&[&[0], &left[..]].concat(), axes.0), without(&[&[0], &right[..]].concat(), axes.1)].concat();
        for one in indices(batch, &left) {
            for other in indices(batch, &right).iter().filter(|other| other[0] == one[0] && other[axes.1 + 1] == one[axes.0 + 1]) {
                let index = [vec![one[0]], without(&one, axes.0), without(other, axes.1)].concat();
                let (to, a, b) = (place(&index, &output), place(&one, &left), place(other, &right));
                let (x, y, g) = (f64::from(pass.inputs[0][a]), f64::from(pass.inputs[1][b]), f64::from(gradient[to]));
                expected.output[to] += x * y;
                expected.input_gradients[0][a] += g * y;
                expected.input_gradients[1][b] += g * x;
            }
        }
        pass.check(&gradient, &expected, &(batch, left, right, axes));
    }

    #[test]
    fn samples_are_normalized_along_any_axes(
        batch in 0usize..3,
        (lengths, axes) in prop::collection::vec(1usize..5, 1..=4)
            .prop_flat_map(|lengths| (subsequence((0..lengths.len()).collect::<Vec<_>>(), 1..=lengths.len()), Just(lengths)))
            .prop_map(|(axes, lengths)| (lengths, axes)),
        scale: bool, center: bool,
    ) {
        let dims = [Dims::new(&lengths)];
        let given: Vec<isize> = axes.iter().map(|&axis| axis as isize + 1).collect();
        let layer = LayerNormalization::layer().axis(&given).scale(scale).center(center);
        let built = layer.build(dims[0]).unwrap();
        let pass = Pass::new(layer, &built, batch, &dims, 50);
        let gradient = noise(batch * dims[0].size(), 49);
        let along: Vec<usize> = axes.iter().map(|&axis| lengths[axis]).collect();
        let count = along.iter().product::<usize>();
        let weight_of = |index: &[usize]| axes.iter().zip(&along).fold(0, |at, (&axis, length)| at * length + index[axis + 1]);
        let mut groups: std::collections::BTreeMap<Vec<usize>, Vec<(usize, usize)>> = Default::default();
        for index in indices(batch, &lengths) {
            let mut group = index.clone();
            axes.iter().for_each(|&axis| group[axis + 1] = 0);
            groups.entry(group).or_default().push((place(&index, &lengths), weight_of(&index)));
        }
        let gamma = |at: usize| if scale { f64::from(pass.weights[0][at]) } else { 1.0 };
        let beta = |at: usize| if center { f64::from(pass.weights[usize::from(scale)][at]) } else { 0.0 };
        let (mut output, mut dx) = (vec![0.0; gradient.len()], vec![0.0; gradient.len()]);
        let (mut dgamma, mut dbeta) = (vec![0.0; count], vec![0.0; count]);
        for group in groups.values() {
            let x = |at: usize| f64::from(pass.inputs[0][at]);
            let mean_of = |of: &dyn Fn(usize, usize) -> f64| group.iter().map(|&(at, weight)| of(at, weight)).sum::<f64>() / count as f64;
            let mean = mean_of(&|at, _| x(at));
            let inverse = 1.0 / (mean_of(&|at, _| (x(at) - mean).powi(2)) + 1e-3).sqrt();
            let normal = |at: usize| (x(at) - mean) * inverse;
            let reached = |at: usize, weight: usize| f64::from(gradient[at]) * gamma(weight);
            let (sum, slope) = (mean_of(&|at, weight| reached(at, weight)), mean_of(&|at, weight| reached(at, weight) * normal(at)));
            for &(at, weight) in group {
                output[at] = normal(at) * gamma(weight) + beta(weight);
                dx[at] = inverse * (reached(at, weight) - sum - normal(at) * slope);
                dgamma[weight] += f64::from(gradient[at]) * normal(at);
                dbeta[weight] += f64::from(gradient[at]);
            }
        }
        let weights = [(scale, dgamma), (center, dbeta)].into_iter().filter(|(there, _)| *there).map(|(_, slopes)| slopes);
        let expected = Expected { output, input_gradients: vec![dx], weight_gradients: weights.collect() };
        pass.check(&gradient, &expected, &(batch, lengths, axes, scale, center));
    }

    #[test]
    fn slopes_are_shared_along_any_axes(
        batch in 0usize..4,
        (lengths, axes) in prop::collection::vec(1usize..5, 1..=4)
            .prop_flat_map(|lengths| (subsequence((0..lengths.len()).collect::<Vec<_>>(), 0..=lengths.len()), Just(lengths)))
            .prop_map(|(axes, lengths)| (lengths, axes)),
    ) {
        let dims = [Dims::new(&lengths)];
        let given: Vec<isize> = axes.iter().map(|&axis| axis as isize + 1).collect();
        let layer = PReLU::layer().shared_axes(&given);
        let built = layer.build(dims[0]).unwrap();
        let pass = Pass::new(layer, &built, batch, &dims, 60);
        let gradient = noise(batch * dims[0].size(), 59);
        let shared: Vec<usize> = built.weights.list()[0].dims.lengths().collect();
        let (mut output, mut dx, mut dalpha) = (vec![], vec![], vec![0.0; shared.iter().product()]);
        for index in indices(batch, &lengths) {
            let mut of_alpha = index.clone();
            axes.iter().for_each(|&axis| of_alpha[axis + 1] = 0);
            of_alpha[0] = 0;
            let (at, weight) = (place(&index, &lengths), place(&of_alpha, &shared));
            let (x, g, alpha) = (f64::from(pass.inputs[0][at]), f64::from(gradient[at]), f64::from(pass.weights[0][weight]));
            output.push(if x > 0.0 { x } else { alpha * x });
            dx.push(g * if x > 0.0 { 1.0 } else if x < 0.0 { alpha } else { 0.0 });
            dalpha[weight] += if x < 0.0 { g * x } else { 0.0 };
        }
        let expected = Expected { output, input_gradients: vec![dx], weight_gradients: vec![dalpha] };
        pass.check(&gradient, &expected, &(batch, lengths, axes));
    }

    #[test]
    fn the_maximum_of_a_channel_is_found(batch in 0usize..3, lengths in prop::array::uniform3(1usize..6)) {
        let dims = [Dims::new(&lengths)];
        let layer = GlobalMaxPooling2D::layer();
        let built = layer.build(dims[0]).unwrap();
        let pass = Pass::new(layer, &built, batch, &dims, 70);
        let (gradient, channels) = (noise(batch * lengths[2], 69), lengths[2]);
        let (mut output, mut dx) = (vec![], vec![0.0; pass.inputs[0].len()]);
        for (sample, image) in pass.inputs[0].chunks(dims[0].size()).enumerate() {
            for channel in 0..channels {
                let values: Vec<f32> = image.iter().skip(channel).step_by(channels).copied().collect();
                let largest = values.iter().copied().fold(f32::MIN, f32::max);
                let ties = values.iter().filter(|&&value| value == largest).count();
                for (pixel, _) in values.iter().enumerate().filter(|(_, value)| **value == largest) {
                    dx[sample * dims[0].size() + pixel * channels + channel] =
                        f64::from(gradient[sample * channels + channel]) / ties as f64;
                }
                output.push(f64::from(largest));
            }
        }
        pass.check(&gradient, &Expected { output, input_gradients: vec![dx], ..Expected::default() }, &(batch, lengths));
    }
}
