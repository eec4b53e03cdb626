//! The compiler's own words: which conversions there are.

use keras::prelude::*;

fn main() -> keras::Result<()> {
    let y = Labels::try_from([0.0, 1.0])?;
    println!("{}", y.len());
    Ok(())
}
