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
