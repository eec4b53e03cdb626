//! Broadcasting: the shape rule, and the passes between an input and the broadcast shape.

use crate::{
    kernels::elementwise,
    layers::{Built, Forward, Masks},
    shape::{Dims, MAX_RANK, ShapeError, Strided},
};

/// The shape that all inputs are broadcast to. Axes are compared from the last one; axes of length 1 and missing
/// leading axes are repeated.
///
/// # Errors
/// If there are fewer than two inputs, or they cannot be broadcast together.
pub(crate) const fn broadcast(inputs: &[Dims]) -> Result<Dims, ShapeError> {
    if inputs.len() < 2 {
        return Err(ShapeError::new("it needs at least 2 inputs, but {0} is given").number(inputs.len()));
    }
    let (mut output, mut at) = (inputs[0], 1);
    while at < inputs.len() {
        output = match both(output, inputs[at]) {
            Some(both) => both,
            None => {
                return Err(ShapeError::new(
                    "its inputs cannot be broadcast together: {a} and {b} (input {0}); compared from the last axis, \
                     lengths must be equal or 1",
                )
                .number(at + 1)
                .dims(output)
                .dims(inputs[at]));
            }
        };
        at += 1;
    }
    Ok(output)
}

/// The shape that two inputs are broadcast to.
pub(crate) const fn both(left: Dims, right: Dims) -> Option<Dims> {
    let (mut output, other) = if left.rank() < right.rank() { (right, left) } else { (left, right) };
    let missing = output.rank() - other.rank();
    let mut axis = 0;
    while axis < other.rank() {
        let (mine, its) = (output.length(missing + axis), other.length(axis));
        if mine == 1 {
            output = output.with_length(missing + axis, its);
        } else if its != mine && its != 1 {
            return None;
        }
        axis += 1;
    }
    Some(output)
}

/// Builds an elementwise layer: if the shapes differ, it reserves memory for an input of the size of the output, and in
/// the backward pass for such a gradient, too.
pub(crate) const fn build(inputs: &[Dims]) -> Result<Built, ShapeError> {
    let output = match broadcast(inputs) {
        Ok(output) => output,
        Err(error) => return Err(error),
    };
    let mut at = 0;
    while at < inputs.len() {
        if !inputs[at].equals(output) {
            return Ok(Built::new(output)
                .masks(Masks::Passed)
                .scratch(output.size(), 0)
                .backward_scratch(output.size().saturating_mul(2), 0));
        }
        at += 1;
    }
    Ok(Built::new(output).masks(Masks::Passed))
}

/// The element of an input that an element of the output is computed from.
pub(crate) fn place(mut element: usize, input: Dims, output: Dims) -> usize {
    let (mut at, mut step) = (0, 1);
    let mut missing = input.rank();
    for axis in (0..output.rank()).rev() {
        let length = output.length(axis).max(1);
        if missing > 0 {
            missing -= 1;
            let mine = input.length(missing);
            at += if mine == 1 { 0 } else { element % length * step };
            step *= mine;
        }
        element /= length;
    }
    at
}

/// An input and the output that it is broadcast to.
pub(crate) struct Spread {
    axes: Strided,
    is_whole: bool,
}

impl Spread {
    /// A batch of this input, broadcast to such an output.
    pub(crate) fn new(batch: usize, input: Dims, output: Dims) -> Self {
        let is_whole = input.size() == output.size();
        Self { is_whole, ..Self::with_stride(batch, input.size(), input, output) }
    }

    /// The same with this distance between the samples of the input.
    fn with_stride(batch: usize, of_samples: usize, input: Dims, output: Dims) -> Self {
        // Missing axes come first, with length 1, and before them the batch.
        let (mut lengths, mut strides) = ([1; MAX_RANK + 1], [0; MAX_RANK + 1]);
        let (mut step, mut axis, mut missing) = (1, output.rank(), input.rank());
        for (length, stride) in lengths.iter_mut().zip(&mut strides).rev().take(output.rank()) {
            axis = axis.saturating_sub(1);
            *length = output.length(axis);
            if missing > 0 {
                missing -= 1;
                let mine = input.length(missing);
                *stride = if mine == 1 { 0 } else { step };
                step *= mine;
            }
        }
        [lengths[0], strides[0]] = [batch, of_samples];
        Self { axes: Strided::new(lengths, strides), is_whole: false }
    }

    /// A weight, which has no batch, broadcast to such an output of a batch.
    pub(crate) fn of_weight(batch: usize, weight: Dims, output: Dims) -> Self {
        Self::with_stride(batch, 0, weight, output)
    }

