//! Class weights, converted to sample weights.

use super::run_data::RunData;
use crate::{
    Error, Result,
    data::{SampleWeight, Target},
    layers::TensorSpec,
    losses::TargetView,
};

/// The weights of all samples: sample weights, or those of their classes.
pub(super) fn sample_weight<'a>(
    outputs: &[TensorSpec],
    given: SampleWeight<'a>,
    classes: Option<&[(u32, f32)]>,
    data: &RunData<'_>,
) -> Result<SampleWeight<'a>> {
    given.check(data.samples(), data.targets.len())?;
    match classes {
        Some(_) if !given.is_none() => {
            Err(Error::argument("class_weight", "given together with `sample_weight`", "given alone"))
        }
        Some(weights) => {
            let known = outputs.first().map_or(0, |output| output.dims.last());
            Ok(weights_of_samples(weights, known, &data.targets)?.into())
        }
        None => Ok(given),
    }
}

/// The weight of each sample by its class, which the targets give; the first output has `known` classes.
fn weights_of_samples(weights: &[(u32, f32)], known: usize, targets: &[Target<'_>]) -> Result<Vec<f32>> {
    let weight = |class: f64| {
        let named = weights.iter().rev().find(|(named, _)| f64::from(*named) == class);
        named.map_or(1.0, |(_, weight)| *weight)
    };
    let expect_classes = |known: usize| match weights.iter().find(|(class, _)| *class as usize >= known) {
        // The loss defines the meaning of targets of one value per sample.
        Some((class, _)) if known > 1 => {
            let found = format!("given for class {class} of {known} classes");
            Err(Error::argument("class_weight", found, "given for existing classes, counted from 0"))
        }
        _ => Ok(()),
    };
    let expected = "given to a model with one output, whose targets are one class per sample";
    match targets {
        [Target::Labels { labels, dims, .. }] if dims.size() == 1 => {
            expect_classes(known)?;
            Ok(labels.iter().map(|&label| weight(f64::from(label))).collect())
        }
        [Target::Values { values, dims, .. }] if dims.size() == 1 => {
            // Round half to even, as NumPy does.
            Ok(values.iter().map(|&value| weight(f64::from(value).round_ties_even())).collect())
        }
        [Target::Values { values, dims, .. }] if dims.rank() == 1 && dims.size() > 1 => {
            expect_classes(dims.size())?;
            Ok(values
                .chunks_exact(dims.size())
                .map(|scores| weight(TargetView::Values(scores).largest() as f64))
                .collect())
        }
        [Target::Labels { dims, .. } | Target::Values { dims, .. }] => {
            Err(Error::argument("class_weight", format!("given with targets of shape {dims}"), expected))
        }
        _ => Err(Error::argument("class_weight", format!("given to a model of {} outputs", targets.len()), expected)),
    }
}
