//! Embedding layer.

use core::cell::Cell;

use crate::{
    kernels::{elementwise, masks, scatter},
    layers::{Backward, Built, Elements, Forward, InvalidId, Layer, Masks, Weight},
    shape::{Dims, MAX_RANK, ShapeError},
};

layer! {
    /// Maps integer ids to vectors: rows of a trainable table.
    ///
    /// See [Keras' `Embedding`](https://keras.io/api/layers/core_layers/embedding/).
    ///
    /// Ids are integers from 0 to `input_dim - 1`, of dtype `int32` (`Input(20, dtype = "int32")`), `uint8`, or
    /// `float32`, which represents integers up to 2²⁴ exactly. Training, evaluation and prediction return an error for
    /// the first invalid id. `predict_one`, which cannot fail, uses the nearest valid id below it.
    ///
    /// With `mask_zero`, id 0 is padding: the output has a mask, and layers that support masking, losses and metrics
    /// ignore those positions.
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
    /// // With a mask, id 0 stands for nothing:
    /// sequential! { struct Bag { Input(3, dtype = "int32"), Embedding(4, 2, mask_zero = true), GlobalAveragePooling1D() } }
    /// let mut bag = Bag::new();
    /// bag.embedding_mut().embeddings().row_mut(3).fill(7.0);
    /// assert_eq!(bag.predict_one(&[3, 3, 0]), [7.0, 7.0]);
    ///
    /// let error = net.predict(&Tensor::from([[3.0, 0.0, 4.0]])).unwrap_err();
    /// assert_eq!(error.to_string(), "4 of sample 0 is not an id: `embedding` takes integers from 0 to 3");
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(Embedding::layer(3, 2), [4], 7)?;
    /// alone.weights_mut().copy_from_slice(&[0.0, 0.1, 1.0, 1.1, 2.0, 2.1]);
    /// assert_eq!(alone.call(&[&[2.0, 0.0, 0.0, 1.0]])?, [2.0, 2.1, 0.0, 0.1, 0.0, 0.1, 1.0, 1.1]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Embedding {
        /// Number of ids
        input_dim: Integer,
        /// Length of the embedding vectors
        output_dim: Integer,
        /// Initializer of the table
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1), Embedding(10, 3, embeddings_initializer = "ones") } }
        /// assert_eq!(Net::new().predict_one(&[7.0]), [1.0, 1.0, 1.0]);
        /// ```
        embeddings_initializer: Initializer = "uniform",
        /// Regularizer of the table
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
        embeddings_regularizer: Regularizer = None,
        /// Constraint of the table
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
        embeddings_constraint: Constraint = None,
        /// Whether id 0 is padding, which is masked in the output
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Bag { Input(3), Embedding(4, 2, mask_zero = true), GlobalAveragePooling1D() } }
        ///
        /// let mut bag = Bag::with_seed(1);
        /// bag.embedding_mut().embeddings().row_mut(2).fill(0.5);
        /// assert_eq!(bag.predict_one(&[2.0, 0.0, 0.0]), [0.5, 0.5]);
        /// ```
        mask_zero: Bool = false,
        unsupported weights = None,
        unsupported lora_rank = None,
        unsupported lora_alpha = None,
        unsupported quantization_config = None,
    }
    masks: MadeOptionally;
    weights: embeddings: Ix2;
}

/// The number of ids that an `int32` can represent.
const MAX_IDS: usize = 1 << 31;

