//! Optimizers whatever their type, so that training is compiled once.

use super::{Common, Optimizer, OptimizerError, Span, Step, Variable, pass};

/// The methods of an [`Optimizer`] that training calls, object-safe.
pub(crate) trait AnyOptimizer: Send {
    fn name(&self) -> &'static str;
    fn current_learning_rate(&self) -> f32;
    fn set_learning_rate(&mut self, learning_rate: f32);
    fn is_scheduled(&self) -> bool;
    fn average(&self) -> Option<&[f32]>;
    fn average_mut(&mut self) -> Option<&mut [f32]>;
    fn averages(&self) -> bool;
    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError>;
}

impl<O: Optimizer> AnyOptimizer for O {
    fn name(&self) -> &'static str {
        Optimizer::name(self)
    }

    fn current_learning_rate(&self) -> f32 {
        Optimizer::current_learning_rate(self)
    }

    fn set_learning_rate(&mut self, learning_rate: f32) {
        Optimizer::set_learning_rate(self, learning_rate);
    }

    fn is_scheduled(&self) -> bool {
        Optimizer::is_scheduled(self)
    }

    fn average(&self) -> Option<&[f32]> {
        Optimizer::average(self)
    }

    fn average_mut(&mut self) -> Option<&mut [f32]> {
        Optimizer::average_mut(self)
    }

    fn averages(&self) -> bool {
        self.common().use_ema
    }

    fn step_variables(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        variables: &[Variable<'_>],
    ) -> Result<(), OptimizerError> {
        Optimizer::step_variables(self, weights, gradients, variables)
    }
}

/// The methods of an [`Optimizer`] that the pass over a flat buffer calls, object-safe.
///
/// Not of [`AnyOptimizer`], whose table of functions each program has: the kernels of the optimizers of this crate are compiled
/// with it.
pub(super) trait Updates: Send + Sync {
    fn name(&self) -> &'static str;
    fn whole_variables(&self) -> bool;
    fn slots(&self) -> usize;
    fn initial(&self, slot: usize) -> f32;
    fn common(&self) -> &Common;
    fn common_mut(&mut self) -> &mut Common;
    fn check(&self) -> Result<(), OptimizerError>;
    fn is_special(&self, variable: &Variable<'_>) -> bool;
    fn decay(&self, variable: &Variable<'_>, learning_rate: f32) -> f32;
    /// [Updates](Optimizer::update) a span, by the instructions of this machine.
    fn update(&self, step: Step, span: Span<'_>);
}

impl<O: Optimizer> Updates for O {
    fn name(&self) -> &'static str {
        Optimizer::name(self)
    }

    fn whole_variables(&self) -> bool {
        Optimizer::updates_whole_variables(self)
    }

    fn slots(&self) -> usize {
        Optimizer::slots(self)
    }

    fn initial(&self, slot: usize) -> f32 {
        Optimizer::initial(self, slot)
    }

    fn common(&self) -> &Common {
        Optimizer::common(self)
    }

    fn common_mut(&mut self) -> &mut Common {
        Optimizer::common_mut(self)
    }

    fn check(&self) -> Result<(), OptimizerError> {
        Optimizer::check(self)
    }

    fn is_special(&self, variable: &Variable<'_>) -> bool {
        Optimizer::is_special(self, variable)
    }

    fn decay(&self, variable: &Variable<'_>, learning_rate: f32) -> f32 {
        Optimizer::decay(self, variable, learning_rate)
    }

    fn update(&self, step: Step, span: Span<'_>) {
        pass::update(self, step, span);
    }
}
