use keras::prelude::*;

fn main() {
    let rate = |epoch: usize| 0.1 / (1 + epoch) as f32;
    println!("{:?}", SGD::new(rate));
}
