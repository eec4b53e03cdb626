//! Means over an epoch.

use super::StepResult;
use crate::callbacks::Logs;

/// Means over the samples of an epoch: of the losses, or of the logs of custom steps.
#[derive(Default)]
pub(crate) struct Means {
    samples: f64,
    total: f64,
    each: Vec<f64>,
    /// Names, sums, and the numbers of samples.
    own: Option<Vec<(String, f64, f64)>>,
}

impl Means {
    pub(crate) fn add(&mut self, result: &StepResult, samples: usize) {
        let weight = samples as f64;
        self.samples += weight;
        self.total += f64::from(result.loss) * weight;
        self.each.resize(result.losses().len(), 0.0);
        for (sum, &loss) in self.each.iter_mut().zip(result.losses()) {
            *sum += f64::from(loss) * weight;
        }
    }

    /// Adds the logs of a custom step.
    pub(crate) fn add_own(&mut self, logs: &Logs, samples: usize) {
        let (own, weight) = (self.own.get_or_insert_default(), samples as f64);
        for (name, value) in logs.iter() {
            match own.iter_mut().find(|(known, ..)| known == name) {
                Some((_, sum, weights)) => {
                    *sum += value * weight;
                    *weights += weight;
                }
                None => own.push((name.to_owned(), value * weight, weight)),
            }
        }
    }

    /// The means of the logs of custom steps, if there were any.
    pub(super) fn own(&self) -> Option<impl Iterator<Item = (&str, f64)>> {
        let own = self.own.as_ref()?;
        Some(own.iter().map(|(name, sum, samples)| (name.as_str(), sum / samples)))
    }

    /// The mean loss.
    pub(super) fn loss(&self) -> f64 {
        if self.samples == 0.0 { 0.0 } else { self.total / self.samples }
    }

    /// The mean loss of an output.
    pub(super) fn output(&self, at: usize) -> f64 {
        if self.samples == 0.0 { 0.0 } else { self.each.get(at).copied().unwrap_or(0.0) / self.samples }
    }
}
