use keras::{
    layers::{Backward, Built, Forward, Layer},
    prelude::*,
    shape::{Dims, ShapeError},
};

#[derive(Clone, Copy)]
struct Join;

impl Join {
    const fn layer() -> Self {
        Self
    }

    const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        Built::new(inputs[0]).ok()
    }
}

impl Layer for Join {
    fn forward(&self, _: Forward<'_>) {}
    fn backward(&self, _: Backward<'_>) {}
}

sequential! { struct Net { Input(10, 4), TimeDistributed(Join()) } }

fn main() {
    let _ = Net::new();
}
