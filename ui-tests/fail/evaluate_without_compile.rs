use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(1) } }

fn main() -> keras::Result<()> {
    let (x, y) = (Tensor::from([[0.0; 4]]), Tensor::from([[1.0]]));
    println!("{}", Net::new().evaluate(&x, &y)?.loss);
    Ok(())
}
