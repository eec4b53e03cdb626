use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(1) } }

fn main() -> keras::Result<()> {
    let (x, y) = (Tensor::from([[0.0; 4]]), Tensor::from([[1.0]]));
    let mut model = Net::new();
    let history = model.fit(&x, &y).epochs(3).run()?;
    println!("{:?}", history["loss"]);
    Ok(())
}
