//! Reductions: sums, means, maxima and minima along axes.

use crate::{
    kernels::{
        elementwise,
        reductions::{self, Reduction},
    },
    layers::{Backward, Built, Forward, Layer},
    shape::{Axes, Chosen, Dims, ShapeError},
};

/// The axes, and whether they are kept with length 1.
#[derive(Clone, Copy, Debug)]
struct Along {
    axes: Axes,
    keepdims: bool,
}

impl Along {
    const fn build(&self, reduction: Reduction, input: Dims) -> Result<Built, ShapeError> {
        let Some(chosen) = self.axes.chosen(input) else {
            return Err(ShapeError::new(
                "its axes must exist in its input {a}; use 1 to {0} (0 is the batch), or count back from -1, each axis \
                 once",
            )
            .number(input.rank())
            .dims(input));
        };
        if chosen.elements() == 0 {
            return Err(ShapeError::new(
                "it reduces over axes of length 0 of its input {a}; every length must be at least 1",
            )
            .dims(input));
        }
        let output = if self.keepdims { chosen.reduced() } else { chosen.others().lengths() };
        // One sample, with the reduced axes last.
        let room = if chosen.are_last() { 0 } else { input.size() };
        let built = Built::new(output).scratch(0, room).backward_scratch(0, room);
        match reduction {
            Reduction::Sum | Reduction::Mean => built.ok(),
            Reduction::Max | Reduction::Min => built.backward_reads_input().backward_reads_output().ok(),
        }
    }

    fn chosen(&self, input: Dims) -> Option<Chosen> {
        self.axes.chosen(input).filter(|chosen| chosen.elements() > 0 && input.size() > 0)
    }

    fn forward(&self, reduction: Reduction, pass: Forward<'_>) {
        let ([input], [dims], [output]) = (pass.inputs.array(), pass.input_dims.array(), pass.outputs.array());
        let Some(chosen) = self.chosen(dims) else { return };
        let (elements, size) = (chosen.elements().max(1), dims.size().max(1));
        let outputs = output.chunks_exact_mut((size / elements).max(1));
        for (sample, output) in input.chunks_exact(size).zip(outputs) {
            let rows = if chosen.are_last() {
                sample
            } else {
                chosen.last().gather(sample, pass.scratch.fixed);
                &*pass.scratch.fixed
            };
            reductions::forward(reduction, elements, rows, output);
        }
    }

    fn backward(&self, reduction: Reduction, pass: Backward<'_>) {
        let ([input], [dims], [output]) = (pass.inputs.array(), pass.input_dims.array(), pass.outputs.array());
        let [output_gradient] = pass.output_gradients.array();
        let [Some(input_gradient)] = pass.input_gradients.array() else { return };
        let Some(chosen) = self.chosen(dims) else { return };
        let (elements, size) = (chosen.elements().max(1), dims.size().max(1));
        let count = (size / elements).max(1);
        let mut inputs = input.chunks_exact(size);
        let mut outputs = output.chunks_exact(count);
        let gradients = output_gradient.chunks_exact(count);
        for (to, gradient) in input_gradient.chunks_exact_mut(size).zip(gradients) {
            let (sample, output) = (inputs.next().unwrap_or_default(), outputs.next().unwrap_or_default());
            if chosen.are_last() {
                if !sample.is_empty() {
                    elementwise::copy(sample, to);
                }
                reductions::backward_in_place(reduction, elements, output, gradient, to);
            } else {
                chosen.last().gather(sample, pass.scratch.fixed);
                reductions::backward_in_place(reduction, elements, output, gradient, pass.scratch.fixed);
                to.fill(0.0);
                chosen.last().scatter_add(pass.scratch.fixed, to);
            }
        }
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            along: Along,
        }

