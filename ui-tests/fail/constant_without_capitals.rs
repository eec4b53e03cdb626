use keras::prelude::*;

#[allow(non_upper_case_globals)]
const scale: f32 = 0.5;

model! {
    struct Net(x: Input(4)) {
        x * scale
    }
}

fn main() {
    let _ = Net::new();
}
