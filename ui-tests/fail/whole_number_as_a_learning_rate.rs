use keras::prelude::*;

fn main() {
    println!("{:?}", SGD::new(1));
}
