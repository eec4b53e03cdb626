//! Handwritten digits of 8×8 pixels.

use std::{io::Read, path::PathBuf};

use flate2::read::MultiGzDecoder;

use super::Images;
use crate::{
    Error, Result,
    data::{Dataset, Labels, Tensor},
    saving::take,
};

const FILE: &[u8] = include_bytes!("digits.bin");
const PIXELS: usize = 64;
/// Every fifth digit is held out.
const HELD_OUT: usize = 5;

/// 1,797 handwritten digits of 8×8 pixels with values from 0 to 1: a training set of 1,438 and a test set of 359.
///
/// They are the test set of the UCI "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, CC BY 4.0,
/// <https://doi.org/10.24432/C50P49>), and bundled with this crate: nothing is downloaded. Of every five digits in the
/// original order, the third is in the test set.
///
/// # Errors
/// Only if the bundled file is corrupt.
///
/// ```
/// let (train, test) = keras::datasets::digits()?;
/// assert_eq!((train.x.len(), test.x.len()), (1438, 359));
/// assert_eq!(train.y.values()[0], 0);
/// # Ok::<(), keras::Error>(())
/// ```
pub fn digits() -> Result<(Images<8, 8, 1>, Images<8, 8, 1>)> {
    let mut file = FILE;
    // As files of MNIST are read, so that this is compiled once.
    let file: &mut dyn Read = &mut file;
    let bytes = take(&mut MultiGzDecoder::new(file), usize::MAX)
        .map_err(|source| Error::Io { path: PathBuf::from("digits.bin"), source })?;
    let part = |held_out: bool| -> Result<Images<8, 8, 1>> {
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for (at, digit) in bytes.chunks_exact(PIXELS + 1).enumerate() {
            if (at % HELD_OUT == HELD_OUT / 2) == held_out {
                values.extend(digit[..PIXELS].iter().map(|&pixel| f32::from(pixel) / 16.0));
                labels.push(u32::from(digit[PIXELS]));
            }
        }
        Ok(Dataset { x: Tensor::from_vec(values)?, y: Labels::from_vec(labels) })
    };
    Ok((part(false)?, part(true)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_classes_are_in_both_parts() {
        let (train, test) = digits().unwrap();
        assert_eq!(train.x.len() + test.x.len(), 1797);
        for part in [&train, &test] {
            assert!(part.x.values().iter().all(|v| (0.0..=1.0).contains(v)));
            for class in 0..10 {
                let count = part.y.values().iter().filter(|&&label| label == class).count();
                assert!(count * 20 > part.y.len(), "class {class}: {count}");
            }
        }
    }
}
