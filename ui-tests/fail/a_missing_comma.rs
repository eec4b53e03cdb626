use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(3)
        Dense(1),
    }
}

fn main() -> keras::Result<()> {
    let mut net = Net::new();
    println!("{}, {}", Net::summary(), Net::PARAMETERS);
    let (x, y) = (Tensor::from([[0.0; 4]]), Tensor::from([[1.0]]));
    net.compile(Adam::default(), MeanSquaredError::default(), ()).fit(&x, &y).epochs(2).run()?;
    let _: Tensor<Shape1<1>> = net.predict(&x)?;
    net.save("net.safetensors")
}
