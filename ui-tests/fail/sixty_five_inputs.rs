use keras::prelude::*;

model! {
    pub struct Net(
        x0: Input(1), x1: Input(1), x2: Input(1), x3: Input(1), x4: Input(1), x5: Input(1),
        x6: Input(1), x7: Input(1), x8: Input(1), x9: Input(1), x10: Input(1), x11: Input(1),
        x12: Input(1), x13: Input(1), x14: Input(1), x15: Input(1), x16: Input(1), x17: Input(1),
        x18: Input(1), x19: Input(1), x20: Input(1), x21: Input(1), x22: Input(1), x23: Input(1),
        x24: Input(1), x25: Input(1), x26: Input(1), x27: Input(1), x28: Input(1), x29: Input(1),
        x30: Input(1), x31: Input(1), x32: Input(1), x33: Input(1), x34: Input(1), x35: Input(1),
        x36: Input(1), x37: Input(1), x38: Input(1), x39: Input(1), x40: Input(1), x41: Input(1),
        x42: Input(1), x43: Input(1), x44: Input(1), x45: Input(1), x46: Input(1), x47: Input(1),
        x48: Input(1), x49: Input(1), x50: Input(1), x51: Input(1), x52: Input(1), x53: Input(1),
        x54: Input(1), x55: Input(1), x56: Input(1), x57: Input(1), x58: Input(1), x59: Input(1),
        x60: Input(1), x61: Input(1), x62: Input(1), x63: Input(1), x64: Input(1),
    ) {
        let first = Concatenate()([
            x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15,
            x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30, x31,
            x32, x33, x34, x35, x36, x37, x38, x39, x40, x41, x42, x43, x44, x45, x46, x47,
            x48, x49, x50, x51, x52, x53, x54, x55, x56, x57, x58, x59, x60, x61, x62, x63,
        ]);
        Dense(1)(Concatenate()([first, x64]))
    }
}

fn main() -> keras::Result<()> {
    let net = Net::new();
    println!("{}", net.weights().len());
    Ok(())
}
