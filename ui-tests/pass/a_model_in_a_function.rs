use keras::prelude::*;

fn parameters() -> usize {
    sequential! { struct Local { Input(4), Dense(2) } }
    Local::PARAMETERS
}

fn main() {
    assert_eq!(parameters(), 10);
}
