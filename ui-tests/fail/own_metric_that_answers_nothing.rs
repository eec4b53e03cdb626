use keras::{losses::{Prediction, TargetView}, metrics::Direction, prelude::*};

struct Count(f32);

impl Metric for Count {
    fn name(&self) -> &str {
        "count"
    }
    fn direction(&self) -> Direction {
        Direction::Maximize
    }
    fn update(&mut self, _: TargetView<'_>, prediction: &Prediction<'_>, _: Option<&[f32]>) {
        self.0 += prediction.count as f32;
    }
    fn result(&self) -> f32 {
        self.0
    }
    fn reset(&mut self) {
        self.0 = 0.0;
    }
}

fn main() {
    println!("{}", Count(0.0).name());
    println!("{}", Accuracy::default().result());
}
