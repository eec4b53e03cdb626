//! Operations between a tensor and a weight, of which the body of a layer that `layer!` declares is made.

use crate::{
    kernels::elementwise,
    layers::{
        Backward, Built, Dense, Forward, Layer, NonTrainable, Weight, Weights,
        merging::broadcast::{Spread, both},
    },
    shape::{Dims, ShapeError},
};

/// The matrix product of a tensor and a weight, along the last axis: a [`Dense`] of this kernel and bias.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct WeightProduct {
    kernel: Weight,
    bias: Option<Weight>,
}

impl WeightProduct {
    /// The product with this weight.
    #[doc(hidden)]
    pub const fn layer(kernel: Weight) -> Self {
        Self { kernel, bias: None }
    }

    /// Adds a weight, one number for each column.
    #[doc(hidden)]
    pub const fn bias(mut self, bias: Weight) -> Self {
        self.bias = Some(bias);
        self
    }

    const fn dense(&self) -> Dense {
        Dense::layer(self.kernel.dims.last()).use_bias(self.bias.is_some())
    }

    /// Builds the operation for an input of this shape.
    ///
    /// # Errors
    /// If the weight is no matrix, or the input's last axis has another length than the matrix has rows.
    #[doc(hidden)]
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let dims = self.kernel.dims;
        if dims.rank() != 2 {
            return Err(
                ShapeError::new("the weight of a matrix product must have 2 axes, but its shape is {a}").dims(dims)
            );
        }
        if input.rank() == 0 || input.last() != dims.length(0) {
            return Err(ShapeError::new(
                "the last axis of the tensor must be as long as the weight has rows, but {a} is multiplied by {b}",
            )
            .dims(input)
            .dims(dims));
        }
        let mut built = match self.dense().build(input) {
            Ok(built) => built,
            Err(error) => return Err(error),
        };
        if let Weights::Own(list, _) = &mut built.weights {
            list[0] = self.kernel.in_panels();
            if let Some(bias) = self.bias {
                list[1] = bias;
            }
        }
        built.ok()
    }
}

impl Layer for WeightProduct {
    const FUSES: bool = true;

    fn forward(&self, pass: Forward<'_>) {
        self.dense().forward(pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        self.dense().backward(pass);
    }
}

/// A weight as a tensor: each sample has a copy of it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct WeightTensor(Weight);

impl WeightTensor {
    /// This weight as a tensor.
    #[doc(hidden)]
    pub const fn layer(weight: Weight) -> Self {
        Self(weight)
    }

    /// Builds the operation, which has no input.
    ///
    /// # Errors
    /// If the weight is too large.
    #[doc(hidden)]
    pub const fn build(&self, _: &[Dims]) -> Result<Built, ShapeError> {
        Built::new(self.0.dims).weight(self.0).ok()
    }
}

impl Layer for WeightTensor {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let weight = match (pass.weights.first(), pass.non_trainable) {
            (Some(weight), _) => weight,
            (None, NonTrainable::ReadOnly(list)) => list.first().copied().unwrap_or_default(),
            (None, NonTrainable::Updated(list)) => list.first().map_or(&[][..], |weight| weight),
        };
        for sample in output.chunks_exact_mut(weight.len().max(1)) {
            sample.iter_mut().zip(weight).for_each(|(to, from)| *to = *from);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        if let Some(gradients) = pass.weight_gradients {
            let [gradient] = gradients.padded();
            if !gradient.is_empty() {
                elementwise::column_sums(output_gradient, gradient, pass.accumulate);
            }
        }
    }
}

/// An operator between the elements of a tensor and those of a weight.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightOperator {
    /// `x + w`.
    Add,
    /// `x - w`.
    Subtract,
    /// `w - x`.
    SubtractFrom,
    /// `x * w`.
    Multiply,
    /// `x / w`.
    Divide,
    /// `w / x`.
    DivideInto,
}

/// An operator between the elements of a tensor and of a weight, either of which is broadcast.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct WithWeight {
    operator: WeightOperator,
    weight: Weight,
}

impl WithWeight {
    /// This operator with this weight.
    #[doc(hidden)]
    pub const fn layer(operator: WeightOperator, weight: Weight) -> Self {
        Self { operator, weight }
    }

