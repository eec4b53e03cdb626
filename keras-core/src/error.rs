//! Runtime errors.

use std::path::PathBuf;

use crate::{
    config::ConfigError,
    losses::LossError,
    metrics::MetricError,
    optimizers::OptimizerError,
    saving::{LoadError, SaveError},
    shape::{Dims, ShapeError},
};

/// A result of this crate.
///
/// ```
/// fn largest(values: &[f32]) -> keras::Result<f32> {
///     values.iter().copied().reduce(f32::max).ok_or(keras::Error::NoSamples)
/// }
///
/// assert_eq!(largest(&[1.0, 3.0, 2.0])?, 3.0);
/// assert!(matches!(largest(&[]), Err(keras::Error::NoSamples)));
/// # Ok::<(), keras::Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A runtime error. Each states the expected and the actual value.
///
/// ```
/// use keras::{Error, prelude::*};
///
/// sequential! { struct Net { Input(4), Dense(3) } }
///
/// let error = Tensor::<Shape1<4>>::from_vec(vec![0.0; 7]).unwrap_err();
/// assert!(matches!(error, Error::ValueCount { values: 7, .. }));
/// assert_eq!(error.to_string(), "7 values are not a whole number of samples of shape (4,), which have 4 each");
///
/// let error = Net::new().freeze("dence").unwrap_err();
/// assert!(matches!(error, Error::UnknownLayer { .. }));
/// assert_eq!(error.to_string(), "the model has no layer `dence`; did you mean `dense`?");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Samples of the wrong shape.
    #[error("samples of shape {expected} are expected, but these have shape {found}")]
    SampleShape {
        /// The expected shape.
        expected: Dims,
        /// The shape of the data.
        found: Dims,
    },
    /// A number of values that is not a multiple of the size of a sample.
    #[error("{values} values are not a whole number of samples of shape {shape}, which have {} each", shape.size())]
    ValueCount {
        /// The number of values.
        values: usize,
        /// The shape of a sample.
        shape: Dims,
    },
    /// An array that is not contiguous in row-major order.
    #[error("the array is not in standard layout (row-major); pass `array.as_standard_layout().to_owned()`")]
    Layout,
    /// Data with different numbers of samples.
    #[error("there are {expected} samples, but {found} {what}")]
    SampleCounts {
        /// The data whose length differs.
        what: &'static str,
        /// The expected number of samples.
        expected: usize,
        /// The actual number.
        found: usize,
    },
    /// Samples that data do not have.
    #[error("samples {start}..{end} are out of range: the number of samples is {samples}")]
    SampleRange {
        /// The first index that was asked for.
        start: usize,
        /// The end of the range.
        end: usize,
        /// The number of samples.
        samples: usize,
    },
    /// A sample that data do not have.
    #[error("sample {index} is out of range: the number of samples is {samples}")]
    SampleIndex {
        /// The index, counted from 0.
        index: usize,
        /// The number of samples.
        samples: usize,
    },
    /// A sample of the wrong number of values.
    #[error("sample {sample} has {found} values, but samples of shape {shape} have {}", shape.size())]
    SampleSize {
        /// The index of the sample.
        sample: usize,
        /// Its number of values.
        found: usize,
        /// The shape of a sample.
        shape: Dims,
    },
    /// Empty data.
    #[error("there are no samples")]
    NoSamples,
    /// A run without targets needs them.
    #[error(
        "there are no targets for the losses of the model; give a `train_step`, and a `test_step` for validation, that computes its own"
    )]
    NoTargets,
    /// An iterator of batches that ended before the run.
    #[error(
        "the batches ended in epoch {epoch} of {epochs}, after {steps} steps; `steps_per_epoch` × `epochs` batches are needed: \
         give fewer epochs, or an iterator that goes on"
    )]
    BatchesEnded {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The number of epochs.
        epochs: usize,
        /// The number of steps of this epoch.
        steps: usize,
    },
    /// An invalid class label.
    #[error("label {value} of sample {sample} is not a class: labels are integers from 0")]
    Label {
        /// The index of the sample.
        sample: usize,
        /// The label.
        value: i128,
    },
    /// A value that is not a valid id of an embedding.
    #[error("{value} of sample {sample} is not an id: `{layer}` takes integers from 0 to {}", count - 1)]
    Id {
        /// The layer that takes the input.
        layer: String,
        /// The index of the sample.
        sample: usize,
        /// The value.
        value: f64,
        /// The number of ids.
        count: usize,
    },
    /// A batch of another number of samples than the state that it is to go on from.
    #[error(
        "the state holds {expected} samples, but this batch has {found}; use batches of {expected} samples, or call \
         `reset_states()` first (`reset_state()` of a standalone layer)"
    )]
    StateSamples {
        /// The number of samples of the state.
        expected: usize,
        /// The number of samples of the batch.
        found: usize,
    },
    /// A last batch with fewer samples, of a model whose state has a batch axis.
    #[error(
        "{samples} samples cannot be divided into batches of {batch_size}: the last has {last}, but the state of this \
         model needs the same number in each; choose another `batch_size`"
    )]
    LastBatch {
        /// The number of samples.
        samples: usize,
        /// The number of samples of a batch.
        batch_size: usize,
        /// The number of samples of the last.
        last: usize,
    },
    /// An argument out of range.
    #[error("`{name}` is {found}, but must be {expected}")]
    Argument {
        /// The argument.
        name: &'static str,
        /// Its value.
        found: String,
        /// The accepted values.
        expected: &'static str,
    },
    /// A layer that is not in the model.
    #[error("the model has no layer `{name}`; {}", suggestion(name, known))]
    UnknownLayer {
        /// The name.
        name: String,
        /// The paths of the model's layers.
        known: Vec<String>,
    },
    /// A monitored quantity that is not in the logs.
    #[error("there is no quantity `{name}` to monitor; {}", suggestion(name, known))]
    UnknownMonitor {
        /// The name.
        name: String,
        /// The names in the logs.
        known: Vec<String>,
    },
    /// A monitored quantity that may improve in either direction.
    #[error("`{name}` is neither a loss nor a metric: set `mode` to `Mode::Min` or `Mode::Max`")]
    UnknownDirection {
        /// The name.
        name: String,
    },
    /// A callback of another model.
    #[error("a callback asked for the model `{expected}`, but this run is that of `{found}`")]
    OtherModel {
        /// The type of the model that the callback asked for.
        expected: &'static str,
        /// The type of the model.
        found: &'static str,
    },
    /// An average of weights that the optimizer does not keep.
    #[error("SwapEMAWeights needs an optimizer that averages the weights: set `use_ema(true)`")]
    NoAverage,
    /// A loss that is NaN or infinite.
    #[error("the loss of batch {batch} is {loss}; a smaller learning rate, or scaled inputs, may help")]
    NotFinite {
        /// The index of the batch.
        batch: usize,
        /// The loss.
        loss: f64,
    },
    /// A learning rate set by a callback while the optimizer uses a schedule.
    #[error(
        "a callback set the learning rate to {found}, but the optimizer uses a schedule; give it a constant learning rate"
    )]
    ScheduledRate {
        /// The learning rate set by the callback.
        found: f64,
    },
    /// A layer that cannot be built for its inputs.
    #[error(transparent)]
    Shape(Box<ShapeError>),
    /// A loss that is incompatible with its data.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// A metric that is incompatible with its data.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// An optimizer that is incompatible with its data.
    #[error(transparent)]
    Optimizer(#[from] OptimizerError),
    /// A configuration from which nothing can be made.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Weights that could not be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// Weights that could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file that could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file with invalid contents.
    #[error("{}: {what}", path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// The expected and the actual contents.
        what: String,
    },
    /// An error of a custom callback.
    #[error(transparent)]
    Other(#[from] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Self::Shape(Box::new(error))
    }
}

/// Allows `?` after an infallible conversion.
impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl Error {
    pub(crate) fn argument(name: &'static str, found: impl ToString, expected: &'static str) -> Self {
        Self::Argument { name, found: found.to_string(), expected }
    }
}

/// The closest name, if one is similar: `did you mean …?`; a list of all names otherwise.
pub(crate) fn suggestion(name: &str, known: &[String]) -> String {
    let within = known.iter().find(|known| known.rsplit_once('/').is_some_and(|(_, last)| last == name));
    let nearest = known
        .iter()
        .map(|known| (strsim::osa_distance(name, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known);
    match within.or(nearest) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("available: {}", known.join(", ")),
    }
}
