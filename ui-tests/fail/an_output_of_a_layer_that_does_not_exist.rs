use keras::{layer_output, prelude::*};

sequential! { struct Net { Input(4), Dense(3, name = "hidden"), Dense(2) } }

fn main() {
    let hidden = layer_output!(Net, "hiden");
    println!("{:?}", hidden.predict(&Net::new(), &Tensor::from([[1.0; 4]])));
}
