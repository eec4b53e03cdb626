use keras::prelude::*;

sequential! {
    struct Net {
        Input(2, 2, 2, 2, 2),
        TimeDistributed(TimeDistributed(TimeDistributed(TimeDistributed(TimeDistributed(ReLU()))))),
    }
}

fn main() {
    let _ = Net::new();
}
