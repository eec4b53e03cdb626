use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(1) } }

fn main() -> keras::Result<()> {
    let (x, y) = (Tensor::from([[0.0; 4], [1.0; 4]]), Labels::try_from([0, 1])?);
    Net::new().compile(Adam::default(), BinaryCrossentropy::default(), ()).fit(&x, &y).epochs(2).run()?;
    Ok(())
}
