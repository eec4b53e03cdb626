use keras::prelude::*;

sequential! {
    struct Net {
        Input(10, 3, 3, 1),
        TimeDistributed(Conv2D(8, 5)),
    }
}

fn main() {
    let _ = Net::new();
}
