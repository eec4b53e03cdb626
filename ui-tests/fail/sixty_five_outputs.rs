use keras::prelude::*;

model! {
    pub struct Net(x: Input(4)) {
        (
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
            Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x), Dense(1)(x),
        )
    }
}

fn main() -> keras::Result<()> {
    let predictions = Net::new().predict(&Tensor::from([[0.0; 4]]))?;
    println!("{:?}", predictions.dense_63);
    Ok(())
}
