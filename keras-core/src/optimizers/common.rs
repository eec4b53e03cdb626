//! What all optimizers have: the learning rate, decay and clipping, the count of steps, the state.

use super::OptimizerError;

/// What all optimizers have. The methods of [`Optimizer`](super::Optimizer) read and change it.
///
/// ```
/// use keras::{optimizers::Common, prelude::*};
///
/// let mut sgd = SGD::default();
/// *sgd.common_mut() = Common::new(0.5); // starts anew, with this learning rate
/// assert_eq!((sgd.current_learning_rate(), sgd.iterations()), (0.5, 0));
/// ```
#[derive(Clone, Debug)]
pub struct Common {
    pub(super) learning_rate: f32,
    pub(super) weight_decay: Option<f32>,
    pub(super) excluded: Vec<String>,
    pub(super) clipnorm: Option<f32>,
    pub(super) clipvalue: Option<f32>,
    pub(super) global_clipnorm: Option<f32>,
    pub(super) iterations: u64,
    pub(super) state: Vec<f32>,
}

impl Common {
    /// This learning rate; no decay, no clipping, no step yet.
    pub const fn new(learning_rate: f32) -> Self {
        Self {
            learning_rate,
            weight_decay: None,
            excluded: Vec::new(),
            clipnorm: None,
            clipvalue: None,
            global_clipnorm: None,
            iterations: 0,
            state: Vec::new(),
        }
    }

    pub(super) fn check(&self) -> Result<(), OptimizerError> {
        let ways = [self.clipnorm, self.clipvalue, self.global_clipnorm];
        if ways.iter().flatten().count() > 1 { Err(OptimizerError::Clipping) } else { Ok(()) }
    }

    /// What a variable's weights are multiplied by before they are taken from themselves.
    pub(super) fn decay(&self, name: &str) -> f32 {
        match self.weight_decay {
            Some(decay) if !self.excluded.iter().any(|part| name.contains(part)) => decay * self.learning_rate,
            _ => 0.0,
        }
    }
}
