//! A layer at each step of a sequence.

use crate::{
    layers::{Backward, Built, Dtypes, Forward, InvalidId, Layer, List, ListMut, MAX_WEIGHTS, Masks, NonTrainable},
    model::{View, ViewMut},
    regularizers::Regularizer,
    shape::{Dims, MAX_RANK, ShapeError},
};

layer! {
    /// Applies a layer to each step of a sequence: to each part of its input along the first axis.
    ///
    /// As [Keras' `TimeDistributed`](https://keras.io/api/layers/recurrent_layers/time_distributed/). The layer is written out, or
    /// bound to a name before, and can be a model. It takes one input and has one output.
    ///
    /// All steps are computed at once, as samples of one batch. So a [`BatchNormalization`](super::super::BatchNormalization)
    /// normalizes over the samples and the steps; Keras' normalizes each step by itself, and updates its moving averages once for
    /// each. In everything else the results are Keras'.
    ///
    /// The output has the mask of the input, as in Keras: the layer's own mask, as that of an `Embedding`, is dropped. A layer that
    /// reads masks, as `GlobalAveragePooling1D`, is given that of each step, and the output has none.
    ///
    /// # Shapes
    /// Input `(steps, …)` with at least 2 axes; output `(steps, …)`, the layer's output after the first axis. The weights are
    /// the layer's, under its name: `time_distributed/conv2d/kernel`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// // Ten images in a row: each becomes four numbers.
    /// sequential! {
    ///     struct Video {
    ///         Input(10, 8, 8, 1),
    ///         TimeDistributed(Conv2D(2, 3, activation = "relu")),
    ///         TimeDistributed(Flatten()),
    ///         TimeDistributed(Dense(4, name = "features")),
    ///     }
    /// }
    ///
    /// let video = Video::with_seed(1);
    /// let features = video.predict_one(&[0.5; 10 * 8 * 8]);
    /// assert_eq!(features.len(), 10 * 4);
    /// assert_eq!(features[..4], features[36..]); // of equal images
    /// assert_eq!(video.time_distributed_2().layer().kernel().shape(), [6 * 6 * 2, 4]);
    /// assert!(video.time_distributed_2().weight("features/bias").is_some());
    /// ```
    ///
    /// A model as the layer:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Encoder { Input(8), Dense(4, activation = "relu"), Dense(2) } }
    /// sequential! { struct Sequence { Input(5, 8), TimeDistributed(Encoder()), Flatten(), Dense(1) } }
    ///
    /// let weights = Sequence::DESCRIPTION.named_weights();
    /// let names: Vec<String> = weights.map(|weight| weight.name.to_string()).collect();
    /// assert_eq!(names[0], "time_distributed/encoder/dense/kernel");
    /// ```
    ///
    /// Without a model:
    ///
    /// ```
    /// use keras::{layers::Standalone, prelude::*, shape::Dims};
    ///
    /// let (dense, input) = (Dense::layer(1).kernel_initializer(Initializer::ONES), Dims::new(&[2, 3]));
    /// let layer = TimeDistributed::layer(dense);
    /// let built = layer.build(input, dense.build(layer.inner_input(input)?)?)?;
    /// let sums = Standalone::new(layer, built, &[input], 7)?;
    /// assert_eq!(sums.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])?, [6.0, 15.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct TimeDistributed<L> {
        /// Layer that is applied to each step
        layer: Layer,
    }
    masks: Passed;
}

