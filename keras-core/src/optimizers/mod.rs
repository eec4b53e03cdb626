//! Optimizers: how gradients change weights.
//!
//! An optimizer works on one flat buffer, a model's weights ([`Optimizer::apply`]) or plain slices ([`Optimizer::step`]), in
//! one pass over weights, gradients and its own state.
//!
//! | Keras' string | type | learning rate |
//! |---|---|---|
//! | `"sgd"` | [`SGD`] | 0.01 |
//! | `"rmsprop"` | [`RMSprop`] | 0.001 |
//! | `"adam"` | [`Adam`] | 0.001 |
//! | `"adamw"` | [`AdamW`] | 0.001 |
//!
//! All of them take the arguments `weight_decay`, `clipnorm`, `clipvalue` and `global_clipnorm`. A step first clips the
//! gradients, then decays the weights, then updates them.

mod adam;
mod adamw;
mod common;
mod error;
mod pass;
mod rmsprop;
mod sgd;

pub use adam::Adam;
pub use adamw::AdamW;
pub use common::Common;
pub use error::OptimizerError;
pub use pass::{MAX_SLOTS, Span, Step, Variable};
pub use rmsprop::RMSprop;
pub use sgd::SGD;

use crate::{
    model::{Model, Owned},
    training::{self, Gradients},
};

/// An optimizer. One of your own holds a [`Common`] and says how a [`Span`] is updated.
///
/// ```
/// use keras_core::optimizers::{Common, Optimizer, Span, Step};
///
/// /// Steps of one length, whatever the gradient's size: `w ← w - lr·sign(g)`.
/// #[derive(Clone)]
/// struct SignSGD {
///     common: Common,
/// }
///
/// impl Optimizer for SignSGD {
///     fn name(&self) -> &'static str {
///         "sign_sgd"
///     }
///     fn slots(&self) -> usize {
///         0
///     }
///     fn common(&self) -> &Common {
///         &self.common
///     }
///     fn common_mut(&mut self) -> &mut Common {
///         &mut self.common
///     }
///     fn update(&self, step: Step, span: Span<'_>) {
///         for (w, &g) in span.weights.iter_mut().zip(span.gradients) {
///             *w = step.decayed(*w) - step.learning_rate * step.clipped(g).signum();
///         }
///     }
/// }
///
/// let mut weights = [1.0, 2.0];
/// SignSGD { common: Common::new(0.5) }.clipnorm(1.0).step(&mut weights, &[30.0, -0.1])?;
/// assert_eq!(weights, [0.5, 2.5]);
/// # Ok::<(), keras_core::optimizers::OptimizerError>(())
/// ```
pub trait Optimizer: Clone + Send + Sync {
    /// Keras' name.
    fn name(&self) -> &'static str;

    /// The number of floats of state for each weight, at most [`MAX_SLOTS`].
    fn slots(&self) -> usize;

    /// What all optimizers have.
    fn common(&self) -> &Common;

    /// What all optimizers have, to be changed.
    fn common_mut(&mut self) -> &mut Common;

    /// Updates weights that lie side by side, element by element: a span may be split anywhere.
    fn update(&self, step: Step, span: Span<'_>);

    /// Sets the size of a step.
    fn learning_rate(mut self, learning_rate: f32) -> Self {
        self.set_learning_rate(learning_rate);
        self
    }

    /// Makes all trainable weights smaller before each step: `w ← w - w·weight_decay·lr`, biases and norms included.
    fn weight_decay(mut self, weight_decay: f32) -> Self {
        self.common_mut().weight_decay = Some(weight_decay);
        self
    }

    /// Spares the variables whose name contains one of these texts the decay.
    ///
    /// The name is that of the variable with its layer, `dense/bias`: `"bias"` spares all biases, `"batch_normalization"`
    /// all weights of such layers. (Keras looks at the variable's own name only.)
    fn exclude_from_weight_decay(mut self, names: &[&str]) -> Self {
        self.common_mut().excluded = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// Scales the gradient of each variable down to this Euclidean norm; 0 clips nothing.
    fn clipnorm(mut self, norm: f32) -> Self {
        self.common_mut().clipnorm = Some(norm).filter(|&norm| norm > 0.0);
        self
    }

    /// Moves each element of the gradients into `-limit … limit`; 0 clips nothing.
    fn clipvalue(mut self, limit: f32) -> Self {
        self.common_mut().clipvalue = Some(limit).filter(|&limit| limit > 0.0);
        self
    }

    /// Scales all gradients together down to this Euclidean norm; 0 clips nothing.
    fn global_clipnorm(mut self, norm: f32) -> Self {
        self.common_mut().global_clipnorm = Some(norm).filter(|&norm| norm > 0.0);
        self
    }

    /// Whether the arguments go together. Every step asks too.
    fn check(&self) -> Result<(), OptimizerError> {
        self.common().check()
    }

    /// The size of the next step.
    fn current_learning_rate(&self) -> f32 {
        self.common().learning_rate
    }

    /// Changes the size of the next steps.
    fn set_learning_rate(&mut self, learning_rate: f32) {
        self.common_mut().learning_rate = learning_rate;
    }

    /// The number of steps so far.
    fn iterations(&self) -> u64 {
        self.common().iterations
    }

    /// The state: `slots` times as long as the weights, one slot after the other. Empty before the first step.
    fn state(&self) -> &[f32] {
        &self.common().state
    }

    /// Goes on from a saved state.
    fn set_state(&mut self, iterations: u64, state: &[f32]) -> Result<(), OptimizerError> {
        if !state.len().is_multiple_of(self.slots().max(1)) || (self.slots() == 0 && !state.is_empty()) {
            return Err(OptimizerError::State { optimizer: self.name(), slots: self.slots(), found: state.len() });
        }
        let common = self.common_mut();
        common.iterations = iterations;
        common.state.clear();
        common.state.extend_from_slice(state);
        Ok(())
    }

    /// One step of a model by the gradients that [`loss_and_gradients`](crate::training::Train::loss_and_gradients) gave:
    /// the second half of a training loop of one's own.
    ///
    /// Frozen layers stay as they are. The optimizer's state belongs to this model from the first step on.
    ///
    /// # Errors
    /// If the gradients or the state are another model's, or the optimizer's arguments exclude each other.
    fn apply<M: Model<Storage = Owned>>(&mut self, model: &mut M, gradients: &Gradients) -> Result<(), OptimizerError> {
        training::apply(self, model, gradients)
    }

    /// One step of plain weights, without a model: they are one variable.
    fn step(&mut self, weights: &mut [f32], gradients: &[f32]) -> Result<(), OptimizerError> {
        let all = Variable { name: "", range: 0..weights.len(), trainable: true };
        self.step_variables(weights, gradients, &[all])
    }

    /// One step of plain weights that are several variables: of those that are trainable.
    ///
    /// Neighbours are updated in one pass. The state is allocated by the first step, as long as the whole buffer, and
    /// kept; it belongs to this buffer from then on.
    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError> {
        self.check()?;
        pass::check(self.name(), weights, gradients, variables)?;
        let mut state = core::mem::take(&mut self.common_mut().state);
        let done = pass::run(self, weights, gradients, variables, &mut state);
        let common = self.common_mut();
        common.state = state;
        common.iterations += u64::from(done.is_ok());
        done
    }
}
