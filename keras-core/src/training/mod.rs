//! Training, evaluation and prediction: `compile`, `fit`, `evaluate`, `predict`, and custom training loops. See [Keras'
//! training API](https://keras.io/api/models/model_training_apis/).
//!
//! The trait [`Train`], which is in the prelude, provides these methods for every model:
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Line { Input(1), Dense(1) } }
//!
//! let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
//! let mut line = Line::with_seed(1);
//! let mut compiled = line.compile(Adam::new(0.1), MeanSquaredError::default(), ());
//! let history = compiled.fit(&x, &y).epochs(200).batch_size(2).verbose(0).run()?;
//! assert!(history["loss"].last() < history["loss"].first());
//! assert!(compiled.evaluate(&x, &y)?.loss < 0.01);
//! assert!((line.predict(&Tensor::from([[3.0]]))?.values()[0] - 7.0).abs() < 0.5);
//! # Ok::<(), keras::Error>(())
//! ```
//!
//! A model with multiple inputs or outputs takes tuples of data, losses and metrics, or structs of named inputs and outputs.
//!
//! ```
//! use keras::prelude::*;
//!
//! model! {
//!     struct Two(a: Input(2), b: Input(3)) {
//!         let x = Concatenate()([a, b]);
//!         (Dense(4, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
//!     }
//! }
//!
//! let (a, b) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Tensor::from([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]));
//! let (classes, scores) = (Labels::try_from([3, 0])?, Tensor::from([0.5, -0.5]));
//! let mut two = Two::with_seed(1);
//! let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
//! let mut compiled = two.compile(Adam::new(0.1), losses, ((Accuracy::default(),), ())).loss_weights(&[1.0, 0.5]);
//! let history = compiled.fit((&a, &b), (&classes, &scores)).epochs(50).verbose(0).run()?;
//! let names: Vec<&str> = history.names().collect();
//! assert_eq!(names, ["class_accuracy", "class_loss", "loss", "score_loss"]);
//! # Ok::<(), keras::Error>(())
//! ```

mod backpropagation;
mod by_path;
mod callback_list;
mod class_weight;
mod compiled;
mod compiled_metrics;
mod constraints;
mod erased;
mod evaluate;
mod evaluation;
mod fit;
mod gradients;
mod history;
mod is_compiled;
mod layer_output;
mod loss_list;
mod means;
mod metric_list;
mod on_batch;
mod outcome;
mod own_steps;
mod predict;
mod progress;
mod run_data;
mod step;
mod train;
mod trainable_model;
mod variables;

pub use compiled::Compiled;
pub(crate) use erased::AnyModel;
pub use evaluate::Evaluate;
pub use evaluation::Evaluation;
pub use fit::{Fit, FitInputs};
pub use gradients::Gradients;
pub use history::History;
pub use is_compiled::IsCompiled;
pub use layer_output::{LayerOutput, LayerOutputs};
#[doc(hidden)]
pub use loss_list::{AnyLoss, check_last};
pub use loss_list::{LossBatch, LossList, LossValues, LossWeights};
#[doc(hidden)]
pub use metric_list::MetricPairs;
pub use metric_list::{MetricList, Metrics};
pub use on_batch::{TestOnBatch, TrainOnBatch};
pub use outcome::{Outcome, StepResult};
pub use own_steps::{InputGradients, OwnedBatch, Predictions, Samples};
pub use predict::Predict;
pub use train::Train;
pub use trainable_model::TrainableModel;

pub(crate) use variables::{apply, finalize};
