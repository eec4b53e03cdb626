use keras::prelude::*;

sequential! { struct A { Input(4), Dense(4) } }
sequential! { struct B { Input(4), A() } }
sequential! { struct C { Input(4), B() } }
sequential! { struct D { Input(4), C() } }
sequential! { struct E { Input(4), D() } }
sequential! { struct F { Input(4), E() } }
sequential! { struct G { Input(4), F() } }
sequential! { struct H { Input(4), G() } }

sequential! {
    pub struct Net {
        Input(4),
        H(),
        Dense(1),
    }
}

fn main() {
    let _ = Net::new().predict_one(&[0.0; 4]);
}
