//! Tensors read in another order of their axes, or several times: permutations, repetitions, broadcasts.

/// A tensor seen through other axes: one length and one stride for each. A stride of 0 repeats.
///
/// The tensor that is seen lies in memory with these strides; what is made of it lies in rows, one axis after another.
///
/// ```
/// use keras_core::kernels::strided::Strided;
///
/// /// A matrix of two rows and three columns, seen by its columns.
/// const COLUMNS: Strided<2> = Strided { lengths: [3, 2], strides: [1, 3] };
/// let mut transposed = [0.0; 6];
/// COLUMNS.gather(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &mut transposed);
/// assert_eq!(transposed, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Strided<const AXES: usize> {
    /// How often each axis is stepped along.
    pub lengths: [usize; AXES],
    /// How many floats a step along each axis is.
    pub strides: [usize; AXES],
}

impl<const AXES: usize> Strided<AXES> {
    /// output = input, seen through the axes.
    ///
    /// ```
    /// use keras_core::kernels::strided::Strided;
    ///
    /// let repeated = Strided { lengths: [2, 2], strides: [0, 1] }; // a stride of 0 repeats
    /// let mut output = [0.0; 4];
    /// repeated.gather(&[1.0, 2.0], &mut output);
    /// assert_eq!(output, [1.0, 2.0, 1.0, 2.0]);
    /// ```
    pub fn gather(&self, input: &[f32], output: &mut [f32]) {
        let (length, stride) = self.last();
        let mut walk = Walk::new(self);
        for row in output.chunks_exact_mut(length.max(1)) {
            let from = input.get(walk.offset..).unwrap_or_default();
            match stride {
                0 => row.fill(from.first().copied().unwrap_or_default()),
                1 => {
                    for (to, from) in row.iter_mut().zip(from) {
                        *to = *from;
                    }
                }
                _ => {
                    for (to, from) in row.iter_mut().zip(from.iter().step_by(stride)) {
                        *to = *from;
                    }
                }
            }
            walk.next_row();
        }
    }

    /// Adds each element to where [`gather`](Self::gather) would have read it: its gradient.
    ///
    /// ```
    /// use keras_core::kernels::strided::Strided;
    ///
    /// let repeated = Strided { lengths: [2, 2], strides: [0, 1] };
    /// let mut gradient = [0.0; 2];
    /// repeated.scatter_add(&[1.0, 2.0, 10.0, 20.0], &mut gradient);
    /// assert_eq!(gradient, [11.0, 22.0]);
    /// ```
    pub fn scatter_add(&self, input: &[f32], output: &mut [f32]) {
        let (length, stride) = self.last();
        let mut walk = Walk::new(self);
        for row in input.chunks_exact(length.max(1)) {
            let to = output.get_mut(walk.offset..).unwrap_or_default();
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
            walk.next_row();
        }
    }

    /// Where each element lies, in the order of the axes.
    ///
    /// ```
    /// use keras_core::kernels::strided::Strided;
    ///
    /// /// A matrix of two rows and three columns, seen by its columns.
    /// const COLUMNS: Strided<2> = Strided { lengths: [3, 2], strides: [1, 3] };
    /// assert_eq!(COLUMNS.offsets().collect::<Vec<_>>(), [0, 3, 1, 4, 2, 5]);
    /// ```
    pub fn offsets(&self) -> impl Iterator<Item = usize> {
        let count = self.lengths.iter().product();
        let mut walk = Walk::new(self);
        (0..count).map(move |_| {
            let offset = walk.offset;
            walk.step(0);
            offset
        })
    }

    fn last(&self) -> (usize, usize) {
        match (self.lengths.last(), self.strides.last()) {
            (Some(length), Some(stride)) => (*length, *stride),
            _ => (1, 0),
        }
    }
}

/// Goes from row to row.
struct Walk<'a, const AXES: usize> {
    axes: &'a Strided<AXES>,
    index: [usize; AXES],
    offset: usize,
}

impl<'a, const AXES: usize> Walk<'a, AXES> {
    fn new(axes: &'a Strided<AXES>) -> Self {
        Self { axes, index: [0; AXES], offset: 0 }
    }

    fn next_row(&mut self) {
        self.step(1);
    }

    /// One step along the last axis but so many, and along those before it where that one ends.
    fn step(&mut self, inner: usize) {
        let axes = self.index.iter_mut().zip(&self.axes.lengths).zip(&self.axes.strides);
        for ((at, length), stride) in axes.rev().skip(inner) {
            *at += 1;
            self.offset += stride;
            if *at < *length {
                break;
            }
            self.offset -= stride * length;
            *at = 0;
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
