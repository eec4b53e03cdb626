use keras::prelude::*;

fn main() {
    println!("{:?}", Adam::new("0.001"));
}