    /// Whether the weight is a whole number of the last axes of the tensor, so that it is a row that repeats.
    const fn is_row(&self, input: Dims) -> bool {
        let (weight, mut at) = (self.weight.dims, 0);
        if weight.size() == 1 && weight.rank() <= input.rank() {
            return true;
        }
        if weight.rank() > input.rank() {
            return false;
        }
        while at < weight.rank() {
            if weight.length(at) != input.length(input.rank() - weight.rank() + at) {
                return false;
            }
            at += 1;
        }
        true
    }

    /// Builds the operation for an input of this shape.
    ///
    /// # Errors
    /// If the tensor and the weight cannot be broadcast together.
    #[doc(hidden)]
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let Some(output) = both(input, self.weight.dims) else {
            return Err(ShapeError::new(
                "the tensor and the weight cannot be broadcast together: {a} and {b}; compared from the last axis, lengths \
                 must be equal or 1",
            )
            .dims(input)
            .dims(self.weight.dims));
        };
        let mut built = Built::new(output).weight(self.weight);
        if !matches!(self.operator, WeightOperator::Add | WeightOperator::Subtract | WeightOperator::SubtractFrom) {
            built = built.backward_reads_input();
        }
        // A row takes no memory but for the terms of its gradient.
        built = match self.is_row(input) {
            true if built.backward_reads_input => built.backward_scratch(output.size(), 0),
            true => built,
            false => {
                built.scratch(output.size().saturating_mul(2), 0).backward_scratch(output.size().saturating_mul(3), 0)
            }
        };
        built.ok()
    }

    /// The result of two elements, of the tensor and of the weight.
    fn apply(self, x: &[f32], w: &[f32], output: &mut [f32]) {
        let rows = |of: fn(f32, f32) -> f32, output: &mut [f32]| {
            let rows = output.chunks_exact_mut(w.len().max(1)).zip(x.chunks_exact(w.len().max(1)));
            rows.for_each(|(to, x)| to.iter_mut().zip(x).zip(w).for_each(|((to, x), w)| *to = of(*x, *w)));
        };
        if let [w] = w {
            let numbers = output.iter_mut().zip(x);
            match self.operator {
                WeightOperator::Add => numbers.for_each(|(to, x)| *to = x + w),
                WeightOperator::Subtract => numbers.for_each(|(to, x)| *to = x - w),
                WeightOperator::SubtractFrom => numbers.for_each(|(to, x)| *to = w - x),
                WeightOperator::Multiply => numbers.for_each(|(to, x)| *to = x * w),
                WeightOperator::Divide => numbers.for_each(|(to, x)| *to = x / w),
                WeightOperator::DivideInto => numbers.for_each(|(to, x)| *to = w / x),
            }
            return;
        }
        match self.operator {
            WeightOperator::Add => rows(|x, w| x + w, output),
            WeightOperator::Subtract => rows(|x, w| x - w, output),
            WeightOperator::SubtractFrom => rows(|x, w| w - x, output),
            WeightOperator::Multiply => rows(|x, w| x * w, output),
            WeightOperator::Divide => rows(|x, w| x / w, output),
            WeightOperator::DivideInto => rows(|x, w| w / x, output),
        }
    }

    /// The terms of the gradient of the tensor.
    fn of_input(self, (gradient, x, w): (&[f32], &[f32], &[f32]), to: &mut [f32]) {
        match self.operator {
            WeightOperator::Add | WeightOperator::Subtract => elementwise::copy(gradient, to),
            WeightOperator::SubtractFrom => {
                elementwise::copy(gradient, to);
                elementwise::scale(-1.0, to);
            }
            WeightOperator::Multiply | WeightOperator::Divide => self.apply(gradient, w, to),
            WeightOperator::DivideInto => {
                let length = w.len().max(1);
                let rows = to.chunks_exact_mut(length).zip(gradient.chunks_exact(length)).zip(x.chunks_exact(length));
                for ((to, gradient), x) in rows {
                    for (((to, gradient), x), w) in to.iter_mut().zip(gradient).zip(x).zip(w) {
                        *to = -gradient * w / (x * x);
                    }
                }
            }
        }
    }

    /// The terms of the gradient of the weight, which are to be added.
    fn of_weight(self, (gradient, x, w): (&[f32], &[f32], &[f32]), to: &mut [f32]) {
        let elements = to.iter_mut().zip(gradient);
        match self.operator {
            WeightOperator::Add | WeightOperator::SubtractFrom => elementwise::copy(gradient, to),
            WeightOperator::Subtract => elements.for_each(|(to, gradient)| *to = -gradient),
            WeightOperator::Multiply => elementwise::multiply(gradient, x, to),
            WeightOperator::Divide => {
                let length = w.len().max(1);
                let rows = to.chunks_exact_mut(length).zip(gradient.chunks_exact(length)).zip(x.chunks_exact(length));
                for ((to, gradient), x) in rows {
                    for (((to, gradient), x), w) in to.iter_mut().zip(gradient).zip(x).zip(w) {
                        *to = -gradient * x / (w * w);
                    }
                }
            }
            WeightOperator::DivideInto => elements.zip(x).for_each(|((to, gradient), x)| *to = gradient / x),
        }
    }
}

