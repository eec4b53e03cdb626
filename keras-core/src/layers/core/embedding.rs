//! Vectors for ids.

use crate::layers::{Backward, Built, Forward, Layer, Weight};
use crate::{
    constraints::Constraint,
    initializers::Initializer,
    regularizers::Regularizer,
    shape::{Dims, MAX_RANK, ShapeError},
    weights,
};

/// Makes a vector of each id: a row of a table that is learnt.
///
/// In a listing, as [Keras' `Embedding`](https://keras.io/api/layers/core_layers/embedding/):
///
/// ```text
/// Embedding(input_dim, output_dim, embeddings_initializer = "uniform", embeddings_regularizer = None,
///           embeddings_constraint = None)
/// ```
///
/// An id is a whole number from 0 up to `input_dim`, held by a float like all data. Training, evaluation and prediction
/// check the data of an input that goes to this layer, and say which value is no id. Elsewhere (an id that another layer
/// computes, `predict_one`) the fraction is dropped and what is too large becomes the last id.
///
/// There are no masks: Keras' `mask_zero` is refused when the program is compiled. Where padding is not to count in the loss, a
/// weight of 0 for those positions does it, as a [`SampleWeight`](crate::data::SampleWeight).
///
/// # Shapes
/// Input `(…)` of rank 4 or less, output `(…, output_dim)`; weight `embeddings` `(input_dim, output_dim)`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(3), Embedding(4, 2) } }
///
/// let mut net = Net::new();
/// net.embedding_mut().embeddings().row_mut(3).fill(7.0);
/// assert_eq!(net.predict_one(&[3.0, 0.0, 3.0])[4..], [7.0, 7.0]);
///
/// let error = net.predict(&Tensor::from([[3.0, 0.0, 4.0]])).unwrap_err();
/// assert_eq!(error.to_string(), "4 of sample 0 is not an id: `embedding` takes whole numbers from 0 to 3");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    input_dim: usize,
    output_dim: usize,
    embeddings_initializer: Initializer,
    embeddings_regularizer: Regularizer,
    embeddings_constraint: Constraint,
}

/// From here on not every whole number is a float.
const MOST: usize = 1 << 24;

impl Embedding {
    /// A table of so many ids, with so many numbers each.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(Embedding::layer(3, 2), [4], 7)?;
    /// alone.weights_mut().copy_from_slice(&[0.0, 0.1, 1.0, 1.1, 2.0, 2.1]);
    /// assert_eq!(alone.call(&[&[2.0, 0.0, 0.0, 1.0]])?, [2.0, 2.1, 0.0, 0.1, 0.0, 0.1, 1.0, 1.1]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer(input_dim: usize, output_dim: usize) -> Self {
        Self {
            input_dim,
            output_dim,
            embeddings_initializer: Initializer::RANDOM_UNIFORM,
            embeddings_regularizer: Regularizer::None,
            embeddings_constraint: Constraint::NONE,
        }
    }

    /// The table's first values (uniform).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Embedding(10, 3, embeddings_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[7.0]), [1.0, 1.0, 1.0]);
    /// ```
    pub const fn embeddings_initializer(mut self, initializer: Initializer) -> Self {
        self.embeddings_initializer = initializer;
        self
    }

    /// What the table's size costs (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! {
    ///     struct Net { Input(1), Embedding(4, 1, embeddings_initializer = "ones", embeddings_regularizer = "l2"), Flatten() }
    /// }
    ///
    /// let (x, y) = (Tensor::from([[2.0]]), Tensor::from([[1.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.01 * 4.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn embeddings_regularizer(mut self, regularizer: Regularizer) -> Self {
        self.embeddings_regularizer = regularizer;
        self
    }

    /// What the table is turned into after each step of training (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Embedding(3, 2, embeddings_constraint = Constraint::unit_norm(&[1])), Flatten() } }
    ///
    /// let (x, y) = (Tensor::from([[2.0]]), Tensor::from([[3.0, 4.0]]));
    /// let mut net = Net::with_seed(1);
    /// net.compile(SGD::default(), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// for vector in net.embedding().embeddings().rows() {
    ///     assert!((vector.dot(&vector) - 1.0).abs() < 1e-4);
    /// }
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn embeddings_constraint(mut self, constraint: Constraint) -> Self {
        self.embeddings_constraint = constraint;
        self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// For a table without ids or without numbers, for more ids than floats can tell apart (2²⁴), and for an input of five
    /// axes.
    ///
    /// ```
    /// use keras::{layers::Embedding, shape::Dims};
    ///
    /// let built = Embedding::layer(1000, 16).build(Dims::new(&[20]))?;
    /// assert_eq!((built.output(), built.weights.trainable_size()), (Dims::new(&[20, 16]), 16_000));
    /// assert!(Embedding::layer(0, 16).build(Dims::new(&[20])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if self.input_dim == 0 || self.output_dim == 0 {
            return Err(ShapeError::new("its input_dim {0} and output_dim {1} must be at least 1")
                .number(self.input_dim)
                .number(self.output_dim));
        }
        if self.input_dim > MOST {
            return Err(ShapeError::new("its input_dim is {0}, but ids are floats, which tell {1} apart at most")
                .number(self.input_dim)
                .number(MOST));
        }
        if input.rank() == MAX_RANK {
            return Err(ShapeError::new("its output has an axis more than its input {a}: more than 5").dims(input));
        }
        let table = Dims::new(&[self.input_dim, self.output_dim]);
        let embeddings = Weight::new("embeddings", table, self.embeddings_initializer);
        Built::new(input.append(self.output_dim))
            .weight(embeddings.regularizer(self.embeddings_regularizer).constraint(self.embeddings_constraint))
            .ids(self.input_dim)
            .backward_reads_input()
            .ok()
    }

    /// The start of an id's row in the table.
    fn row(&self, id: f32) -> usize {
        // Below 0, and what is no number, becomes 0.
        (id as usize).min(self.input_dim.saturating_sub(1)) * self.output_dim
    }
}

impl Layer for Embedding {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([ids], [embeddings]) = (pass.inputs.array(), pass.weights.array());
        for (to, id) in output.chunks_exact_mut(self.output_dim.max(1)).zip(ids) {
            for (to, from) in to.iter_mut().zip(embeddings.get(self.row(*id)..).unwrap_or_default()) {
                *to = *from;
            }
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let [ids] = pass.inputs.array();
        if let Some([embeddings_gradient]) = pass.weight_gradients.map(|gradients| gradients.array()) {
            if !pass.accumulate {
                embeddings_gradient.fill(0.0);
            }
            for (from, id) in output_gradient.chunks_exact(self.output_dim.max(1)).zip(ids) {
                let row = embeddings_gradient.get_mut(self.row(*id)..).unwrap_or_default();
                for (to, from) in row.iter_mut().zip(from) {
                    *to += *from;
                }
            }
        }
        // Nothing follows the ids smoothly.
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            input_gradient.fill(0.0);
        }
    }
}

weights!(Embedding { embeddings: Ix2 });
