//! Permutation of axes.

use crate::{
    layers::{Backward, Built, Dtypes, Forward, Layer},
    shape::{Dims, MAX_RANK, ShapeError, Strided},
};

layer! {
    /// Permutes the axes of a sample.
    ///
    /// See [Keras' `Permute`](https://keras.io/api/layers/reshaping_layers/permute/). Axes are numbered from 1: the
    /// batch is axis 0.
    ///
    /// # Shapes
    /// Input `(a, b, c)` and `Permute((3, 1, 2))` give the output `(c, a, b)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Transpose { Input(2, 3), Permute((2, 1)) } }
    /// assert_eq!(Transpose::new().predict_one(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Permute::layer(&[2, 1]), [2, 3], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])?, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Permute {
        /// Axes of the input in the order of the output
        dims: Shape,
    }
}

impl Permute {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// Unless the axes are those of the input, each once.
    ///
    /// ```
    /// use keras::{layers::Permute, shape::Dims};
    ///
    /// assert_eq!(Permute::layer(&[3, 1, 2]).build(Dims::new(&[4, 5, 6]))?.output(), Dims::new(&[6, 4, 5]));
    /// assert!(Permute::layer(&[1, 1, 2]).build(Dims::new(&[4, 5, 6])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let (mut output, mut seen) = (Dims::SCALAR, [false; MAX_RANK]);
        let dims = self.dims.as_slice();
        let mut fits = self.dims.count() == input.rank();
        let mut at = 0;
        while at < dims.len() && fits {
            match input.resolve_axis(dims[at]) {
                Some(axis) if dims[at] > 0 && !seen[axis] => {
                    seen[axis] = true;
                    output = output.append(input.length(axis));
                }
                _ => fits = false,
            }
            at += 1;
        }
        if !fits {
            return Err(ShapeError::new(
                "its dims must be a permutation of the axes 1 to {0} of its input {a} (0 is the batch)",
            )
            .dims(input)
            .number(input.rank()));
        }
        Built::new(output).dtypes(Dtypes::Moved).ok()
    }

    /// A view of a batch of inputs with the axes permuted. Missing axes come first, with length 1.
    fn axes(&self, batch: usize, input: Dims) -> Strided {
        let (mut lengths, mut strides) = ([1; MAX_RANK + 1], [0; MAX_RANK + 1]);
        let places = lengths.iter_mut().zip(&mut strides).rev();
        for ((length, stride), dim) in places.zip(self.dims.as_slice().iter().rev()) {
            let axis = input.resolve_axis(*dim).unwrap_or_default();
            (*length, *stride) = (input.length(axis), input.after(axis).size());
        }
        [lengths[0], strides[0]] = [batch, input.size()];
        Strided::new(lengths, strides)
    }
}

impl Layer for Permute {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let (input, [dims]) = (pass.inputs.get(0).words(), pass.input_dims.array());
        self.axes(pass.batch, dims).gather(input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        if !input_gradient.is_empty() {
            input_gradient.fill(0.0);
            self.axes(pass.batch, dims).scatter_add(output_gradient, input_gradient);
        }
    }
}
