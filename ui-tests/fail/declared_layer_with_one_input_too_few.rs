use keras::prelude::*;

layer! { struct Sum(x, y, z) { x + y + z } }

model! { struct Net(x: Input(4), y: Input(4)) { Sum()(x, y) } }

fn main() {
    Net::new();
}