impl Layer for WithWeight {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [weight], [output]) = (pass.inputs.array(), pass.weights.array(), pass.outputs.array());
        let ([input_dims], [output_dims]) = (pass.input_dims.array(), pass.output_dims.array());
        if self.is_row(input_dims) {
            self.apply(input, weight, output);
            return;
        }
        let (of_input, of_weight) = halves(pass.scratch.per_sample, output.len());
        let x = Spread::new(pass.batch, input_dims, output_dims).repeat(input, of_input);
        Spread::of_weight(pass.batch, self.weight.dims, output_dims).repeat(weight, of_weight);
        self.apply(x, of_weight, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([input], [weight], [gradient]) =
            (pass.inputs.array(), pass.weights.array(), pass.output_gradients.array());
        let ([input_dims], [output_dims]) = (pass.input_dims.array(), pass.output_dims.array());
        let [input_gradient] = pass.input_gradients.array();
        let adds = matches!(self.operator, WeightOperator::Add | WeightOperator::SubtractFrom);
        if self.is_row(input_dims) {
            if let Some(gradients) = pass.weight_gradients {
                let [weight_gradient] = gradients.array();
                if adds {
                    elementwise::column_sums(gradient, weight_gradient, pass.accumulate);
                } else if self.operator == WeightOperator::Subtract {
                    // (sums - g₁) - g₂ … is -((g₁ - sums) + g₂ …).
                    if pass.accumulate {
                        elementwise::scale(-1.0, weight_gradient);
                    }
                    elementwise::column_sums(gradient, weight_gradient, pass.accumulate);
                    elementwise::scale(-1.0, weight_gradient);
                } else {
                    let terms = pass.scratch.per_sample.get_mut(..gradient.len()).unwrap_or_default();
                    self.of_weight((gradient, input, weight), terms);
                    elementwise::column_sums(terms, weight_gradient, pass.accumulate);
                }
            }
            if let Some(input_gradient) = input_gradient {
                self.of_input((gradient, input, weight), input_gradient);
            }
            return;
        }
        let size = gradient.len();
        let (of_input, rest) = halves(pass.scratch.per_sample, size);
        let (of_weight, terms) = halves(rest, size);
        let terms = terms.get_mut(..size).unwrap_or_default();
        let of_batch = Spread::new(pass.batch, input_dims, output_dims);
        let of_all = Spread::of_weight(pass.batch, self.weight.dims, output_dims);
        // Sums and differences do not read the input.
        let x = if input.is_empty() { input } else { of_batch.repeat(input, of_input) };
        of_all.repeat(weight, of_weight);
        if let Some(gradients) = pass.weight_gradients {
            let [weight_gradient] = gradients.array();
            self.of_weight((gradient, x, of_weight), terms);
            of_all.add_sums(terms, weight_gradient, pass.accumulate);
        }
        if let Some(input_gradient) = input_gradient {
            of_batch.sum_of(input_gradient, terms, |terms| self.of_input((gradient, x, of_weight), terms));
        }
    }
}

/// The first so many floats, and the others.
fn halves(memory: &mut [f32], size: usize) -> (&mut [f32], &mut [f32]) {
    memory.split_at_mut_checked(size).unwrap_or_default()
}

/// Multiplies every element by a number, and adds another.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct MultiplyAdd {
    factor: f32,
    summand: f32,
}

impl MultiplyAdd {
    /// Multiplies by the first number, and adds the second.
    #[doc(hidden)]
    pub const fn layer(factor: f32, summand: f32) -> Self {
        Self { factor, summand }
    }

    /// Builds the operation for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// Never.
    #[doc(hidden)]
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).ok()
    }
}

impl Layer for MultiplyAdd {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        input.iter().zip(output).for_each(|(from, to)| *to = from * self.factor + self.summand);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let [Some(input_gradient)] = pass.input_gradients.array() else { return };
        output_gradient.iter().zip(input_gradient).for_each(|(from, to)| *to = *from * self.factor);
    }
}