    /// The broadcast input: the input itself, or repeated in `memory`.
    pub(crate) fn repeat<'a>(&self, input: &'a [f32], memory: &'a mut [f32]) -> &'a [f32] {
        if self.is_whole {
            return input;
        }
        self.axes.gather(input, memory);
        memory
    }

    /// Joins the broadcast input, a mask, to another: a position is valid where it is in one of them.
    pub(crate) fn join_mask(&self, mask: &[f32], joined: &mut [f32]) {
        let join = |to: &mut f32, valid: f32| *to = to.max(valid);
        if self.is_whole {
            joined.iter_mut().zip(mask).for_each(|(to, valid)| join(to, *valid));
        } else {
            self.axes.gather_with(mask, joined, join);
        }
    }

    /// The gradient of the input from that of the broadcast input: a copy, or sums over the repeated elements.
    pub(crate) fn sum(&self, gradient: &[f32], input_gradient: &mut [f32]) {
        if input_gradient.is_empty() {
            return;
        }
        if self.is_whole {
            elementwise::copy(gradient, input_gradient);
        } else {
            input_gradient.fill(0.0);
            self.axes.scatter_add(gradient, input_gradient);
        }
    }

    /// The same of a weight, whose gradient may be there already.
    pub(crate) fn add_sums(&self, gradient: &[f32], weight_gradient: &mut [f32], accumulate: bool) {
        if !accumulate {
            weight_gradient.fill(0.0);
        }
        self.axes.scatter_add(gradient, weight_gradient);
    }

    /// Memory for the gradient of the broadcast input: the gradient of the input itself, or `memory`.
    pub(crate) fn sum_of(&self, input_gradient: &mut [f32], memory: &mut [f32], compute: impl FnOnce(&mut [f32])) {
        if self.is_whole {
            compute(input_gradient);
        } else {
            compute(memory);
            self.sum(memory, input_gradient);
        }
    }
}

/// Copies the first input to the output, and combines it with the others in order.
pub(crate) fn combine(pass: Forward<'_>, with: impl Fn(&mut [f32], &[f32])) -> &mut [f32] {
    let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
    let mut inputs = pass.inputs.iter().zip(pass.input_dims);
    let Some((first, dims)) = inputs.next() else { return output };
    let first = Spread::new(pass.batch, *dims, output_dims).repeat(first, pass.scratch.per_sample);
    elementwise::copy(first, output);
    for (input, dims) in inputs {
        with(output, Spread::new(pass.batch, *dims, output_dims).repeat(input, pass.scratch.per_sample));
    }
    output
}

/// The two halves of the scratch memory of the backward pass: for a gradient, and for an input.
pub(crate) fn halves(scratch: &mut [f32]) -> (&mut [f32], &mut [f32]) {
    scratch.split_at_mut_checked(scratch.len() / 2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_go_together_from_the_last_axis() {
        let together = |a: &[usize], b: &[usize]| broadcast(&[Dims::new(a), Dims::new(b)]).ok();
        for (a, b, all) in [
            (&[4, 3][..], &[3][..], &[4, 3][..]),
            (&[3], &[4, 1], &[4, 3]),
            (&[1], &[2, 5], &[2, 5]),
            (&[2, 1, 3], &[4, 1], &[2, 4, 3]),
            (&[], &[2], &[2]),
        ] {
            assert_eq!(together(a, b), Some(Dims::new(all)));
            assert_eq!(together(b, a), Some(Dims::new(all)));
        }
        for (a, b) in [(&[4, 3][..], &[4][..]), (&[2], &[3])] {
            assert_eq!(together(a, b), None);
        }
    }

    #[test]
    fn what_is_repeated_is_summed() {
        let (input, output) = (Dims::new(&[2, 1]), Dims::new(&[3, 2, 2]));
        let spread = Spread::new(2, input, output);
        assert_eq!([0, 1, 2, 3, 4, 5, 11].map(|element| place(element, input, output)), [0, 0, 1, 1, 0, 0, 1]);
        let mut memory = [f32::NAN; 24];
        assert_eq!(
            spread.repeat(&[1.0, 2.0, 3.0, 4.0], &mut memory),
            [[1.0, 1.0, 2.0, 2.0].repeat(3), [3.0, 3.0, 4.0, 4.0].repeat(3)].concat()
        );
        let gradient: Vec<f32> = (0..24).map(|at| at as f32).collect();
        let mut sums = [f32::NAN; 4];
        spread.sum(&gradient, &mut sums);
        assert_eq!(sums, [27.0, 39.0, 99.0, 111.0]);
    }
}
