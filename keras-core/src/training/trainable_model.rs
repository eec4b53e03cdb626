//! The bound of generic code.

use super::Train;
use crate::{data::InputShapes, shape::Shape};

/// The bound of functions that take any model with one output: it suffices for `compile`, `fit`, `evaluate`, `predict`, `save` and
/// `load`. It is in the prelude, and implemented for every model with one output, and inputs of any number and dtype.
///
/// The data have the types [`Samples<M>`](super::Samples) and `Tensor<M::Outputs>`, or `Labels<<M::Outputs as Shape>::Leading>` for a
/// loss of class labels.
///
/// ```
/// use keras::{prelude::*, training::Samples};
///
/// sequential! { struct Line { Input(1), Dense(1) } }
/// sequential! { struct Mlp { Input(4), Dense(8, activation = "tanh"), Dense(2) } }
///
/// /// Trains, saves, and returns the loss and the predictions.
/// fn train<M: TrainableModel>(
///     model: &mut M,
///     x: &Samples<M>,
///     y: &Tensor<M::Outputs>,
///     path: &std::path::Path,
/// ) -> keras::Result<(f64, Tensor<M::Outputs>)> {
///     let mut compiled = model.compile(Adam::new(0.05), MeanSquaredError::default(), (RootMeanSquaredError::default(),));
///     compiled.fit(x, y).epochs(50).verbose(0).run()?;
///     let loss = compiled.evaluate(x, y)?.loss;
///     model.save(path)?;
///     model.load(path)?;
///     Ok((loss, model.predict(x)?))
/// }
///
/// let path = std::env::temp_dir().join(format!("generic-{}.safetensors", std::process::id()));
/// let (loss, _) = train(&mut Line::with_seed(1), &Tensor::from([[0.0], [1.0]]), &Tensor::from([[1.0], [2.0]]), &path)?;
/// assert!(loss < 0.5);
/// let (x, y) = (Tensor::from([[0.0, 1.0, 0.0, 1.0]]), Tensor::from([[1.0, 2.0]]));
/// let (_, predictions) = train(&mut Mlp::with_seed(1), &x, &y, &path)?;
/// assert_eq!(predictions.len(), 1);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
pub trait TrainableModel: Train<Inputs: InputShapes, Outputs: Shape> {}

impl<M: Train<Inputs: InputShapes, Outputs: Shape>> TrainableModel for M {}
