//! Models and custom layers may have the names of layers that are not available.

use keras::{
    layers::{Backward, Built, Forward, Layer},
    prelude::*,
    shape::{Dims, ShapeError},
};

#[derive(Clone, Copy)]
struct RandomInvert(f32);

impl RandomInvert {
    const fn layer(factor: f32) -> Self {
        Self(factor)
    }

    const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Ok(Built::new(input))
    }
}

impl Layer for RandomInvert {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        output.iter_mut().zip(input).for_each(|(output, x)| *output = self.0 - x);
    }

    fn backward(&self, _: Backward<'_>) {}
}

sequential! { struct ReversibleEmbedding { Input(2), RandomInvert(10.0) } }
model! { struct Net(x: Input(2)) { RandomInvert(20.0)(ReversibleEmbedding()(x)) } }

fn main() {
    assert_eq!(Net::new().predict_one(&[3.0, 4.0]), [13.0, 14.0]);
}
