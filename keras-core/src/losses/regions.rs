//! Losses of regions, which compare sums over many values: over the whole batch, or over chosen axes of it.

use super::{GradientAt, Loss, LossError, Prediction, Reduction, TargetView};
use crate::{
    config::{ConfigError, ConfigValue, FromConfig},
    shape::MAX_RANK,
};

/// The axes of a batch: that of the samples, and those of one.
const MAX_AXES: usize = MAX_RANK + 1;

/// The axes to sum over: axis 0 is the batch, -1 the last axis. All axes by default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes {
    chosen: Option<[i32; MAX_AXES]>,
    count: usize,
}

impl Axes {
    /// All of them.
    pub const ALL: Self = Self { chosen: None, count: 0 };
}

impl From<&[i32]> for Axes {
    /// Of more than a batch can have, the first count: those are refused as out of range already.
    fn from(axes: &[i32]) -> Self {
        let mut chosen = [0; MAX_AXES];
        let count = axes.len().min(MAX_AXES);
        chosen[..count].copy_from_slice(&axes[..count]);
        Self { chosen: Some(chosen), count }
    }
}

impl FromConfig for Axes {
    const EXPECTED: &'static str = "an axis, or a list of them";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        Ok(match value {
            ConfigValue::None => Some(Self::ALL),
            &ConfigValue::Integer(axis) => axis.try_into().ok().map(|axis: i32| Self::from(&[axis][..])),
            value => Vec::from_config(value)?.map(|axes: Vec<i32>| Self::from(&axes[..])),
        })
    }
}

impl From<Axes> for ConfigValue {
    fn from(axes: Axes) -> Self {
        axes.chosen.map(|chosen| chosen[..axes.count].to_vec()).into()
    }
}

/// The sums over a region.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// `Σ y·p`.
    pub both: f64,
    /// `Σ y`.
    pub target: f64,
    /// `Σ p`.
    pub prediction: f64,
}

/// The loss of a region, and its derivatives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overlap {
    pub loss: f64,
    /// By `Σ y·p`.
    pub by_both: f64,
    /// By `Σ p`.
    pub by_prediction: f64,
}

/// A loss of regions.
pub(super) trait RegionLoss: Loss {
    /// The axes of a region.
    fn axes(&self) -> Axes;

    /// The loss of a region.
    fn overlap(&self, sums: Sums) -> Overlap;
}

/// Places in a flat array: for each axis its length and its stride, the outermost first.
#[derive(Clone, Copy, Default)]
struct Places {
    axes: [(usize, usize); MAX_AXES],
    count: usize,
}

impl Places {
    /// Adds an axis inside of those so far. If both are one run, they become one.
    fn push(&mut self, length: usize, stride: usize) {
        if let Some((outer, outer_stride)) = self.axes[..self.count].last_mut()
            && *outer_stride == length * stride
        {
            (*outer, *outer_stride) = (*outer * length, stride);
        } else {
            self.axes[self.count] = (length, stride);
            self.count += 1;
        }
    }

    fn len(&self) -> usize {
        self.axes[..self.count].iter().map(|(length, _)| length).product()
    }

    /// The place number `at`, the innermost axis counting fastest.
    fn offset(&self, mut at: usize) -> usize {
        let mut offset = 0;
        for (length, stride) in self.axes[..self.count].iter().rev() {
            offset += at % length * stride;
            at /= length;
        }
        offset
    }

    /// Calls `visit` with the start of every run of the innermost axis, its length and its stride.
    fn each_run(&self, start: usize, visit: &mut impl FnMut(usize, usize, usize)) {
        let Some(((length, stride), outer)) = self.axes[..self.count].split_last() else { return visit(start, 1, 1) };
        let outer = Self { count: outer.len(), ..*self };
        for at in 0..outer.len() {
            visit(start + outer.offset(at), *length, *stride);
        }
    }
}

/// A checked batch, and how it falls into regions.
struct Regions<'a, L> {
    loss: &'a L,
    target: TargetView<'a>,
    values: &'a [f32],
    weights: Option<&'a [f32]>,
    samples: usize,
    /// Whether a region reaches over all samples.
    over_samples: bool,
    /// The offsets of the regions.
    starts: Places,
    /// The offsets within a region.
    within: Places,
}

