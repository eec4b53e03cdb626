//! Elementwise functions.

use crate::{
    kernels::functions,
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $reads:ident $of_1_and_4:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $name {
            /// Creates the operation.
            ///
            /// ```
            /// use keras::prelude::*;
            ///
            #[doc = concat!("let alone = standalone!(keras::ops::", stringify!($name), "::layer(), [2], 7)?;")]
            #[doc = concat!("assert_eq!(alone.call(&[&[1.0, 4.0]])?, ", $of_1_and_4, ");")]
            /// # Ok::<(), keras::Error>(())
            /// ```
            pub const fn layer() -> Self {
                Self
            }

            /// Builds the operation for an input of this shape; any shape is accepted.
            ///
            /// # Errors
            /// Never.
            ///
            /// ```
            /// use keras::shape::Dims;
            ///
            #[doc = concat!("assert_eq!(keras::ops::", stringify!($name), "::layer().build(Dims::new(&[3]))?.output(), Dims::new(&[3]));")]
            /// # Ok::<(), keras::shape::ShapeError>(())
            /// ```
            pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
                Built::new(input).$reads().ok()
            }
        }

        impl Layer for $name {
            fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
                let [input] = pass.inputs.array();
                functions::forward(functions::$name, input, output);
            }

            fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient]) = (pass.outputs.array(), pass.output_gradients.array());
                let ([input], [Some(input_gradient)]) = (pass.inputs.array(), pass.input_gradients.array()) else { return };
                if !input_gradient.is_empty() {
                    functions::backward(functions::$name, input, output, output_gradient, input_gradient);
                }
            }
        }
    )*};
}

functions! {
    /// Elementwise absolute value; the gradient at 0 is 0.
    ///
    /// In a model: `abs(x)` or `absolute(x)`. See [Keras' `ops.abs`](https://keras.io/api/ops/numpy/#abs-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Distance(a: Input(2), b: Input(2)) { abs(a - b) } }
    /// assert_eq!(Distance::new().predict_one(&[1.0, 5.0], &[3.0, 1.0]), [2.0, 4.0]);
    /// ```
    Absolute backward_reads_input "[1.0, 4.0]";
    /// Elementwise natural logarithm.
    ///
    /// In a model: `log(x)`. See [Keras' `ops.log`](https://keras.io/api/ops/numpy/#log-function). It is NaN below 0
    /// and negative infinity at 0: `log(x + 1e-7)` is finite.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Surprise(x: Input(2)) { -log(x) } }
    /// assert_eq!(Surprise::new().predict_one(&[1.0, 0.0]), [0.0, f32::INFINITY]);
    /// ```
    Log backward_reads_input "[0.0, 1.3862944]";
    /// Elementwise reciprocal of the square root.
    ///
    /// In a model: `rsqrt(x)`. See [Keras' `ops.rsqrt`](https://keras.io/api/ops/core/).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Factor(x: Input(2)) { rsqrt(x) } }
    /// assert_eq!(Factor::new().predict_one(&[4.0, 0.25]), [0.5, 2.0]);
    /// ```
    Rsqrt backward_reads_output "[1.0, 0.5]";
    /// Elementwise square root.
    ///
    /// In a model: `sqrt(x)`. See [Keras' `ops.sqrt`](https://keras.io/api/ops/numpy/#sqrt-function). Its gradient at 0
    /// is infinite; that of `sqrt(x + 1e-7)` is finite.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Length(x: Input(2)) { sqrt(sum(x * x, axis = 1, keepdims = true)) } }
    /// assert_eq!(Length::new().predict_one(&[3.0, 4.0]), [5.0]);
    /// ```
    Sqrt backward_reads_output "[1.0, 2.0]";
    /// Elementwise square.
    ///
    /// In a model: `square(x)`. See [Keras' `ops.square`](https://keras.io/api/ops/numpy/#square-function).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Squares(x: Input(2)) { square(x) } }
    /// assert_eq!(Squares::new().predict_one(&[3.0, -4.0]), [9.0, 16.0]);
    /// ```
    Square backward_reads_input "[1.0, 16.0]";
}
