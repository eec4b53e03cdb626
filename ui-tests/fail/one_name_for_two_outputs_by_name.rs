use keras::prelude::*;

model! {
    struct Net(x: Input(6)) {
        NetOutputs { class: Dense(3, activation = "softmax")(x), class: Dense(1)(x) }
    }
}

fn main() -> keras::Result<()> {
    let outputs = Net::new().predict(&Tensor::from([[0.0; 6]]))?;
    println!("{:?}", outputs.class);
    Ok(())
}
