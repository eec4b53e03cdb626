//! An input is called as any text.

use keras::prelude::*;

sequential! { struct Net { Input(4, name = "petal width (cm)"), Dense(2), Dense(2, name = "petal") } }
sequential! { struct Umlauts { Input(4, name = "Länge"), Dense(2) } }

fn main() {
    assert_eq!(Net::DESCRIPTION.inputs[0].name, "petal width (cm)");
    assert_eq!(Umlauts::DESCRIPTION.inputs[0].name, "Länge");
    let _ = Net::new().predict_one(&[0.0; 4]);
}
