use keras::prelude::*;

model! {
    struct Net(input: Input(8)) {
        let y = Dense(8)(input);
        let z = Concatenate()([x, y]);
        Dense(2)(x + Dense(8)(z))
    }
}

fn main() {
    println!("{}", Net::new().predict_one(&[0.0; 8])[0]);
}
