use keras::prelude::*;

model! { struct Net(x: Input(4)) { (Dense(1, name = "a")(x), Dense(1, name = "b")(x)) } }

fn main() -> keras::Result<()> {
    let (x, y) = (Tensor::from([[0.0; 4]]), Tensor::from([[1.0]]));
    let losses = (MeanSquaredError::default(), MeanSquaredError::default());
    Net::new().compile(Adam::default(), losses, ()).fit(&x, &y).epochs(2).run()?;
    Ok(())
}