impl Embedding {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If `input_dim` or `output_dim` is 0, if there are more ids than an `int32` can represent (2³¹), or if the input
    /// has five axes.
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
        if self.input_dim > MAX_IDS {
            return Err(ShapeError::new("its input_dim {0} is too large for int32 ids; it must be at most {1}")
                .number(self.input_dim)
                .number(MAX_IDS));
        }
        if input.rank() == MAX_RANK {
            return Err(ShapeError::new(
                "its output has one axis more than its input {a}, but at most 5 are supported",
            )
            .dims(input));
        }
        let table = Dims::new(&[self.input_dim, self.output_dim]);
        let embeddings = Weight::new("embeddings", table, self.embeddings_initializer);
        let masks = if self.mask_zero { Masks::Made(input) } else { Masks::Dropped };
        let (of_table, of_id) = scatter::add_rows_scratch(self.input_dim);
        Built::new(input.append(self.output_dim))
            .backward_scratch(input.size().saturating_mul(of_id), of_table)
            .masks(masks)
            .weight(embeddings.regularizer(self.embeddings_regularizer).constraint(self.embeddings_constraint))
            .ids(self.input_dim)
            .backward_reads_input()
            .ok()
    }
}

impl Embedding {
    /// The row of the table for an id: an invalid id is replaced by the nearest valid one.
    fn row(&self, id: i64) -> usize {
        (id.max(0) as usize).min(self.input_dim.saturating_sub(1))
    }

    /// Calls a function with the row of the table for each row of the output. The first invalid id is reported.
    fn each(&self, pass: Ids<'_>, mut row: impl FnMut(usize)) {
        let mut visit = |at: usize, id: i64, value: f64| {
            let is_id = value == id as f64 && (0..self.input_dim as i64).contains(&id);
            if !is_id && pass.invalid.get().is_none() {
                let sample = at / pass.per_sample.max(1);
                pass.invalid.set(Some(InvalidId { layer: 0, sample, value, count: self.input_dim }));
            }
            row(self.row(id));
        };
        match pass.ids {
            Elements::Float32(ids) => {
                ids.iter().enumerate().for_each(|(at, &id)| visit(at, id as i64, f64::from(id)));
            }
            Elements::Int32(ids) => {
                ids.iter().enumerate().for_each(|(at, &id)| visit(at, i64::from(id), f64::from(id)));
            }
            Elements::UInt8(ids) => {
                ids.iter().enumerate().for_each(|(at, &id)| visit(at, i64::from(id), f64::from(id)));
            }
        }
    }
}

/// The ids of a batch.
struct Ids<'a> {
    ids: Elements<'a>,
    per_sample: usize,
    /// The first invalid id.
    invalid: &'a Cell<Option<InvalidId>>,
}

impl Layer for Embedding {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([embeddings], [output], [dims]) = (pass.weights.array(), pass.outputs.array(), pass.input_dims.array());
        let ids = pass.inputs.get(0);
        if let Some(mask) = pass.output_mask {
            masks::of_ids(ids.to_floats(), mask);
        }
        let mut rows = output.chunks_exact_mut(self.output_dim.max(1));
        self.each(Ids { ids, per_sample: dims.size(), invalid: pass.invalid_id }, |row| {
            let start = row * self.output_dim;
            if let (Some(to), Some(from)) = (rows.next(), embeddings.get(start..start + self.output_dim)) {
                elementwise::copy(from, to);
            }
        });
    }

    fn backward(&self, pass: Backward<'_>) {
        let [gradient] = pass.output_gradients.array();
        if let Some([embeddings_gradient]) = pass.weight_gradients.map(|gradients| gradients.array()) {
            if !pass.accumulate {
                embeddings_gradient.fill(0.0);
            }
            let (rows, ids) = (&*gradient, pass.inputs.get(0));
            let id = |at: usize| match ids {
                Elements::Float32(ids) => ids.get(at).map(|&id| id as i64),
                Elements::Int32(ids) => ids.get(at).map(|&id| i64::from(id)),
                Elements::UInt8(ids) => ids.get(at).map(|&id| i64::from(id)),
            };
            let row = |at: usize| self.row(id(at).unwrap_or_default());
            let scratch = (pass.scratch.fixed, pass.scratch.per_sample);
            scatter::add_rows(self.output_dim, row, rows, embeddings_gradient, scratch);
        }
        // The output is not differentiable with respect to ids.
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            input_gradient.fill(0.0);
        }
    }
}
