//! IDX files, the format of MNIST.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;

use super::Images;
use crate::{
    Error, Result,
    data::{Dataset, Labels, Tensor},
    saving::take,
};

/// The contents of an IDX file of bytes.
///
/// ```
/// use keras::datasets::read_idx;
///
/// let path = std::env::temp_dir().join(format!("idx-{}", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]).unwrap();
/// let idx = read_idx(&path)?;
/// assert_eq!((idx.axes, idx.values), (vec![2, 3], vec![1, 2, 3, 4, 5, 6]));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// The length of each axis.
    pub axes: Vec<usize>,
    /// The values, row-major.
    pub values: Vec<u8>,
}

/// Reads an IDX file of bytes, plain or gzip (with one or more members).
///
/// Reads at most the size given in the header, regardless of the decompressed size of the file.
///
/// # Errors
/// If the file cannot be read, is not an IDX file of bytes, or its length differs from that given in its header; if a
/// gzip file is corrupt, or has trailing data after its last member.
///
/// ```
/// use keras::datasets::read_idx;
///
/// let path = std::env::temp_dir().join(format!("labels-{}", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]).unwrap();
/// assert_eq!(read_idx(&path)?.values, [7, 2, 1]);
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 7]).unwrap();
/// assert!(read_idx(&path).unwrap_err().to_string().ends_with("its axes [3] require 3 values, but there are 1"));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
pub fn read_idx(path: impl AsRef<Path>) -> Result<Idx> {
    let path = path.as_ref();
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    let start = take(&mut file, 2).map_err(io)?;
    let is_compressed = start == [0x1f, 0x8b];
    let mut bytes = start.chain(file);
    let bytes: &mut dyn Read = &mut bytes;
    if is_compressed { read(path, &mut MultiGzDecoder::new(bytes)) } else { read(path, bytes) }
}

/// Reads the header, its values and one more byte: a small file can decompress to any length.
fn read(path: &Path, bytes: &mut dyn Read) -> Result<Idx> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let damaged = |what| Error::DamagedFile { path: path.to_owned(), what };

    let start = take(bytes, 4).map_err(io)?;
    let &[0, 0, 8, rank] = &start[..] else {
        return Err(damaged(format!(
            "an IDX file of bytes starts with 00 00 08 and the number of axes, but this file starts with {start:02x?}"
        )));
    };
    let header = take(bytes, 4 * usize::from(rank)).map_err(io)?;
    if header.len() < 4 * usize::from(rank) {
        return Err(damaged(format!("the header of {rank} axes is truncated")));
    }
    let axes: Vec<usize> = header.as_chunks().0.iter().map(|&length| u32::from_be_bytes(length) as usize).collect();
    let expected = axes.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis));
    // The maximum size of a vector.
    let Some(expected) = expected.filter(|&expected| isize::try_from(expected).is_ok()) else {
        return Err(damaged(format!("its axes {axes:?} require too many values")));
    };
    let values = take(bytes, expected + 1).map_err(io)?;
    if values.len() != expected {
        let found = if values.len() > expected { "more".to_owned() } else { values.len().to_string() };
        return Err(damaged(format!("its axes {axes:?} require {expected} values, but there are {found}")));
    }
    Ok(Idx { axes, values })
}

/// The images and labels of MNIST, or of a data set in the same format, from a directory of IDX files, plain or gzip.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and the same with `t10k`, each with or without
/// `.gz`, or with a dot before `idx`. Values are scaled to the range 0 to 1.
///
/// # Errors
/// If a file is missing or corrupt, if images are not 28×28, or if the numbers of labels and images differ.
///
/// See [Keras' MNIST](https://keras.io/api/datasets/mnist/).
///
/// ```
/// use keras::prelude::*;
///
/// let folder = std::env::temp_dir().join(format!("mnist-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # for (part, count) in [("train", 3u8), ("t10k", 2)] {
/// #     let images = [&[0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28][..], &vec![51; 784 * usize::from(count)]];
/// #     std::fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images.concat()).unwrap();
/// #     let labels = [&[0, 0, 8, 1, 0, 0, 0, count][..], &vec![7; usize::from(count)]];
/// #     std::fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels.concat()).unwrap();
/// # }
/// // Here the folder holds three images to train on, and two to test with.
/// let (train, test) = keras::datasets::mnist(&folder)?;
/// assert_eq!((train.x.len(), test.x.len()), (3, 2));
/// assert_eq!((train.x[0][0], train.y.values()[0]), (0.2, 7));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
pub fn mnist(folder: impl AsRef<Path>) -> Result<(Images<28, 28, 1>, Images<28, 28, 1>)> {
    let folder = folder.as_ref();
    Ok((part(folder, "train")?, part(folder, "t10k")?))
}