impl<L> TimeDistributed<L> {
    /// The dimensions of the layer's input, one step of the sequence.
    ///
    /// # Errors
    /// If the input has less than 2 axes.
    ///
    /// ```
    /// use keras::{layers::{Dense, TimeDistributed}, shape::Dims};
    ///
    /// let layer = TimeDistributed::layer(Dense::layer(3));
    /// assert_eq!(layer.inner_input(Dims::new(&[10, 8]))?, Dims::new(&[8]));
    /// assert!(layer.inner_input(Dims::new(&[8])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn inner_input(&self, input: Dims) -> Result<Dims, ShapeError> {
        if input.rank() < 2 {
            return Err(ShapeError::new(
                "it applies its layer to each step of a sequence (steps, …), but its input is {a}; give it an input with at \
                 least 2 axes, or use the layer by itself",
            )
            .dims(input));
        }
        Ok(input.after(0))
    }

    /// The shape rule, given the declaration of the layer for one step.
    ///
    /// # Errors
    /// If the output would have too many axes, and for a layer that has several outputs, an activity regularizer, state, or
    /// statistics that it learns from data before training.
    ///
    /// ```
    /// use keras::{layers::{Dense, TimeDistributed}, shape::Dims};
    ///
    /// let (dense, input) = (Dense::layer(3), Dims::new(&[10, 8]));
    /// let layer = TimeDistributed::layer(dense);
    /// let built = layer.build(input, dense.build(layer.inner_input(input)?)?)?;
    /// assert_eq!((built.output(), built.weights.trainable_size()), (Dims::new(&[10, 3]), 8 * 3 + 3));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims, layer: Built) -> Result<Built, ShapeError> {
        if layer.outputs().len() > 1 {
            let template = "its layer has {0} outputs; use a layer with one output";
            return Err(ShapeError::new(template).number(layer.outputs().len()));
        }
        if !matches!(layer.activity_regularizer, Regularizer::None) {
            return Err(ShapeError::new(
                "the activity regularizer of its layer would not be counted, as in Keras; put ActivityRegularization after it",
            ));
        }
        if layer.measures.is_some() {
            return Err(ShapeError::new(
                "its layer learns mean and variance by `adapt`, which does not reach a wrapped layer; give it a mean \
                 and a variance",
            ));
        }
        if !layer.state_space().is_none() {
            return Err(ShapeError::new(
                "its layer keeps state from call to call, which its steps would share; use the layer by itself",
            ));
        }
        let (steps, of_a_step) = (input.length(0), layer.output());
        if of_a_step.rank() == MAX_RANK {
            let template = "its layer's output {a} and the step axis make more than 5 axes";
            return Err(ShapeError::new(template).dims(of_a_step));
        }
        let is_model = layer.weights.model().is_some();
        let mut built = layer.of_steps(steps, sequence(steps, of_a_step));
        if is_model {
            // The call compares the dtype with that of the model's input.
            built.dtypes = Dtypes::Numbers;
        }
        built.masks = match layer.masks {
            _ if is_model => Masks::Refused(
                "its input has a mask, but its layer is a model, which does not support masks; put the layer that \
                 makes the mask after it",
            ),
            Masks::Consumed | Masks::Refused(_) => layer.masks,
            Masks::Dropped | Masks::Passed | Masks::Made(_) | Masks::Combined => Masks::Passed,
        };
        built.ok()
    }
}

/// Dimensions after an axis of steps.
const fn sequence(steps: usize, dims: Dims) -> Dims {
    let (mut output, mut axis) = (Dims::new(&[steps]), 0);
    while axis < dims.rank() {
        output = output.append(dims.length(axis));
        axis += 1;
    }
    output
}

/// The steps are samples of the layer: in memory they follow each other as samples do.
impl<L: Layer> Layer for TimeDistributed<L> {
    const FUSES: bool = L::FUSES;

    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input_dims], [output_dims]) = (pass.input_dims.array(), pass.output_dims.array());
        let steps = output_dims.length(0);
        let mut outputs: [&mut [f32]; 1] = pass.outputs.array();
        let mut updated: [&mut [f32]; MAX_WEIGHTS];
        let non_trainable = match pass.non_trainable {
            NonTrainable::ReadOnly(weights) => NonTrainable::ReadOnly(weights),
            NonTrainable::Updated(weights) => {
                let count = weights.len();
                updated = ListMut::new(weights).padded();
                NonTrainable::Updated(updated.get_mut(..count).unwrap_or_default())
            }
        };
        self.layer.forward(Forward {
            batch: pass.batch * steps,
            // What is added to the loss is divided by the number of samples, whatever the number of their steps.
            whole_batch: pass.whole_batch,
            training: pass.training,
            recorded: pass.recorded,
            input_dims: List::new(&[input_dims.after(0)]),
            output_dims: List::new(&[output_dims.after(0)]),
            inputs: pass.inputs,
            masks: pass.masks,
            weights: pass.weights,
            panels: pass.panels,
            non_trainable,
            states: ListMut::new(&mut []),
            outputs: ListMut::new(&mut outputs),
            output_mask: None,
            saved: pass.saved,
            scratch: pass.scratch,
            random: pass.random,
            first_sample: pass.first_sample * steps,
            epilogue: pass.epilogue,
            frozen: pass.frozen,
            added_loss: pass.added_loss,
            invalid_id: pass.invalid_id,
        });
        if let Some(found) = pass.invalid_id.get() {
            pass.invalid_id.set(Some(InvalidId { sample: found.sample / steps.max(1), ..found }));
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([input_dims], [output_dims]) = (pass.input_dims.array(), pass.output_dims.array());
        let mut output_gradients: [&mut [f32]; 1] = pass.output_gradients.array();
        let mut input_gradients: [Option<&mut [f32]>; 1] = pass.input_gradients.array();
        let mut gradients: [&mut [f32]; MAX_WEIGHTS];
        let weight_gradients = match pass.weight_gradients {
            None => None,
            Some(list) => {
                let count = list.len();
                gradients = list.padded();
                Some(ListMut::new(gradients.get_mut(..count).unwrap_or_default()))
            }
        };
        self.layer.backward(Backward {
            batch: pass.batch * output_dims.length(0),
            whole_batch: pass.whole_batch,
            input_dims: List::new(&[input_dims.after(0)]),
            output_dims: List::new(&[output_dims.after(0)]),
            inputs: pass.inputs,
            masks: pass.masks,
            weights: pass.weights,
            non_trainable: pass.non_trainable,
            training: pass.training,
            updated: pass.updated,
            outputs: pass.outputs,
            saved: pass.saved,
            scratch: pass.scratch,
            output_gradients: ListMut::new(&mut output_gradients),
            from_logits: pass.from_logits,
            input_gradients: ListMut::new(&mut input_gradients),
            weight_gradients,
            accumulate: pass.accumulate,
            rectified: pass.rectified,
            random: pass.random,
            frozen: pass.frozen,
        });
    }
}

