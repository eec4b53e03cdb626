//! Initializers: what has no chance in it, and the moments of what has.

use keras::{
    initializers::{Distribution, Fan, Initializer},
    shape::Dims,
};

use crate::{
    layers::number,
    support::{Case, FORWARD, compare_group},
};

/// How many random numbers are drawn: as many as were of Keras.
const NUMBERS: usize = 400_000;
/// The largest relative difference of moments: four standard deviations of that of two normal samples' fourth moments.
const MOMENTS: f32 = 0.015;
/// The largest difference of bounds, in standard deviations.
const BOUNDS: f32 = 1e-3;

#[test]
fn initializers() {
    compare_group("initializers", &[], |case| {
        let value = |name, default| case.number(name).unwrap_or(default);
        let gain = || case.number("gain").or(case.positional(0).map(number)).unwrap_or(1.0);
        let initializer = match case.item {
            "Zeros" => Initializer::ZEROS,
            "Ones" => Initializer::ONES,
            "Constant" => Initializer::constant(number(case.positional(0).expect("a value"))),
            "Identity" => Initializer::identity(gain()),
            "Orthogonal" => Initializer::orthogonal(gain()),
            "GlorotUniform" => Initializer::GLOROT_UNIFORM,
            "GlorotNormal" => Initializer::GLOROT_NORMAL,
            "HeUniform" => Initializer::HE_UNIFORM,
            "HeNormal" => Initializer::HE_NORMAL,
            "LecunUniform" => Initializer::LECUN_UNIFORM,
            "LecunNormal" => Initializer::LECUN_NORMAL,
            "VarianceScaling" => Initializer::variance_scaling(value("scale", 1.0), fan(case), distribution(case)),
            "RandomNormal" => Initializer::RandomNormal { mean: value("mean", 0.0), stddev: value("stddev", 0.05) },
            "RandomUniform" => {
                Initializer::RandomUniform { minval: value("minval", -0.05), maxval: value("maxval", 0.05) }
            }
            "TruncatedNormal" => {
                Initializer::TruncatedNormal { mean: value("mean", 0.0), stddev: value("stddev", 0.05) }
            }
            _ => return false,
        };
        let shape: Vec<usize> = case.values("shape").iter().map(|&length| length as usize).collect();
        compare(case, initializer, Dims::new(&shape));
        true
    });
}

fn fan(case: &Case<'_>) -> Fan {
    match case.keyword("mode") {
        Some("'fan_out'") => Fan::Out,
        Some("'fan_avg'") => Fan::Average,
        _ => Fan::In,
    }
}

fn distribution(case: &Case<'_>) -> Distribution {
    match case.keyword("distribution") {
        Some("'uniform'") => Distribution::Uniform,
        Some("'untruncated_normal'") => Distribution::UntruncatedNormal,
        _ => Distribution::TruncatedNormal,
    }
}

fn compare(case: &Case<'_>, initializer: Initializer, dims: Dims) {
    let draw = |seed: u64| {
        let mut weight = vec![f32::NAN; dims.size()];
        initializer.initialize(dims, seed, &mut weight).unwrap();
        weight
    };
    if case.has("weight") {
        return case.check("weight", &draw(1), FORWARD);
    }
    if case.has("product") {
        return case.check("product", &product(&draw(1), dims.last()), FORWARD);
    }
    let values: Vec<f64> = (0..).flat_map(draw).map(f64::from).take(NUMBERS).collect();
    let mean_of = |numbers: &mut dyn Iterator<Item = f64>| numbers.sum::<f64>() / NUMBERS as f64;
    let mean = mean_of(&mut values.iter().copied());
    let variance = mean_of(&mut values.iter().map(|x| (x - mean).powi(2)));
    let kurtosis = mean_of(&mut values.iter().map(|x| (x - mean).powi(4))) / variance.powi(2);
    case.check("variance", &[variance as f32], MOMENTS);
    case.check("kurtosis", &[kurtosis as f32], MOMENTS);
    // A mean and the bounds are as exact as the numbers are wide.
    let compare_place = |name: &str, ours: f64, limit: f32| {
        let away = (ours - f64::from(case.values(name)[0])) / variance.sqrt();
        case.check_against(name, &[1.0 + away as f32], &[1.0], limit);
    };
    compare_place("mean", mean, MOMENTS);
    if case.has("least") {
        let bound = |take: fn(f64, f64) -> f64| values.iter().copied().reduce(take).expect("numbers");
        compare_place("least", bound(f64::min), BOUNDS);
        compare_place("largest", bound(f64::max), BOUNDS);
    }
}

/// The product of a matrix and itself, whichever way around is the smaller.
fn product(matrix: &[f32], columns: usize) -> Vec<f32> {
    let rows = matrix.len() / columns;
    let at = |row: usize, column: usize| f64::from(matrix[row * columns + column]);
    let (size, length) = (rows.min(columns), rows.max(columns));
    let entry = |i: usize, j: usize| -> f64 {
        (0..length).map(|k| if rows >= columns { at(k, i) * at(k, j) } else { at(i, k) * at(j, k) }).sum()
    };
    (0..size * size).map(|index| entry(index / size, index % size) as f32).collect()
}
