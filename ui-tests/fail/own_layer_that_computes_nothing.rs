use keras::{layers::Built, prelude::*, shape::{Dims, ShapeError}};

#[derive(Clone, Copy)]
struct Twice;

impl Twice {
    const fn layer() -> Self {
        Self
    }

    const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Ok(Built::new(input))
    }
}

sequential! { struct Net { Input(4), Twice() } }

fn main() {}