fn part(folder: &Path, part: &str) -> Result<Images<28, 28, 1>> {
    let images_path = find(folder, &format!("{part}-images"), "idx3-ubyte")?;
    let labels_path = find(folder, &format!("{part}-labels"), "idx1-ubyte")?;
    let (images, labels) = (read_idx(&images_path)?, read_idx(&labels_path)?);
    if !matches!(images.axes[..], [_, 28, 28]) {
        let what = format!("images of 28×28 are expected, but the axes are {:?}", images.axes);
        return Err(Error::DamagedFile { path: images_path, what });
    }
    if labels.axes != images.axes[..1] {
        let what = format!("{} labels are expected, one per image, but the axes are {:?}", images.axes[0], labels.axes);
        return Err(Error::DamagedFile { path: labels_path, what });
    }
    let values = images.values.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    Ok(Dataset { x: Tensor::from_vec(values)?, y: Labels::try_from(labels.values)? })
}

fn find(folder: &Path, stem: &str, kind: &str) -> Result<PathBuf> {
    let names = [format!("{stem}-{kind}"), format!("{stem}.{kind}")];
    let candidates = names.iter().flat_map(|name| [folder.join(name), folder.join(format!("{name}.gz"))]);
    candidates.into_iter().find(|path| path.exists()).ok_or_else(|| Error::Io {
        path: folder.join(&names[0]),
        source: std::io::Error::new(std::io::ErrorKind::NotFound, "no such file, with or without .gz"),
    })
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};
    use std::io::{self, Write};

    use super::*;

    fn file(axes: &[u32], values: usize) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, axes.len() as u8];
        axes.iter().for_each(|axis| bytes.extend(axis.to_be_bytes()));
        bytes.extend((0..values).map(|at| at as u8));
        bytes
    }

    fn parse(bytes: &[u8]) -> Result<Idx> {
        read(Path::new("idx"), &mut &*bytes)
    }

    fn words(bytes: &[u8]) -> String {
        parse(bytes).unwrap_err().to_string()
    }

    /// One member of a gzip file.
    fn member(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn good_files_are_read() {
        let idx = parse(&file(&[2, 3], 6)).unwrap();
        assert_eq!((idx.axes, idx.values), (vec![2, 3], vec![0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn compressed_files_are_read_and_found() {
        let folder = std::env::temp_dir().join(format!("compressed-mnist-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, axes) in [("images-idx3", &[2, 28, 28][..]), ("labels-idx1", &[2][..])] {
            for part in ["train", "t10k"] {
                let path = folder.join(format!("{part}-{name}-ubyte.gz"));
                std::fs::write(path, member(&file(axes, axes.iter().product::<u32>() as usize))).unwrap();
            }
        }
        let (train, test) = mnist(&folder).unwrap();
        assert_eq!((train.x.len(), test.y.values()), (2, &[0, 1][..]));
        assert_eq!(train.x[1][0], f32::from(784u16 as u8) / 255.0);
        let path = folder.join("train-images-idx3-ubyte.gz");
        std::fs::write(&path, &std::fs::read(&path).unwrap()[..40]).unwrap();
        assert!(matches!(mnist(&folder), Err(Error::Io { path: found, .. }) if found == path));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_compressed_file_may_have_several_members_and_nothing_after_them() {
        let path = std::env::temp_dir().join(format!("members-{}.gz", std::process::id()));
        let plain = file(&[300], 300);
        for cut in [0, 1, 7, 8, 9, 200, 308] {
            let (one, other) = plain.split_at(cut);
            std::fs::write(&path, [member(one), member(b""), member(other)].concat()).unwrap();
            assert_eq!(read_idx(&path).unwrap(), parse(&plain).unwrap(), "{cut}");
        }
        for trailing in [&b"\0"[..], b"more", &[0x1f, 0x8b], &member(b"")[..15], &[0; 600]] {
            std::fs::write(&path, [&member(&plain), trailing].concat()).unwrap();
            assert!(matches!(read_idx(&path), Err(Error::Io { .. })), "{trailing:02x?}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    /// Counts what is read of a file that has no end.
    struct Endless<'a>(&'a [u8], usize);

    impl Read for Endless<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(buffer)?;
            buffer[count..].fill(0);
            self.1 += buffer.len();
            Ok(buffer.len())
        }
    }

    #[test]
    fn no_more_is_read_than_the_header_calls_for() {
        let mut bytes = Endless(&file(&[3], 3), 0);
        let error = read(Path::new("idx"), &mut bytes).unwrap_err();
        assert_eq!(error.to_string(), "idx: its axes [3] require 3 values, but there are more");
        assert_eq!(bytes.1, 4 + 4 + 3 + 1);
    }

    #[test]
    fn damaged_files_are_errors() {
        assert!(words(&[]).contains("starts with"));
        assert!(words(&[0, 0, 8]).contains("starts with"));
        assert!(words(&[0, 0, 8, 3, 0]).contains("truncated"));
        assert!(words(&file(&[2, 3], 5)).contains("require 6 values, but there are 5"));
        assert!(words(&file(&[2, 3], 7)).contains("require 6 values, but there are more"));
        // Of a length that nobody reserves before the values have come.
        assert!(words(&file(&[u32::MAX, 1 << 31], 5)).contains("but there are 5"));
        assert!(words(&file(&[u32::MAX, u32::MAX], 5)).contains("too many"));
        assert!(words(&file(&[u32::MAX, u32::MAX, u32::MAX], 5)).contains("too many"));
    }
}
