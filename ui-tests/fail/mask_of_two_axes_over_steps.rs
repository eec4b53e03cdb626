use keras::prelude::*;

sequential! {
    struct Net {
        Input(4, 6, dtype = "int32"),
        Embedding(100, 8, mask_zero = true),
        TimeDistributed(Flatten()),
    }
}

fn main() {
    let _ = Net::new();
}
