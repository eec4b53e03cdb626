use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        fn block(x) { block(x) }
        block(a)
    }
}

fn main() {}