impl<'a, L: RegionLoss> Regions<'a, L> {
    fn new(
        loss: &'a L,
        target: TargetView<'a>,
        prediction: &Prediction<'a>,
        weights: Option<&'a [f32]>,
    ) -> Result<Self, LossError> {
        let (samples, dims) = (prediction.count, prediction.dims);
        LossError::expect_length("prediction", samples * dims.size(), prediction.values.len())?;
        loss.check(target, prediction)?;
        let axes = dims.rank() + 1;
        let chosen = loss.axes();
        let mut summed = [chosen.chosen.is_none(); MAX_AXES];
        for &axis in chosen.chosen.iter().flatten().take(chosen.count) {
            let place = if axis < 0 { axis + axes as i32 } else { axis };
            match usize::try_from(place) {
                Ok(place) if place < axes => summed[place] = true,
                _ => return Err(LossError::Axis { loss: loss.name(), axis, axes }),
            }
        }
        let (mut starts, mut within, mut stride) = (Places::default(), Places::default(), samples * dims.size());
        for (axis, is_summed) in summed.iter().enumerate().take(axes) {
            let length = if axis == 0 { samples } else { dims.length(axis - 1) };
            stride = stride.checked_div(length).unwrap_or(0);
            if *is_summed { &mut within } else { &mut starts }.push(length, stride);
        }
        let regions =
            Self { loss, target, values: prediction.values, weights, samples, over_samples: summed[0], starts, within };
        match weights.map(<[f32]>::len) {
            Some(found) if found != samples && (regions.over_samples || found != regions.starts.len()) => {
                let positions = if regions.over_samples { samples } else { regions.starts.len() };
                Err(LossError::SampleWeights { samples, positions, found })
            }
            _ => Ok(regions),
        }
    }

    fn overlap(&self, region: usize) -> Overlap {
        let mut sums = Sums::default();
        self.within.each_run(self.starts.offset(region), &mut |start, length, stride| {
            for at in (start..).step_by(stride.max(1)).take(length) {
                let (y, p) = (f64::from(self.target.number(at)), f64::from(self.values[at]));
                sums.both += y * p;
                sums.target += y;
                sums.prediction += p;
            }
        });
        self.loss.overlap(sums)
    }

    /// The weight of a region: that of its sample, or, over all samples, their mean weight.
    fn weight(&self, region: usize) -> f64 {
        match self.weights {
            None => 1.0,
            Some(weights) if self.over_samples => self.total_weight() / weights.len() as f64,
            Some(weights) => f64::from(weights[region * weights.len() / self.starts.len()]),
        }
    }

    fn total_weight(&self) -> f64 {
        self.weights.unwrap_or_default().iter().map(|&weight| f64::from(weight)).sum()
    }

    /// The factor of the sum of the weighted losses.
    fn factor(&self) -> f64 {
        let regions = self.starts.len() as f64;
        let divisor = match (self.loss.reduction(), self.weights) {
            (Reduction::SumOverBatchSize, _) | (Reduction::MeanWithSampleWeight, None) => regions,
            // as if each sample had all of the regions
            (Reduction::Sum, Some(_)) if self.over_samples => 1.0 / self.samples as f64,
            (Reduction::Sum, _) => 1.0,
            (Reduction::MeanWithSampleWeight, Some(weights)) if self.over_samples => {
                regions * self.total_weight() / weights.len() as f64
            }
            (Reduction::MeanWithSampleWeight, Some(weights)) => self.total_weight() * regions / weights.len() as f64,
        };
        if divisor == 0.0 { 0.0 } else { 1.0 / divisor }
    }
}

/// [`Loss::evaluate`] of a loss of regions.
pub(super) fn evaluate<L: RegionLoss>(
    loss: &L,
    target: TargetView<'_>,
    prediction: &Prediction<'_>,
    sample_weight: Option<&[f32]>,
    mut gradient: Option<&mut [f32]>,
) -> Result<(f32, GradientAt), LossError> {
    let regions = Regions::new(loss, target, prediction, sample_weight)?;
    if let Some(gradient) = &gradient {
        LossError::expect_length("gradient", prediction.values.len(), gradient.len())?;
    }
    if prediction.values.is_empty() {
        return Ok((0.0, GradientAt::Output));
    }
    let (factor, mut total) = (regions.factor(), 0.0);
    for region in 0..regions.starts.len() {
        let (overlap, weight) = (regions.overlap(region), regions.weight(region) * factor);
        total += weight * overlap.loss;
        if let Some(gradient) = &mut gradient {
            let (by_both, by_prediction) = (weight * overlap.by_both, weight * overlap.by_prediction);
            regions.within.each_run(regions.starts.offset(region), &mut |start, length, stride| {
                for at in (start..).step_by(stride.max(1)).take(length) {
                    gradient[at] = (f64::from(target.number(at)) * by_both + by_prediction) as f32;
                }
            });
        }
    }
    Ok((total as f32, GradientAt::Output))
}

/// [`Loss::evaluate_each`] of a loss of regions: one for each region.
pub(super) fn evaluate_each<L: RegionLoss>(
    loss: &L,
    target: TargetView<'_>,
    prediction: &Prediction<'_>,
    sample_weight: Option<&[f32]>,
) -> Result<Vec<f32>, LossError> {
    let regions = Regions::new(loss, target, prediction, sample_weight)?;
    let cost = |region| (regions.weight(region) * regions.overlap(region).loss) as f32;
    Ok((0..regions.starts.len()).map(cost).collect())
}

