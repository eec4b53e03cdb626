use keras::{
    layers::{Backward, Built, Forward, Layer, StateVariable},
    prelude::*,
    shape::{Dims, ShapeError},
};

#[derive(Clone, Copy)]
pub struct Total;

impl Total {
    pub const fn layer() -> Self {
        Self
    }
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).state(StateVariable::per_sample("total", input)).ok()
    }
}

impl Layer for Total {
    fn forward(&self, _: Forward<'_>) {}
    fn backward(&self, _: Backward<'_>) {}
}

model! {
    pub struct Net(a: Input(2), b: Input(3)) {
        let total = Total();
        (total(a), total(b))
    }
}

fn main() {}
