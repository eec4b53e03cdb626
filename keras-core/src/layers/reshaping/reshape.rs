//! Reshaping of samples.

use crate::{
    layers::{Backward, Built, Dtypes, Forward, Layer, Reuse},
    shape::{Dims, MAX_RANK, ShapeError},
};

layer! {
    /// Reshapes a sample, without a copy: the output shares the memory of the input.
    ///
    /// See [Keras' `Reshape`](https://keras.io/api/layers/reshaping_layers/reshape/).
    ///
    /// # Shapes
    /// Input of any shape, output of the target shape. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(784), Reshape((28, -1, 1)), Conv2D(8, 3), GlobalAveragePooling2D() } }
    /// assert_eq!(Net::new().predict_one(&[0.0; 784]).len(), 8);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// assert_eq!(Reshape::layer(&[2, -1]).build(Dims::new(&[6]))?.output(), Dims::new(&[2, 3]));
    /// let alone = standalone!(Reshape::layer(&[2, -1]), [6], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])?, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Reshape {
        /// Target shape, without the batch; one length may be -1, and is inferred
        target_shape: Shape,
    }
}

impl Reshape {
    /// Whether one of the lengths is -1.
    pub(crate) const fn has_open_length(&self) -> bool {
        let mut axis = 0;
        let lengths = self.target_shape.as_slice();
        while axis < lengths.len() {
            if lengths[axis] == -1 {
                return true;
            }
            axis += 1;
        }
        false
    }

    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the number of elements of the target differs from the input, more than one length is -1, or a length is less
    /// than -1.
    ///
    /// ```
    /// use keras::{layers::Reshape, shape::Dims};
    ///
    /// assert_eq!(Reshape::layer(&[4, -1]).build(Dims::new(&[12]))?.output(), Dims::new(&[4, 3]));
    /// assert!(Reshape::layer(&[5, 2]).build(Dims::new(&[12])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let (lengths, count) = (self.target_shape.as_slice(), self.target_shape.count());
        if count > MAX_RANK {
            return Err(ShapeError::new("its target_shape has {0} axes; a sample has at most 5").number(count));
        }
        let (mut output, mut known, mut open) = (Dims::SCALAR, 1usize, None);
        let mut axis = 0;
        while axis < lengths.len() {
            let length = lengths[axis];
            if length == -1 && open.is_none() {
                open = Some(axis);
                output = output.append(1);
            } else if length < 0 {
                return Err(ShapeError::new("its target_shape may contain -1 once, and no other negative length"));
            } else {
                known = known.saturating_mul(length as usize);
                output = output.append(length as usize);
            }
            axis += 1;
        }
        if let Some(axis) = open {
            if known == 0 || !input.size().is_multiple_of(known) {
                return Err(ShapeError::new(
                    "the -1 of its target_shape cannot be inferred: the other lengths multiply to {0}, which does not \
                     divide the {1} elements of its input {a}",
                )
                .number(known)
                .number(input.size())
                .dims(input));
            }
            output = output.with_length(axis, input.size() / known);
        }
        if output.size() != input.size() && output.is_valid() {
            return Err(ShapeError::new(
                "its target_shape {a} has {0} elements, but its input {b} has {1}; the total size must not change",
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
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        pass.copy();
    }

    fn backward(&self, pass: Backward<'_>) {
        pass.copy();
    }
}
