use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let y = x;
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        for _ in 0..4 {
        y = x;
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        }
        Dense(4)(y)
    }
}

fn main() {}
