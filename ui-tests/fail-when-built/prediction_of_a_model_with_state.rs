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

sequential! {
    pub struct Net<const UNITS: usize> -> Shape1<UNITS> {
        Input(UNITS),
        Total(),
    }
}

fn main() -> keras::Result<()> {
    println!("{:?}", Net::<2>::with_seed(1).predict(&Tensor::from([[1.0, 2.0]]))?);
    Ok(())
}
