use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(1) } }

fn main() -> keras::Result<()> {
    let (x, y) = (Tensor::from([[0.5; 4]]), Tensor::from([[1.0]]));
    let mut net = Net::new();
    let mut compiled = net.compile(Adam::default(), MeanSquaredError::default(), ());
    compiled.fit(&x, &y).callbacks(EarlyStopping::new("loss")).run()?;
    Ok(())
}