impl<'a, L> View<'a, TimeDistributed<L>> {
    /// The weights of the layer that is applied to each step.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(5, 3), TimeDistributed(Dense(2, bias_initializer = "ones")) } }
    /// assert_eq!(Net::new().time_distributed().layer().bias().to_vec(), [1.0, 1.0]);
    /// ```
    pub fn layer(&self) -> View<'a, L> {
        self.argument()
    }
}

impl<L> ViewMut<'_, TimeDistributed<L>> {
    /// The weights of the layer that is applied to each step, to change.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 1), TimeDistributed(Dense(1)) } }
    ///
    /// let mut net = Net::new();
    /// net.time_distributed_mut().layer().kernel()[[0, 0]] = 2.0;
    /// assert_eq!(net.predict_one(&[1.0, 4.0]), [2.0, 8.0]);
    /// ```
    pub fn layer(&mut self) -> ViewMut<'_, L> {
        self.argument()
    }
}

#[cfg(test)]
impl crate::layers::extremes::Extremes for TimeDistributed<crate::layers::Dense> {
    fn build(from: &mut crate::layers::extremes::Source) -> crate::model::BuildResult {
        let (dense, input) = (crate::layers::Dense::layer(from.make()), from.dims());
        let layer = Self::layer(dense);
        layer.build(input, dense.build(layer.inner_input(input)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Conv2D, Dense, Embedding, GlobalAveragePooling1D, Normalization, RepeatVector, TensorSpec};

    /// The declaration of the wrapper of a layer, of which this is the declaration for a step.
    fn built(input: &[usize], step: Result<Built, ShapeError>) -> Result<Built, ShapeError> {
        TimeDistributed::layer(()).build(Dims::new(input), step.unwrap())
    }

    #[test]
    fn a_sequence_takes_the_memory_of_its_steps() {
        let convolution = Conv2D::layer(4, (3, 3)).build(Dims::new(&[6, 6, 2])).unwrap();
        let steps = built(&[10, 6, 6, 2], Ok(convolution)).unwrap();
        assert_eq!(steps.output(), Dims::new(&[10, 4, 4, 4]));
        assert_eq!(steps.macs, 10 * convolution.macs);
        for (of_steps, of_one) in [(steps.saved, convolution.saved), (steps.scratch, convolution.scratch)] {
            assert_eq!((of_steps.per_sample, of_steps.fixed), (10 * of_one.per_sample, of_one.fixed));
        }
        assert_eq!(steps.weights.trainable_size(), convolution.weights.trainable_size());
    }

    #[test]
    fn masks_are_passed_on_or_handed_to_the_layer() {
        let masks = |input: &[usize], step| built(input, step).unwrap().masks;
        assert_eq!(masks(&[5, 3], Dense::layer(2).build(Dims::new(&[3]))), Masks::Passed);
        assert_eq!(masks(&[5, 6], Embedding::layer(9, 2).mask_zero(true).build(Dims::new(&[6]))), Masks::Passed);
        assert_eq!(masks(&[5, 6, 2], GlobalAveragePooling1D::layer().build(Dims::new(&[6, 2]))), Masks::Consumed);
    }

    #[test]
    fn what_cannot_be_applied_to_steps_is_refused_in_words() {
        let words = |input: &[usize], step| built(input, step).unwrap_err().to_string();
        let outputs = Built::new(Dims::new(&[2])).and_output(TensorSpec::new(Dims::new(&[2])));
        assert_eq!(words(&[5, 2], Ok(outputs)), "its layer has 2 outputs; use a layer with one output");
        let adapts = Normalization::layer().build(Dims::new(&[2]));
        assert!(words(&[5, 2], adapts).starts_with("its layer learns mean and variance by `adapt`"));
        let five = Built::new(Dims::new(&[1, 2, 3, 4, 5])).ok();
        assert_eq!(words(&[5, 2], five), "its layer's output (1, 2, 3, 4, 5) and the step axis make more than 5 axes");
        let large = RepeatVector::layer(1 << 30).build(Dims::new(&[1]));
        assert!(words(&[1 << 20, 1], large).contains("is too large"));
    }
}
