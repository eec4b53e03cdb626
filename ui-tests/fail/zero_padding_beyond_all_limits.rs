use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4, 4, 1),
        ZeroPadding2D(((usize::MAX, 0), (0, 0))),
        Flatten(),
    }
}

fn main() {
    println!("{}", Net::PARAMETERS);
}
