use keras::prelude::*;

model! {
    struct Net(x: Input(8)) {
        fn inner(x, units) { Dense(units, activation = "rellu")(x) }
        fn outer(x, units) { inner(inner(x, units), 2 * units) }
        for units in [8, 4] { x = outer(x, units); }
        Dense(2)(outer(outer(x, 8), 4))
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 8])[0]);
}
