//! The compiler's own words, which name the function and show how it is written: there are no others for it.

use keras::{constraints::Projection, prelude::*, shape::Dims};

struct Rounded;

impl Projection for Rounded {}

const ROUNDED: Constraint = Constraint::own(&Rounded);

fn main() {
    ROUNDED.apply(Dims::new(&[1]), &mut [2.0]);
}
