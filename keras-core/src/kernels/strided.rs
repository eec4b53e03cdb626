//! Tensors read in another order of their axes, or several times: permutations, repetitions, broadcasts.

use super::{
    elementwise,
    sums::{Columns, PIECE},
};
use crate::shape::{Offsets, Strided};

impl Strided {
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
        let summed = self.lengths.iter().zip(&self.strides).filter(|(_, stride)| **stride == 0);
        if summed.map(|(length, _)| *length).product::<usize>() > PIECE {
            return self.scatter_sums(input, output);
        }
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

    /// As [`scatter_add`](Self::scatter_add), where many elements meet in one place: place by place, in sums of any length.
    fn scatter_sums(&self, input: &[f32], output: &mut [f32]) {
        let last = self.lengths.iter().rposition(|&length| length > 1).unwrap_or_default();
        // The places, and in the input the first element of each; then the elements of a place. In both, what lies along the last
        // axis is taken together.
        let (mut places, mut starts, mut elements) = (*self, *self, *self);
        let mut step = 1;
        for axis in (0..self.lengths.len()).rev() {
            let (length, stride) = (self.lengths[axis], self.strides[axis]);
            starts.strides[axis] = step;
            elements.strides[axis] = step;
            step *= length;
            if stride == 0 || axis == last {
                (places.lengths[axis], starts.lengths[axis]) = (1, 1);
            }
            if stride != 0 || axis == last {
                elements.lengths[axis] = 1;
            }
        }
        let (length, stride) = (self.lengths[last], self.strides[last]);
        for (place, start) in places.offsets().zip(starts.offsets()) {
            let rows = elements.offsets().map(|offset| input.get(start + offset..).and_then(|rest| rest.get(..length)));
            let to = output.get_mut(place..).unwrap_or_default();
            if stride == 0 {
                let sum: f64 = rows.flatten().map(|row| f64::from(elementwise::sum(row))).sum();
                if let Some(to) = to.first_mut() {
                    *to += sum as f32;
                }
                continue;
            }
            for first in (0..length).step_by(Columns::MOST) {
                let mut sums = Columns::zero();
                for row in rows.clone().flatten() {
                    sums.add(row.get(first..).unwrap_or_default().iter().copied());
                }
                let to = to.get_mut(first * stride..).unwrap_or_default().iter_mut().step_by(stride);
                for (to, sum) in to.take(length - first).zip(sums.totals()) {
                    *to += sum as f32;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_are_the_same_by_places(
            lengths in prop::array::uniform4(prop_oneof![1usize..5, Just(70)]), order in Just([0, 1, 2, 3]).prop_shuffle(),
            repeated in prop::collection::vec(0usize..4, 1..3),
        ) {
            let [_, b, c, d] = lengths;
            let mut strides = order.map(|axis| [b * c * d, c * d, d, 1][axis]);
            repeated.iter().for_each(|&axis| strides[axis] = 0);
            let seen = Strided::new(order.map(|axis| lengths[axis]), strides);
            let len: usize = lengths.iter().product();
            prop_assume!(len < 200_000);
            let input: Vec<f32> = (0..len).map(|at| (at % 9) as f32 - 3.0).collect();
            let (mut sums, mut expected) = (vec![1.0; len], vec![1.0; len]);
            seen.scatter_sums(&input, &mut sums);
            seen.offsets().zip(&input).for_each(|(to, from)| expected[to] += from);
            prop_assert_eq!(sums, expected);
        }
    }

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
            let lengths = order.map(|axis| lengths[axis]);
            let seen = Strided::new(lengths, strides);
            let (mut output, mut sums) = (vec![f32::NAN; input.len()], vec![0.0; input.len()]);
            seen.gather(&input, &mut output);
            seen.scatter_add(&output, &mut sums);
            prop_assert!(seen.offsets().map(|from| input[from]).eq(output.iter().copied()));
            let (mut at, mut expected) = (0, vec![0.0; input.len()]);
            for i in 0..lengths[0] {
                for j in 0..lengths[1] {
                    for k in 0..lengths[2] {
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
