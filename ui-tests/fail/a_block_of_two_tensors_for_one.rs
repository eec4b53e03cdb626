use keras::prelude::*;

model! {
    struct Net(x: Input(8)) {
        fn block(x, units) { (x, Dense(units)(x)) }
        for units in [8, 4] { x = block(x, units); }
        Dense(2)(block(block(x, 8), 4))
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 8])[0]);
}
