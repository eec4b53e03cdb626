use keras::prelude::*;

fn main() {
    let dense = standalone!(Dense(2, activaton = "relu"), (3,), 7).unwrap();
    println!("{:?}", dense.call(&[&[1.0, 2.0, 3.0]]));
}
