use keras::{
    layers::{Backward, Built, Forward, Layer},
    prelude::*,
    shape::{Dims, ShapeError},
};

#[derive(Clone, Copy)]
struct Twice;

impl Twice {
    const fn layer() -> Self {
        Self
    }

    const fn build(&self, input: Dims, _other: Dims) -> Result<Built, ShapeError> {
        Ok(Built::new(input))
    }
}

impl Layer for Twice {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        output.iter_mut().zip(input).for_each(|(y, x)| *y = 2.0 * x);
    }

    fn backward(&self, _: Backward<'_>) {}
}

sequential! {
    struct Net {
        Input(4),
        Twice(),
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 4])[0]);
}
