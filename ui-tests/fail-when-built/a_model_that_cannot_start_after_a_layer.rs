use keras::{layer_output, prelude::*};

model! {
    struct Net(x: Input(4)) {
        let hidden = Dense(4, name = "hidden")(x);
        hidden + x
    }
}

fn main() {
    let hidden = layer_output!(Net, "hidden");
    println!("{:?}", hidden.predict_rest(&Net::new(), &Tensor::from([[1.0; 4]])));
}
