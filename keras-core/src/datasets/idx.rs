//! IDX files, the format of MNIST.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::Images;
use crate::{
    Error, Result,
    data::{Dataset, Labels, Tensor},
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

/// Reads an IDX file of bytes, plain or gzip.
///
/// # Errors
/// If the file cannot be read, is not an IDX file of bytes, or is shorter or longer than its header says.
///
/// ```
/// use keras::datasets::read_idx;
///
/// let path = std::env::temp_dir().join(format!("labels-{}", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]).unwrap();
/// assert_eq!(read_idx(&path)?.values, [7, 2, 1]);
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 7]).unwrap();
/// assert!(read_idx(&path).unwrap_err().to_string().ends_with("its axes [3] call for 3 values, but there are 1"));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
pub fn read_idx(path: impl AsRef<Path>) -> Result<Idx> {
    let path = path.as_ref();
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(io)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).map_err(io)?;
        bytes = plain;
    }
    parse(&bytes).map_err(|what| Error::DamagedFile { path: path.to_owned(), what })
}

fn parse(bytes: &[u8]) -> Result<Idx, String> {
    let [0, 0, 8, rank, rest @ ..] = bytes else {
        return Err(format!(
            "an IDX file of bytes starts with 00 00 08 and the number of axes, but this one with {:02x?}",
            &bytes[..bytes.len().min(4)]
        ));
    };
    let rank = usize::from(*rank);
    let Some((header, values)) = rest.split_at_checked(rank * 4) else {
        return Err(format!("the header of {rank} axes is cut off"));
    };
    let axes: Vec<usize> =
        header.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    let expected = axes.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis));
    if expected != Some(values.len()) {
        return Err(format!(
            "its axes {axes:?} call for {} values, but there are {}",
            expected.map_or_else(|| "too many".to_owned(), |expected| expected.to_string()),
            values.len()
        ));
    }
    Ok(Idx { axes, values: values.to_vec() })
}

/// The images and labels of MNIST, or of a data set in its form, from a folder of IDX files, plain or gzip.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and the same with `t10k`, each with or without
/// `.gz`, or with a point before `idx`. Values are scaled to 0 to 1.
///
/// # Errors
/// If a file is missing or damaged, has images that are not 28×28, or another number of labels than of images.
///
/// As [Keras' MNIST](https://keras.io/api/datasets/mnist/).
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
/// assert_eq!((train.x.sample(0)[0], train.y.values()[0]), (0.2, 7));
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
        let what = format!("{} labels are expected, one an image, but the axes are {:?}", images.axes[0], labels.axes);
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
    use super::*;

    fn file(axes: &[u32], values: usize) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, axes.len() as u8];
        axes.iter().for_each(|axis| bytes.extend(axis.to_be_bytes()));
        bytes.extend((0..values).map(|at| at as u8));
        bytes
    }

    #[test]
    fn good_files_are_read() {
        let idx = parse(&file(&[2, 3], 6)).unwrap();
        assert_eq!((idx.axes, idx.values), (vec![2, 3], vec![0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn compressed_files_are_read_and_found() {
        use flate2::{Compression, write::GzEncoder};
        use std::io::Write;

        let folder = std::env::temp_dir().join(format!("compressed-mnist-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, axes) in [("images-idx3", &[2, 28, 28][..]), ("labels-idx1", &[2][..])] {
            for part in ["train", "t10k"] {
                let path = folder.join(format!("{part}-{name}-ubyte.gz"));
                let mut encoder = GzEncoder::new(File::create(path).unwrap(), Compression::default());
                encoder.write_all(&file(axes, axes.iter().product::<u32>() as usize)).unwrap();
                encoder.finish().unwrap();
            }
        }
        let (train, test) = mnist(&folder).unwrap();
        assert_eq!((train.x.len(), test.y.values()), (2, &[0, 1][..]));
        assert_eq!(train.x.sample(1)[0], f32::from(784u16 as u8) / 255.0);
        let path = folder.join("train-images-idx3-ubyte.gz");
        std::fs::write(&path, &std::fs::read(&path).unwrap()[..40]).unwrap();
        assert!(matches!(mnist(&folder), Err(Error::Io { path: found, .. }) if found == path));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn damaged_files_are_errors() {
        assert!(parse(&[]).unwrap_err().contains("starts with"));
        assert!(parse(&[0, 0, 8, 3, 0]).unwrap_err().contains("cut off"));
        assert!(parse(&file(&[2, 3], 5)).unwrap_err().contains("call for 6 values, but there are 5"));
        assert!(parse(&file(&[u32::MAX, u32::MAX, u32::MAX], 5)).unwrap_err().contains("too many"));
    }
}
