//! The compiler's own words, which name the function and show how it is written: there are no others for it.

use keras::{optimizers::Common, prelude::*};

#[derive(Clone)]
struct Lazy(Common);

impl Optimizer for Lazy {
    fn name(&self) -> &'static str {
        "lazy"
    }
    fn slots(&self) -> usize {
        0
    }
    fn common(&self) -> &Common {
        &self.0
    }
    fn common_mut(&mut self) -> &mut Common {
        &mut self.0
    }
}

fn main() {
    println!("{}", Lazy(Common::new(0.1)).name());
}
