use keras::prelude::*;

sequential! {
    struct Net<const GROUPS: usize> -> Shape3<6, 6, 4> {
        Input(8, 8, 4),
        Conv2D(4, 3, groups = GROUPS),
    }
}

fn main() {
    println!("{}", Net::<3>::with_seed(1).weights().len());
}
