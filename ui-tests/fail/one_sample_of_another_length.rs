//! The compiler's own words. A trait in place of the array's type could word it, but then `sample.try_into()?` would no longer know
//! what it is to become, and a `&Box<[f32; 4]>` would not become a `&[f32; 4]`.

use keras::prelude::*;

sequential! { struct Net { Input(4), Dense(1) } }

fn main() {
    println!("{:?}", Net::new().predict_one(&[0.0, 1.0, 2.0]));
}