        impl $name {
            /// Reduces along these axes: axis 0 is the batch, negative axes count from the end.
            ///
            /// ```
            /// use keras::{ops, shape::Dims};
            ///
            #[doc = concat!("let built = ops::", stringify!($name), "::layer(&[1, -1]).build(Dims::new(&[2, 3, 4]))?;")]
            /// assert_eq!(built.output(), Dims::new(&[3]));
            /// # Ok::<(), keras::shape::ShapeError>(())
            /// ```
            pub const fn layer(axis: &[isize]) -> Self {
                Self { along: Along { axes: Axes::new(axis), keepdims: false } }
            }

            /// Whether to keep the reduced axes with length 1 (default: `false`).
            ///
            /// ```
            /// use keras::{ops, shape::Dims};
            ///
            #[doc = concat!("let layer = ops::", stringify!($name), "::layer(&[1, -1]).keepdims(true);")]
            /// assert_eq!(layer.build(Dims::new(&[2, 3, 4]))?.output(), Dims::new(&[1, 3, 1]));
            /// # Ok::<(), keras::shape::ShapeError>(())
            /// ```
            pub const fn keepdims(mut self, on: bool) -> Self {
                self.along.keepdims = on;
                self
            }

            /// Builds the operation for an input of this shape.
            ///
            /// # Errors
            /// If an axis does not exist, is the batch, or is repeated.
            ///
            /// ```
            /// use keras::{ops, shape::Dims};
            ///
            #[doc = concat!("assert!(ops::", stringify!($name), "::layer(&[3]).build(Dims::new(&[2, 3])).is_err());")]
            /// ```
            pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
                self.along.build(Reduction::$name, input)
            }
        }

        impl Layer for $name {
            fn forward(&self, pass: Forward<'_>) {
                self.along.forward(Reduction::$name, pass);
            }

            fn backward(&self, pass: Backward<'_>) {
                self.along.backward(Reduction::$name, pass);
            }
        }
    )*};
}

reductions! {
    /// Maximum along axes. Elements that are equal to it share the gradient.
    ///
    /// In a model: `max(x, axis, keepdims = false)` or `amax`, where `axis` is one axis or a tuple. See [Keras'
    /// `ops.max`](https://keras.io/api/ops/numpy/#max-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Largest(x: Input(2, 3)) { max(x, axis = 2) } }
    /// assert_eq!(Largest::new().predict_one(&[1.0, 5.0, 2.0, -3.0, -1.0, -2.0]), [5.0, -1.0]);
    /// ```
    Max;
    /// Mean along axes.
    ///
    /// In a model: `mean(x, axis, keepdims = false)`, where `axis` is one axis or a tuple. See [Keras'
    /// `ops.mean`](https://keras.io/api/ops/numpy/#mean-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Mean(x: Input(2, 2)) { mean(x, axis = (1, 2), keepdims = true) } }
    /// assert_eq!(Mean::new().predict_one(&[1.0, 5.0, 2.0, 4.0]), [3.0]);
    /// ```
    Mean;
    /// Minimum along axes. Elements that are equal to it share the gradient.
    ///
    /// In a model: `min(x, axis, keepdims = false)` or `amin`, where `axis` is one axis or a tuple. See [Keras'
    /// `ops.min`](https://keras.io/api/ops/numpy/#min-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Smallest(x: Input(2, 3)) { min(x, axis = 1) } }
    /// assert_eq!(Smallest::new().predict_one(&[1.0, 5.0, 2.0, -3.0, 7.0, 3.0]), [-3.0, 5.0, 2.0]);
    /// ```
    Min;
    /// Sum along axes.
    ///
    /// In a model: `sum(x, axis, keepdims = false)`, where `axis` is one axis or a tuple. See [Keras'
    /// `ops.sum`](https://keras.io/api/ops/numpy/#sum-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Sums(x: Input(2, 3)) { sum(x, axis = -1) } }
    /// assert_eq!(Sums::new().predict_one(&[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]), [6.0, 60.0]);
    /// ```
    Sum;
}
