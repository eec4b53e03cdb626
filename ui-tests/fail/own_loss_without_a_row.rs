//! The compiler's own words, which name the function and show how it is written: there are no others for it.

use keras::{losses::Values, prelude::*};

#[derive(Clone)]
struct Quartic;

impl Loss for Quartic {
    type Target = Values;

    fn name(&self) -> &'static str {
        "quartic"
    }
}

fn main() {
    println!("{}", Quartic.name());
}
