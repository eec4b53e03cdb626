//! From a model to a trained one: `compile`, `fit`, `evaluate`, `predict`, and loops of one's own.

mod compiled;
mod evaluate;
mod fit;
mod history;
mod memory;
mod metrics;
mod predict;
mod progress;
mod run;
mod signature;
mod slices;
mod step;

pub use compiled::{Compiled, Train};
pub use evaluate::{Evaluate, Evaluation};
pub use fit::Fit;
pub use history::History;
pub use predict::Predict;
pub use signature::{LossBatch, LossList, LossValues, MetricList, Metrics, OutputValues};
pub use step::{Gradients, StepResult};

pub(crate) use step::apply;
