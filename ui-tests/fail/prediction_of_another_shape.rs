use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(1) } }

fn main() -> keras::Result<()> {
    println!("{:?}", Net::new().predict(&Tensor::from([[0.0, 1.0, 2.0]]))?.values());
    Ok(())
}
