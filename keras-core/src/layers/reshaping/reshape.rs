//! Gives a sample other axes.

use crate::layers::{Backward, Built, Dtypes, Forward, Layer, Reuse};
use crate::shape::{Dims, MAX_RANK, ShapeError};

/// Gives a sample other axes with as many elements. Costs nothing: the output is the input's memory.
///
/// In a listing, `Reshape(target_shape)`: `Reshape((4, 4, 2))`, as
/// [Keras' `Reshape`](https://keras.io/api/layers/reshaping_layers/reshape/); one length may be -1, and is then what is left.
///
/// # Shapes
/// Input any, output the target. No weights.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(784), Reshape((28, -1, 1)), Conv2D(8, 3), GlobalAveragePooling2D() } }
/// assert_eq!(Net::new().predict_one(&[0.0; 784]).len(), 8);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reshape {
    target: [isize; MAX_RANK],
    rank: usize,
}

impl Reshape {
    /// Into these axes, of which one may be -1.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// assert_eq!(Reshape::layer(&[2, -1]).build(Dims::new(&[6]))?.output(), Dims::new(&[2, 3]));
    /// let alone = standalone!(Reshape::layer(&[2, -1]), [6], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])?, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn layer(target: &[isize]) -> Self {
        let mut lengths = [0; MAX_RANK];
        let mut axis = 0;
        while axis < target.len() && axis < MAX_RANK {
            lengths[axis] = target[axis];
            axis += 1;
        }
        Self { target: lengths, rank: target.len() }
    }

    /// Whether one of the lengths is -1.
    pub(crate) const fn has_open_length(&self) -> bool {
        let mut axis = 0;
        while axis < self.rank && axis < MAX_RANK {
            if self.target[axis] == -1 {
                return true;
            }
            axis += 1;
        }
        false
    }

    /// The shape rule.
    ///
    /// # Errors
    /// If the target has another number of elements than the input, two lengths are -1, or one is less.
    ///
    /// ```
    /// use keras::{layers::Reshape, shape::Dims};
    ///
    /// assert_eq!(Reshape::layer(&[4, -1]).build(Dims::new(&[12]))?.output(), Dims::new(&[4, 3]));
    /// assert!(Reshape::layer(&[5, 2]).build(Dims::new(&[12])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if self.rank > MAX_RANK {
            return Err(ShapeError::new("its target has {0} axes; a sample has at most 5").number(self.rank));
        }
        let (mut output, mut known, mut open) = (Dims::SCALAR, 1usize, None);
        let mut axis = 0;
        while axis < self.rank {
            let length = self.target[axis];
            if length == -1 && open.is_none() {
                open = Some(axis);
                output = output.append(1);
            } else if length < 0 {
                return Err(ShapeError::new("its target may have one length of -1, and no other negative ones"));
            } else {
                known = known.saturating_mul(length as usize);
                output = output.append(length as usize);
            }
            axis += 1;
        }
        if let Some(axis) = open {
            if known == 0 || !input.size().is_multiple_of(known) {
                return Err(ShapeError::new(
                    "nothing can stand for the -1 of its target: the other lengths make {0}, which does not divide the \
                     {1} elements of its input {a}",
                )
                .number(known)
                .number(input.size())
                .dims(input));
            }
            output = output.with_length(axis, input.size() / known);
        }
        if output.size() != input.size() && output.is_valid() {
            return Err(ShapeError::new(
                "its target {a} has {0} elements, but its input {b} has {1}; the number must stay the same",
            )
            .dims(output)
            .number(output.size())
            .dims(input)
            .number(input.size()));
        }
        Built::new(output).dtypes(Dtypes::Same).reuse(Reuse::Always).ok()
    }
}

impl Layer for Reshape {
    fn forward(&self, pass: Forward<'_>) {
        pass.copy();
    }

    fn backward(&self, pass: Backward<'_>) {
        pass.copy();
    }
}
