//! What can go wrong at run time.

use std::path::PathBuf;

use crate::{
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

/// What can go wrong at run time: each error names what was expected and what was found.
///
/// ```
/// use keras::{Error, prelude::*};
///
/// sequential! { struct Net { Input(4), Dense(3) } }
///
/// let error = Tensor::<Shape1<4>>::from_vec(vec![0.0; 7]).unwrap_err();
/// assert!(matches!(error, Error::ValueCount { values: 7, .. }));
/// assert_eq!(error.to_string(), "7 values are no whole number of samples of shape (4,), which have 4 each");
///
/// let error = Net::new().freeze("dence").unwrap_err();
/// assert!(matches!(error, Error::UnknownLayer { .. }));
/// assert_eq!(error.to_string(), "the model has no layer `dence`; did you mean `dense`?");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Samples of another shape.
    #[error("samples of shape {expected} are expected, but these have shape {found}")]
    SampleShape {
        /// The shape of the type.
        expected: Dims,
        /// The shape of the data.
        found: Dims,
    },
    /// A number of values that is no number of samples.
    #[error("{values} values are no whole number of samples of shape {shape}, which have {} each", shape.size())]
    ValueCount {
        /// The number of values.
        values: usize,
        /// The shape of a sample.
        shape: Dims,
    },
    /// An array whose elements do not lie in a row.
    #[error("the array is not in standard layout (row-major); pass `array.as_standard_layout().to_owned()`")]
    Layout,
    /// Data of different lengths.
    #[error("there are {expected} samples, but {found} {what}")]
    SampleCounts {
        /// What there is another number of.
        what: &'static str,
        /// The number of samples.
        expected: usize,
        /// The number found.
        found: usize,
    },
    /// No data.
    #[error("there are no samples")]
    NoSamples,
    /// A label that cannot be one.
    #[error("label {value} of sample {sample} is not a class: labels are whole numbers from 0")]
    Label {
        /// The sample.
        sample: usize,
        /// The label.
        value: i128,
    },
    /// A value that cannot be an id of an embedding.
    #[error("{value} of sample {sample} is not an id: `{layer}` takes whole numbers from 0 to {}", count - 1)]
    Id {
        /// The layer that the input goes to.
        layer: String,
        /// The sample.
        sample: usize,
        /// The value.
        value: f64,
        /// The number of ids.
        count: usize,
    },
    /// A batch of another number of samples than the state that it is to go on from.
    #[error(
        "the state is that of {expected} samples, but this batch has {found}; keep to {expected} samples a batch, or call \
         `reset_states()` first (of a standalone layer `reset_state()`)"
    )]
    StateSamples {
        /// The number of samples of the state.
        expected: usize,
        /// The number of samples of the batch.
        found: usize,
    },
    /// A last batch with fewer samples, of a model whose state has a batch axis.
    #[error(
        "{samples} samples are no whole number of batches of {batch_size}: the last has {last}, but the state of this model \
         needs the same number in each; choose another `batch_size`"
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
        /// What it may be.
        expected: &'static str,
    },
    /// A layer that the model does not have.
    #[error("the model has no layer `{name}`; {}", suggestion(name, known))]
    UnknownLayer {
        /// The name.
        name: String,
        /// The paths of the model's layers.
        known: Vec<String>,
    },
    /// A figure that a callback watches and that there is not.
    #[error("there is no figure `{name}` to watch; {}", suggestion(name, known))]
    UnknownMonitor {
        /// The name.
        name: String,
        /// The figures.
        known: Vec<String>,
    },
    /// A figure that a callback watches and that may be better small or large.
    #[error("`{name}` is neither a loss nor a metric: say by `mode` whether `Mode::Min` or `Mode::Max` is better")]
    UnknownDirection {
        /// The name.
        name: String,
    },
    /// A loss that is no number.
    #[error("the loss of batch {batch} is {loss}; a smaller learning rate, or scaled inputs, may help")]
    NotFinite {
        /// The batch.
        batch: usize,
        /// The loss.
        loss: f64,
    },
    /// A learning rate that a callback set, although a schedule says it.
    #[error(
        "a callback set the learning rate to {found}, but the optimizer's is what a schedule says; give it a number"
    )]
    ScheduledRate {
        /// What the callback set.
        found: f64,
    },
    /// A layer that cannot be built for its inputs.
    #[error(transparent)]
    Shape(Box<ShapeError>),
    /// A loss that does not fit its data.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// A metric that does not fit its data.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// An optimizer that does not fit its data.
    #[error(transparent)]
    Optimizer(#[from] OptimizerError),
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
        /// Why.
        source: std::io::Error,
    },
    /// A file that is not what it should be.
    #[error("{}: {what}", path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// What is expected, and what is found.
        what: String,
    },
    /// An error of a callback of one's own.
    #[error(transparent)]
    Other(#[from] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Self::Shape(Box::new(error))
    }
}

/// So that `?` after a conversion that there is not adds nothing to what is said of that.
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

/// The name that was meant, if one is near: `did you mean …?`; all of them otherwise.
fn suggestion(name: &str, known: &[String]) -> String {
    let within = known.iter().find(|known| known.rsplit_once('/').is_some_and(|(_, last)| last == name));
    let nearest = known
        .iter()
        .map(|known| (strsim::osa_distance(name, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known);
    match within.or(nearest) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}