/// [`Loss::row`] of a loss of regions: that of one position.
pub(super) fn row<L: RegionLoss>(loss: &L, row: super::Row<'_>, gradient: super::RowGradient<'_>) -> f32 {
    let mut sums = Sums::default();
    for (at, &p) in row.values.iter().enumerate() {
        let (y, p) = (f64::from(row.target.number(at)), f64::from(p));
        sums.both += y * p;
        sums.target += y;
        sums.prediction += p;
    }
    let overlap = loss.overlap(sums);
    if let Some((gradient, factor)) = gradient {
        for (at, slope) in gradient.iter_mut().enumerate() {
            let y = f64::from(row.target.number(at));
            *slope = ((y * overlap.by_both + overlap.by_prediction) * f64::from(factor)) as f32;
        }
    }
    overlap.loss as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        losses::{Dice, Tversky},
        shape::Dims,
    };

    /// `1 - 2·Σ y·p / (Σ y + Σ p)` of the values at these places.
    fn dice(target: &[f32], values: &[f32], places: &[usize]) -> f32 {
        let both: f32 = places.iter().map(|&at| target[at] * values[at]).sum();
        1.0 - 2.0 * both / places.iter().map(|&at| target[at] + values[at]).sum::<f32>()
    }

    #[test]
    fn every_choice_of_axes() {
        let (samples, dims) = (2, Dims::new(&[3, 4]));
        let target: Vec<f32> = (0..24).map(|at| (at % 3 % 2) as f32).collect();
        let values: Vec<f32> = (0..24).map(|at| (at % 7) as f32 / 8.0 + 0.1).collect();
        let prediction = Prediction { values: &values, dims, count: samples, logits: None };
        for choice in 0..8 {
            let axes: Vec<i32> = (0..3).filter(|axis| choice >> axis & 1 == 1).collect();
            // the regions, by the indices that are left
            let mut regions: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
            for at in 0..24 {
                let indices = [at / 12, at / 4 % 3, at % 4];
                let left = (0..3).filter(|axis| choice >> axis & 1 == 0).map(|axis| indices[axis]).collect();
                match regions.iter_mut().find(|(key, _)| *key == left) {
                    Some((_, places)) => places.push(at),
                    None => regions.push((left, vec![at])),
                }
            }
            let expected: Vec<f32> = regions.iter().map(|(_, places)| dice(&target, &values, places)).collect();
            let loss = Dice::default().axis(&axes);
            let found = loss.evaluate_each((&target[..]).into(), &prediction, None).unwrap();
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-5, "{axes:?}: {found} is not {expected}");
            }
            let (mean, _) = loss.evaluate((&target[..]).into(), &prediction, None, None).unwrap();
            assert!((mean - expected.iter().sum::<f32>() / expected.len() as f32).abs() < 1e-5, "{axes:?}");
        }
    }

    #[test]
    fn weights_of_samples() {
        let (target, values) = ([1.0, 0.0, 1.0, 1.0], [0.5, 0.25, 0.5, 1.0]);
        let prediction = Prediction { values: &values, dims: Dims::new(&[2]), count: 2, logits: None };
        let value = |loss: Dice, weights: &[f32]| {
            loss.evaluate((&target[..]).into(), &prediction, Some(weights), None).map(|(value, _)| value)
        };
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} is not {b}");
        let all = dice(&target, &values, &[0, 1, 2, 3]);
        let each = [dice(&target, &values, &[0, 1]), dice(&target, &values, &[2, 3])];
        let (whole, of_samples) = (Dice::default(), Dice::default().axis(&[-1]));
        close(value(whole, &[3.0, 1.0]).unwrap(), 2.0 * all);
        close(value(whole.reduction(Reduction::Sum), &[3.0, 1.0]).unwrap(), 4.0 * all);
        close(value(whole.reduction(Reduction::MeanWithSampleWeight), &[3.0, 1.0]).unwrap(), all);
        close(value(of_samples, &[3.0, 1.0]).unwrap(), (3.0 * each[0] + each[1]) / 2.0);
        close(value(of_samples.reduction(Reduction::Sum), &[3.0, 1.0]).unwrap(), 3.0 * each[0] + each[1]);
        let mean = value(of_samples.reduction(Reduction::MeanWithSampleWeight), &[3.0, 1.0]).unwrap();
        close(mean, (3.0 * each[0] + each[1]) / 4.0);
        assert_eq!(value(whole.reduction(Reduction::MeanWithSampleWeight), &[0.0, 0.0]), Ok(0.0));
        assert!(value(whole, &[1.0; 3]).is_err());
    }

    #[test]
    fn an_axis_that_is_not_there_is_named() {
        let error = Tversky::default().axis(&[0, 2]).value(&[[0.0]], &[[0.5]]).unwrap_err();
        assert_eq!(error.to_string(), "tversky sums over axis 2, but a batch has 2 axes, including the batch axis");
        assert!(Tversky::default().axis(&[-3]).value(&[[0.0]], &[[0.5]]).is_err());
    }

    #[test]
    fn an_empty_batch_loses_nothing() {
        let prediction = Prediction { values: &[], dims: Dims::new(&[2]), count: 0, logits: None };
        let loss = Dice::default().evaluate(TargetView::Values(&[]), &prediction, Some(&[]), Some(&mut []));
        assert_eq!(loss, Ok((0.0, GradientAt::Output)));
    }
}
