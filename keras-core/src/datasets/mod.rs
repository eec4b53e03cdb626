//! Data sets: one that is bundled with the crate, and loaders of files. As [Keras' data
//! sets](https://keras.io/api/datasets/), but nothing is downloaded.
//!
//! ```
//! let (train, test) = keras::datasets::digits()?;
//! assert_eq!(train.x[0].len(), 8 * 8);
//! assert_eq!((train.y.len(), test.y.len()), (1438, 359));
//! # Ok::<(), keras::Error>(())
//! ```

mod digits;
mod idx;

pub use digits::digits;
pub use idx::{Idx, mnist, read_idx};

use crate::{
    data::{Dataset, Labels, Tensor},
    shape::Shape3,
};

/// Images with their labels.
///
/// ```
/// use keras::{datasets::Images, prelude::*};
///
/// let black: Images<2, 2, 1> = Images { x: Tensor::from_vec(vec![0.0; 12])?, y: Labels::try_from([0, 1, 0])? };
/// assert_eq!(black.x.len(), black.y.len());
/// # Ok::<(), keras::Error>(())
/// ```
pub type Images<const HEIGHT: usize, const WIDTH: usize, const CHANNELS: usize> =
    Dataset<Tensor<Shape3<HEIGHT, WIDTH, CHANNELS>>, Labels>;
