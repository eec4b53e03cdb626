use keras::prelude::*;

layer! { struct Pair(x, y) { (x + y) * 0.5 } }
layer! { struct Outer(x, y) { Pair()(Dense(3)(x), y) } }

model! { struct Net(x: Input(4), y: Input(5)) { Outer()([x, y]) } }

fn main() {
    Net::new();
}
