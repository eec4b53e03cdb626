//! Methods of all models.

use super::{
    Compiled, Gradients, InputGradients, IsCompiled, LossList, MetricList, Predict, Predictions, backpropagation,
    by_path, predict::check_no_state, step::WithRespectTo,
};
use crate::{
    Result,
    data::{Inputs, Shapes, Targets, Tensor},
    model::{Given, Model, Owned, Storage, Summary, check_same_weights},
    optimizers::Optimizer,
    shape::Shape,
};

/// Training and prediction. It is in the prelude, and implemented for every model.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Xor { Input(2), Dense(8, activation = "tanh"), Dense(1, activation = "sigmoid") } }
///
/// let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// let y = Tensor::from([0.0, 1.0, 1.0, 0.0]);
/// let mut xor = Xor::with_seed(1);
/// xor.compile(Adam::new(0.05), BinaryCrossentropy::default(), ()).fit(&x, &y).epochs(400).verbose(0).run()?;
/// let right = xor.predict(&x)?.values().iter().zip(y.values()).all(|(p, y)| (p - y).abs() < 0.5);
/// assert!(right);
///
/// /// Generic over trainable models.
/// fn mean_weight<M: Train>(model: &M) -> f32 {
///     model.weights().iter().sum::<f32>() / model.weights().len() as f32
/// }
/// assert!(mean_weight(&xor).is_finite());
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Train: Model<Storage = Owned> {
    /// Compiles the model with an optimizer, a loss (for multiple outputs a tuple or a struct of named outputs of losses, for custom
    /// steps alone `()`), and a tuple of metrics.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3, activation = "softmax") } }
    ///
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    /// let evaluation = compiled.evaluate(&Tensor::from([[1.0, 0.0, 0.0, 1.0]]), &Labels::try_from([2])?)?;
    /// assert!(evaluation.get("accuracy").is_some());
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Whether the losses are compatible with the outputs is checked at compile time:
    ///
    /// ```compile_fail
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3, activation = "softmax") } }
    ///
    /// // one output, two losses
    /// Net::new().compile(Adam::default(), (MeanSquaredError::default(), MeanSquaredError::default()), ());
    /// ```
    fn compile<O, L, X, T>(&mut self, optimizer: O, losses: L, metrics: X) -> Given<T, Compiled<'_, Self, O, L>>
    where
        O: Optimizer,
        L: LossList<Self::Outputs, Targets = T>,
        X: MetricList<Self::Outputs>,
    {
        const { L::FITS_THE_OUTPUTS };
        Compiled::new(self, optimizer, losses, metrics.boxed_each())
    }

    /// Call `compile` first, see [`Compiled::fit`]. For a model that is not compiled it is [a compile
    /// error](IsCompiled).
    fn fit<X, Y>(&mut self, x: X, y: Y) -> Self::Answer
    where
        Self: IsCompiled,
    {
        let _ = (x, y);
        self.answer()
    }

    /// Call `compile` first, see [`Compiled::evaluate`]. For a model that is not compiled it is [a compile
    /// error](IsCompiled).
    fn evaluate<X, Y>(&mut self, x: X, y: Y) -> Self::Answer
    where
        Self: IsCompiled,
    {
        let _ = (x, y);
        self.answer()
    }

    /// Call `compile` first, see [`Compiled::train_on_batch`]. For a model that is not compiled it is [a compile
    /// error](IsCompiled).
    fn train_on_batch<X, Y>(&mut self, x: X, y: Y) -> Self::Answer
    where
        Self: IsCompiled,
    {
        let _ = (x, y);
        self.answer()
    }

    /// The loss of a batch, in training mode, and the gradients of all trainable weights, for custom training loops.
    /// Apply them by [`Optimizer::apply`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[0.0], [2.0]]));
    /// let (loss, gradients) = Line::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 1.0);
    /// assert_eq!(gradients.values(), [1.0 + 3.0, 1.0 + 1.0]); // of the kernel and the bias
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn loss_and_gradients<L, X, Y>(&mut self, x: X, y: Y, loss: &L) -> Result<(f32, Gradients)>
    where
        L: LossList<Self::Outputs>,
        X: Inputs<Self::Inputs>,
        Y: Targets<L::Targets, Self::Outputs>,
    {
        let (loss, stepper) = backpropagation::from_loss(self, &x, &y, loss, WithRespectTo::Weights)?;
        Ok((loss, Gradients::new(stepper.gradients().to_vec(), Self::DESCRIPTION)))
    }

    /// The loss of a batch, in training mode, and its gradients with respect to the inputs: a tensor, or a tuple of
    /// them. The gradients of ids are 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// // The samples, changed so that they are harder to predict.
    /// let (mut x, y) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[0.0]]));
    /// let mut line = Line::new();
    /// let (loss, by_x) = line.loss_and_input_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!((loss, by_x.values()), (9.0, &[6.0, 6.0][..]));
    /// x.values_mut().iter_mut().zip(by_x.values()).for_each(|(x, gradient)| *x += 0.1 * gradient.signum());
    /// assert!(line.loss_and_input_gradients(&x, &y, &MeanSquaredError::default())?.0 > loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn loss_and_input_gradients<L, X, Y>(&mut self, x: X, y: Y, loss: &L) -> Result<(f32, InputGradients<Self>)>
    where
        L: LossList<Self::Outputs>,
        X: Inputs<Self::Inputs>,
        Y: Targets<L::Targets, Self::Outputs>,
        Self::Inputs: Shapes,
    {
        let (loss, stepper) = backpropagation::from_loss(self, &x, &y, loss, WithRespectTo::Inputs)?;
        Ok((loss, Self::Inputs::tensors(stepper.input_gradients())?))
    }

    /// The loss of a batch, in training mode, and its gradients with respect to the weights and to the inputs, of one backward pass.
    ///
    /// # Errors
    /// If the data are inconsistent, or a label is out of range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[0.0]]));
    /// let (loss, by_weights, by_x) = Line::new().loss_and_all_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!((loss, by_weights.values(), by_x.values()), (9.0, &[6.0, 12.0, 6.0][..], &[6.0, 6.0][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn loss_and_all_gradients<L, X, Y>(
        &mut self,
        x: X,
        y: Y,
        loss: &L,
    ) -> Result<(f32, Gradients, InputGradients<Self>)>
    where
        L: LossList<Self::Outputs>,
        X: Inputs<Self::Inputs>,
        Y: Targets<L::Targets, Self::Outputs>,
        Self::Inputs: Shapes,
    {
        let (loss, stepper) = backpropagation::from_loss(self, &x, &y, loss, WithRespectTo::All)?;
        let by_weights = Gradients::new(stepper.gradients().to_vec(), Self::DESCRIPTION);
        Ok((loss, by_weights, Self::Inputs::tensors(stepper.input_gradients())?))
    }

    /// The gradients of all trainable weights for given gradients of the outputs: the closure `gradient` receives the
    /// outputs of the batch, in training mode, and returns their gradients. Use it to train two models together, or
    /// with a loss that does not implement [`Loss`](crate::losses::Loss).
    ///
    /// # Errors
    /// If the data are inconsistent, or if `gradient` fails or returns a different number of samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// // The loss is the sum of the outputs' squares.
    /// let mut line = Line::new();
    /// let (outputs, gradients) = line.backpropagate(&Tensor::from([[1.0], [3.0]]), |outputs| {
    ///     let mut gradient = outputs.clone();
    ///     gradient.values_mut().iter_mut().for_each(|value| *value *= 2.0);
    ///     Ok(gradient)
    /// })?;
    /// assert_eq!(outputs.values(), [1.0, 3.0]);
    /// assert_eq!(gradients.values(), [2.0 * 1.0 + 6.0 * 3.0, 2.0 + 6.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn backpropagate<X, F>(&mut self, x: X, gradient: F) -> Result<(Predictions<Self>, Gradients)>
    where
        X: Inputs<Self::Inputs>,
        Self::Outputs: Shapes,
        F: FnOnce(&Predictions<Self>) -> Result<Predictions<Self>>,
    {
        let (outputs, stepper) = backpropagation::from_outputs(self, &x, gradient, WithRespectTo::Weights)?;
        Ok((outputs, Gradients::new(stepper.gradients().to_vec(), Self::DESCRIPTION)))
    }

    /// The same, with the gradients of the weights and of the inputs of one backward pass: to train a chain of models, each of which
    /// passes the gradients of its inputs on to the model before it.
    ///
    /// # Errors
    /// As [`backpropagate`](Self::backpropagate).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// // Two models one after the other; the loss is the sum of the last outputs' squares.
    /// let (mut first, mut second, x) = (Line::new(), Line::new(), Tensor::from([[1.0], [3.0]]));
    /// let mut of_second = None;
    /// let (_, of_first) = first.backpropagate(&x, |hidden| {
    ///     let (_, by_weights, by_hidden) = second.backpropagate_all(hidden, |outputs| {
    ///         let mut gradient = outputs.clone();
    ///         gradient.values_mut().iter_mut().for_each(|value| *value *= 2.0);
    ///         Ok(gradient)
    ///     })?;
    ///     of_second = Some(by_weights);
    ///     Ok(by_hidden)
    /// })?;
    /// assert_eq!(of_first.values(), [2.0 * 1.0 + 6.0 * 3.0, 2.0 + 6.0]);
    /// assert_eq!(of_second.unwrap(), of_first);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn backpropagate_all<X, F>(
        &mut self,
        x: X,
        gradient: F,
    ) -> Result<(Predictions<Self>, Gradients, InputGradients<Self>)>
    where
        X: Inputs<Self::Inputs>,
        Self::Inputs: Shapes,
        Self::Outputs: Shapes,
        F: FnOnce(&Predictions<Self>) -> Result<Predictions<Self>>,
    {
        let (outputs, stepper) = backpropagation::from_outputs(self, &x, gradient, WithRespectTo::All)?;
        let by_weights = Gradients::new(stepper.gradients().to_vec(), Self::DESCRIPTION);
        Ok((outputs, by_weights, Self::Inputs::tensors(stepper.input_gradients())?))
    }

    /// The vector-Jacobian product of the model at inference, of what [`predict`](Self::predict) computes: given the gradients of
    /// the outputs, the gradients of all trainable weights and of the inputs. As `jax.vjp`, and as TensorFlow's
    /// `tape.gradient(model(x, training=False), …, output_gradients=…)`.
    ///
    /// Dropout is off, and BatchNormalization uses its moving averages; penalties of regularizers are not part of it. Gradients of
    /// frozen layers are 0. An inner model has its own: `model.decoder().vjp(…)`.
    ///
    /// # Errors
    /// If the data are inconsistent.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(2), Dropout(0.5), BatchNormalization(epsilon = 0.0), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (line, x) = (Line::new(), Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// let (outputs, gradients, by_x) = line.vjp(&x, &Tensor::from([[1.0], [10.0]]))?;
    /// assert_eq!(outputs, line.predict(&x)?);
    /// assert_eq!(by_x.values(), [1.0, 1.0, 10.0, 10.0]);
    /// assert_eq!(gradients.of("dense")?, [1.0 + 30.0, 2.0 + 40.0, 11.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn vjp<X>(
        &self,
        x: X,
        output_gradients: &Predictions<Self>,
    ) -> Result<(Predictions<Self>, Gradients, InputGradients<Self>)>
    where
        X: Inputs<Self::Inputs>,
        Self::Inputs: Shapes,
        Self::Outputs: Shapes,
    {
        const { check_no_state(Self::DESCRIPTION) };
        let (outputs, stepper) = backpropagation::at_inference(self, &x, output_gradients)?;
        let by_weights = Gradients::new(stepper.gradients().to_vec(), Self::DESCRIPTION);
        Ok((outputs, by_weights, Self::Inputs::tensors(stepper.input_gradients())?))
    }

    /// Predicts for these samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let sums = Sum::new().predict(&Tensor::from([[1.0, 2.0], [3.0, 4.0]]))?;
    /// assert_eq!(sums.values(), [3.0, 7.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn predict<X>(&self, x: X) -> Result<Predictions<Self>>
    where
        X: Inputs<Self::Inputs>,
        Self::Outputs: Shapes,
    {
        const { check_no_state(Self::DESCRIPTION) };
        Predict::without_state(self).run(x)
    }

    /// Predicts for these samples as a single batch. See [Keras'
    /// `predict_on_batch`](https://keras.io/api/models/model_training_apis/#predict_on_batch-method).
    ///
    /// # Errors
    /// If the data are inconsistent.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let sums = Sum::new().predict_on_batch(&Tensor::from([[1.0, 2.0], [3.0, 4.0]]))?;
    /// assert_eq!(sums.values(), [3.0, 7.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn predict_on_batch<X>(&self, x: X) -> Result<Predictions<Self>>
    where
        X: Inputs<Self::Inputs>,
        Self::Outputs: Shapes,
    {
        const { check_no_state(Self::DESCRIPTION) };
        Predict::without_state(self).batch_size(usize::MAX).run(x)
    }

    /// The outputs for many samples of a model with state, which goes on from call to call until it is
    /// [reset](Self::reset_states); [`Predict::stateful`] has options. [`predict`](Self::predict) takes `&self` and refuses such a
    /// model when the program is compiled.
    ///
    /// Batches have as many samples as the state, at first 32: sample `i` goes on from sample `i` of the batch before it.
    ///
    /// # Errors
    /// If the data do not fit together, or a batch has another number of samples than the state.
    ///
    /// ```
    /// use keras::{layers::{Backward, Built, Forward, Layer, StateVariable}, prelude::*, shape::{Dims, ShapeError}};
    ///
    /// /// The sum of all that a sample was so far.
    /// #[derive(Clone, Copy)]
    /// pub struct Sum;
    ///
    /// impl Sum {
    ///     pub const fn layer() -> Self { Self }
    ///     pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
    ///         Built::new(input).state(StateVariable::per_sample("sum", input)).ok()
    ///     }
    /// }
    ///
    /// impl Layer for Sum {
    ///     fn forward(&self, pass: Forward<'_>) {
    ///         let ([input], [sum], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
    ///         sum.iter_mut().zip(input).for_each(|(sum, value)| *sum += value);
    ///         output.copy_from_slice(sum);
    ///     }
    /// #   fn backward(&self, _: Backward<'_>) {}
    ///     // …
    /// }
    ///
    /// sequential! { struct Total { Input(1), Sum() } }
    ///
    /// let (mut total, x) = (Total::new(), Tensor::from([[1.0], [10.0]]));
    /// total.predict_stateful(&x)?;
    /// assert_eq!(total.predict_stateful(&x)?.values(), [2.0, 20.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn predict_stateful<X>(&mut self, x: X) -> Result<Predictions<Self>>
    where
        X: Inputs<Self::Inputs>,
        Self::Outputs: Shapes,
    {
        Predict::stateful(self).run(x)
    }

    /// Sets the state of all layers back to its initial values; the next batch may have another number of samples. As
    /// [Keras' `reset_states`](https://keras.io/api/layers/recurrent_layers/rnn/). A callback does the same by
    /// [`Context::reset_states`](crate::callbacks::Context::reset_states).
    ///
    /// ```
    /// use keras::{layers::{Backward, Built, Forward, Layer, StateVariable}, prelude::*, shape::{Dims, ShapeError}};
    /// # #[derive(Clone, Copy)]
    /// # pub struct Sum;
    /// # impl Sum {
    /// #     pub const fn layer() -> Self { Self }
    /// #     pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
    /// #         Built::new(input).state(StateVariable::per_sample("sum", input)).ok()
    /// #     }
    /// # }
    /// # impl Layer for Sum {
    /// #     fn forward(&self, pass: Forward<'_>) {
    /// #         let ([input], [sum], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
    /// #         sum.iter_mut().zip(input).for_each(|(sum, value)| *sum += value);
    /// #         output.copy_from_slice(sum);
    /// #     }
    /// #     fn backward(&self, _: Backward<'_>) {}
    /// # }
    ///
    /// sequential! { struct Total { Input(1), Sum() } } // the sum of all that a sample was so far
    ///
    /// let mut total = Total::new();
    /// total.predict_stateful(&Tensor::from([[1.0], [10.0]]))?;
    /// assert!(total.predict_stateful(&Tensor::from([[5.0]])).unwrap_err().to_string().contains("call `reset_states()`"));
    /// total.reset_states();
    /// assert_eq!(total.predict_stateful(&Tensor::from([[5.0]]))?.values(), [5.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn reset_states(&mut self) {
        self.storage_mut().state_mut().reset();
    }

    /// Freezes a layer from the next step on: `freeze("conv2d")`.
    ///
    /// A layer of a nested model is named by its path, `freeze("encoder/conv2d")`; freezing a nested model freezes all
    /// of its layers. As in Keras, a frozen BatchNormalization runs in inference mode.
    ///
    /// # Errors
    /// If there is no such layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, name = "first"), Dense(1, name = "second") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[5.0]]));
    /// let mut net = Net::with_seed(1);
    /// net.freeze("first")?;
    /// let (first, second) = (net.first().trainable().to_vec(), net.second().trainable().to_vec());
    /// net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert_eq!(net.first().trainable(), first);
    /// assert_ne!(net.second().trainable(), second);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn freeze(&mut self, layer: &str) -> Result<()> {
        by_path::set_frozen(self, layer, true)
    }

    /// Unfreezes a layer from the next step on, or all layers of a nested model.
    ///
    /// # Errors
    /// If there is no such layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, name = "first", trainable = false), Dense(1) } }
    ///
    /// let mut net = Net::with_seed(1);
    /// assert!(net.first().is_frozen());
    /// net.unfreeze("first")?;
    /// assert!(!net.first().is_frozen());
    /// assert!(net.unfreeze("frist").unwrap_err().to_string().contains("first"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn unfreeze(&mut self, layer: &str) -> Result<()> {
        by_path::set_frozen(self, layer, false)
    }

    /// Computes the mean and variance of a [`Normalization`](crate::layers::Normalization) layer from data with the
    /// shape of its input. A layer of a nested model is named by its path, `adapt("encoder/normalization", &x)`. See
    /// [Keras' `adapt`](https://keras.io/api/layers/preprocessing_layers/numerical/normalization/).
    ///
    /// # Errors
    /// If there is no such layer, it is not a Normalization layer without a given mean and variance, or the samples have a
    /// different shape than its input.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Scaled { Input(2), Normalization() } }
    /// sequential! { struct Net { Input(2), Scaled(name = "scaled"), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let x = Tensor::from([[1.0, -10.0], [3.0, -50.0]]);
    /// let mut net = Net::new();
    /// net.adapt("scaled/normalization", &x)?;
    /// assert_eq!(net.predict(&x)?.values(), [-1.0 + 1.0, 1.0 - 1.0]);
    /// assert!(net.adapt("dense", &x).unwrap_err().to_string().contains("a Normalization"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn adapt<S: Shape>(&mut self, layer: &str, data: &Tensor<S>) -> Result<()> {
        by_path::adapt(self, layer, data)
    }

    /// Transfers the weights to another instantiation of a generic model, for instance a model whose time axis is a
    /// const parameter that does not affect the weights. Frozen layers stay frozen; state is
    /// reset.
    ///
    /// The compiler checks that both instantiations have the same weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! {
    ///     struct Means<const STEPS: usize> -> Shape1<2> { Input(STEPS, 3), Masking(), GlobalAveragePooling1D(), Dense(2) }
    /// }
    ///
    /// let long = Means::<20>::with_seed(1); // trained on sequences of up to 20 steps
    /// let one: Means<1> = long.with_shape(); // predicts one step at a time
    /// assert_eq!(one.predict(&Tensor::from([[[1.0, 2.0, 3.0]]]))?.len(), 1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn with_shape<N: Model<Storage = Owned>>(self) -> N {
        const { check_same_weights(Self::DESCRIPTION, N::DESCRIPTION) };
        let mut storage = self.into_storage();
        storage.state_mut().reset();
        N::from_storage(storage)
    }

    /// The summary of the model in its current state: frozen layers count as non-trainable. (`Digits::summary()` is the
    /// summary as declared.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let mut net = Net::new();
    /// net.freeze("dense")?;
    /// assert!(net.summary().to_string().contains("Non-trainable params: 15"));
    /// assert!(Net::summary().to_string().contains("Non-trainable params: 0"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn summary(&self) -> Summary {
        Summary::new(Self::DESCRIPTION).frozen(self.storage().frozen())
    }

    /// All weights, flat, trainable ones first.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1, bias_initializer = "ones"), BatchNormalization() } }
    ///
    /// let net = Net::with_seed(1);
    /// assert_eq!(net.weights().len(), Net::PARAMETERS);
    /// assert_eq!(net.weights()[2], 1.0); // the bias, after the two weights of the kernel
    /// ```
    fn weights(&self) -> &[f32] {
        self.storage().weights()
    }

    /// All weights, flat and mutable.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1) } }
    ///
    /// let mut net = Net::new();
    /// net.weights_mut().copy_from_slice(&[2.0, 3.0, 0.5]);
    /// assert_eq!(net.predict_one(&[1.0, 1.0]), [5.5]);
    /// ```
    fn weights_mut(&mut self) -> &mut [f32] {
        self.storage_mut().weights_mut()
    }
}

impl<M: Model<Storage = Owned>> Train for M {}
