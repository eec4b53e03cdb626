//! Tensors read in another order of their axes, or several times: permutations, repetitions, broadcasts.

use crate::shape::{Offsets, Strided};

impl<const AXES: usize> Strided<AXES> {
    /// output = input, seen through the axes.
    pub(crate) fn gather(&self, input: &[f32], output: &mut [f32]) {
        self.gather_with(input, output, |to, from| *to = from);
    }

    /// Changes each element of the output by the one of the input that is seen there through the axes.
    pub(crate) fn gather_with(&self, input: &[f32], output: &mut [f32], with: impl Fn(&mut f32, f32)) {
        let (length, stride) = self.last();
        let mut rows = Offsets::new(self);
        for row in output.chunks_exact_mut(length.max(1)) {
            let from = input.get(rows.offset..).unwrap_or_default();
            match stride {
                0 => {
                    let from = from.first().copied().unwrap_or_default();
                    row.iter_mut().for_each(|to| with(to, from));
                }
                1 => {
                    for (to, from) in row.iter_mut().zip(from) {
                        with(to, *from);
                    }
                }
                _ => {
                    for (to, from) in row.iter_mut().zip(from.iter().step_by(stride)) {
                        with(to, *from);
                    }
                }
            }
            rows.next_row();
        }
    }

    /// Adds each element to where [`gather`](Self::gather) would have read it: its gradient.
    pub(crate) fn scatter_add(&self, input: &[f32], output: &mut [f32]) {
        let (length, stride) = self.last();
        let mut rows = Offsets::new(self);
        for row in input.chunks_exact(length.max(1)) {
            let to = output.get_mut(rows.offset..).unwrap_or_default();
            match stride {
                0 => {
                    if let Some(to) = to.first_mut() {
                        *to += row.iter().sum::<f32>();
                    }
                }
                1 => {
                    for (to, from) in to.iter_mut().zip(row) {
                        *to += *from;
                    }
                }
                _ => {
                    for (to, from) in to.iter_mut().step_by(stride).zip(row) {
                        *to += *from;
                    }
                }
            }
            rows.next_row();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_element_comes_from_its_place(
            lengths in prop::array::uniform3(1usize..5), order in Just([0, 1, 2]).prop_shuffle(), repeated in 0usize..4,
        ) {
            let [a, b, c] = lengths;
            let input: Vec<f32> = (0..a * b * c).map(|at| at as f32).collect();
            let mut strides = order.map(|axis| [b * c, c, 1][axis]);
            if let Some(stride) = strides.get_mut(repeated) {
                *stride = 0;
            }
            let seen = Strided { lengths: order.map(|axis| lengths[axis]), strides };
            let (mut output, mut sums) = (vec![f32::NAN; input.len()], vec![0.0; input.len()]);
            seen.gather(&input, &mut output);
            seen.scatter_add(&output, &mut sums);
            prop_assert!(seen.offsets().map(|from| input[from]).eq(output.iter().copied()));
            let (mut at, mut expected) = (0, vec![0.0; input.len()]);
            for i in 0..seen.lengths[0] {
                for j in 0..seen.lengths[1] {
                    for k in 0..seen.lengths[2] {
                        let from = i * strides[0] + j * strides[1] + k * strides[2];
                        prop_assert_eq!(output[at], input[from]);
                        expected[from] += input[from];
                        at += 1;
                    }
                }
            }
            prop_assert_eq!(sums, expected);
        }
    }
}
