//! Files of weights: what is saved is loaded, what does not fit is named in full, and no failure costs the old file.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use keras::{
    Error, Owned,
    prelude::*,
    saving::{Dtype, Load, LoadError, Mismatch, SaveError},
    shape::Dims,
};
use keras_core::{
    embedding::{self, AlignedBytes, as_numbers, gather},
    kernels::half::{from_bfloat16, to_bfloat16},
    model::{Model, StoredFloat, infer_one},
};
use safetensors::{Dtype as FileDtype, SafeTensors, tensor::TensorView};

sequential! { struct Encoder { Input(3), Dense(4, activation = "tanh"), BatchNormalization(name = "norm") } }

model! {
    struct Net(x: Input(3)) {
        let encoder = Encoder();
        Dense(2, name = "head")(encoder(x))
    }
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("keras-saving-tests-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that has failed has more to say than that its folder is still there.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Loads a file into a model of other weights, which must stay as they are.
#[track_caller]
fn refusal(path: &Path) -> LoadError {
    let mut model = Net::with_seed(2);
    let before = model.weights().to_vec();
    let error = model.load(path).unwrap_err();
    assert_eq!(model.weights(), before, "a refused file changes nothing");
    match error {
        Error::Load(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn trained_weights_come_back_with_their_moving_averages() {
    let folder = Folder::new("round-trip");
    let path = folder.path("net.safetensors");
    let mut model = Net::with_seed(1);
    let x = Tensor::from([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0], [0.0, 1.0, -2.0]]);
    let y = Tensor::from([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
    model.compile(Adam::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).epochs(3).verbose(0).run().unwrap();
    model.save(&path).unwrap();
    let mut again = Net::with_seed(2);
    again.load(&path).unwrap();
    assert_eq!(again.weights(), model.weights());
    assert_eq!(again.predict(&x).unwrap(), model.predict(&x).unwrap());
    // They are the last in the buffer: four means, four variances.
    let averages = |model: &Net| model.weights()[model.weights().len() - 8..].to_vec();
    assert!(averages(&again).iter().zip(averages(&Net::new())).all(|(after, before)| *after != before));
    assert_eq!(folder.names(), ["net.safetensors"]);
}

#[test]
fn what_was_measured_comes_back() {
    sequential! { struct Measured { Input(2), Normalization(), Embedding(9, 2), Flatten(), LayerNormalization(), Dense(1) } }

    let folder = Folder::new("measured");
    let path = folder.path("measured.safetensors");
    let x = Tensor::from([[1.0, -4.0], [3.0, 8.0], [8.0, 2.0]]);
    let mut model = Measured::with_seed(1);
    model.normalization_mut().adapt(&x).unwrap();
    model.save(&path).unwrap();
    let mut again = Measured::with_seed(2);
    again.load(&path).unwrap();
    assert_eq!(again.normalization().mean().as_slice(), Some(&[4.0, 2.0][..]));
    assert_eq!(again.predict_one(&[8.0, 2.0]), model.predict_one(&[8.0, 2.0]));
    assert_eq!(again.weights(), model.weights());

    // `embed!` does the same with the file when the program is compiled.
    const BYTES: usize = 4 * Measured::PARAMETERS;
    let file = fs::read(&path).unwrap();
    let bytes: &'static AlignedBytes<BYTES> =
        Box::leak(Box::new(gather(&file, "measured", Measured::DESCRIPTION, Dtype::Float32)));
    let embedded = <Measured<Embedded>>::from_embedded(as_numbers(bytes));
    assert_eq!(as_numbers::<f32, BYTES>(bytes), model.weights());
    for sample in x.samples() {
        let sample: &[f32; 2] = sample.try_into().unwrap();
        assert_eq!(embedded.predict_one(sample), model.predict_one(sample));
    }
}

#[test]
fn weights_that_are_no_ordinary_numbers_come_back_bit_by_bit() {
    let folder = Folder::new("bits");
    let odd = [f32::NAN, f32::INFINITY, -0.0, f32::MIN_POSITIVE / 2.0, f32::from_bits(0x7fa0_0001), f32::MAX];
    let mut model = Net::with_seed(1);
    model.weights_mut()[..odd.len()].copy_from_slice(&odd);
    model.save(folder.path("odd")).unwrap();
    let mut again = Net::with_seed(2);
    again.load(folder.path("odd")).unwrap();
    let bits = |model: &Net| model.weights().iter().map(|weight| weight.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&again), bits(&model));
}

#[test]
fn every_mismatch_is_listed_in_one_error() {
    let folder = Folder::new("mismatches");
    let path = folder.path("other.safetensors");
    Net::with_seed(1).save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let zeros = [0; 64];
    let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), &zeros[..bytes]).unwrap();
    let tensors = file.tensors().into_iter().filter_map(|(name, tensor)| match &name[..] {
        "encoder/norm/gamma" => None,
        "encoder/dense/bias" => Some((name, view(FileDtype::F32, &[1, 4], 16))),
        "head/kernel" => Some((name, view(FileDtype::F32, &[2, 4], 32))),
        "head/bias" => Some((name, view(FileDtype::I16, &[2], 4))),
        "encoder/norm/moving_mean" => Some((String::from("encoder/norm/mean"), tensor)),
        _ => Some((name, tensor)),
    });
    let other = safetensors::serialize(tensors.collect::<Vec<_>>(), None).unwrap();
    fs::write(&path, other).unwrap();
    let error = refusal(&path);
    let text = error.to_string();
    let LoadError::Mismatch { path: Some(named), model: "Net", mut mismatches } = error else { panic!("{text}") };
    assert_eq!(named, path);
    let own = |name: &str| name.to_owned();
    let mut expected = vec![
        Mismatch::Shape { name: own("encoder/dense/bias"), expected: Dims::new(&[4]), found: vec![1, 4] },
        Mismatch::Missing { name: own("encoder/norm/gamma"), expected: Dims::new(&[4]) },
        Mismatch::Missing { name: own("encoder/norm/moving_mean"), expected: Dims::new(&[4]) },
        Mismatch::Shape { name: own("head/kernel"), expected: Dims::new(&[4, 2]), found: vec![2, 4] },
        Mismatch::Type { name: own("head/bias"), found: own("I16") },
        Mismatch::Unexpected { name: own("encoder/norm/mean"), found: vec![4] },
    ];
    let key = |mismatch: &Mismatch| mismatch.to_string();
    assert_eq!(text.lines().count(), 1 + expected.len(), "{text}");
    mismatches.sort_by_key(key);
    expected.sort_by_key(key);
    assert_eq!(mismatches, expected);
    for mismatch in expected {
        assert!(text.contains(&mismatch.to_string()), "{text}");
    }
    assert!(text.contains("other.safetensors") && text.contains("`Net`"), "{text}");
}

#[test]
fn files_that_are_no_files_of_weights() {
    let folder = Folder::new("damaged");
    let path = folder.path("net.safetensors");
    Net::with_seed(1).save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let longer = [&whole[..], &[0; 4]].concat();
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let cuts = [0, 1, 7, 8, 9, 100, whole.len() / 2, whole.len() - 1].map(|length| whole[..length].to_vec());
    let others = [b"PK\x03\x04 is how a Keras file starts".to_vec(), b"\0\0\0\0\0\0\0\0".to_vec(), longer, huge];
    for bytes in cuts.into_iter().chain(others) {
        fs::write(&path, &bytes).unwrap();
        let error = refusal(&path);
        assert!(matches!(&error, LoadError::Damaged { path: Some(named), .. } if *named == path), "{error}");
        assert!(error.to_string().contains("net.safetensors` is not a complete safetensors file"), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn headers_that_lie() {
    let folder = Folder::new("lies");
    let path = folder.path("net.safetensors");
    Net::with_seed(1).save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let (header, data) = whole[8..].split_at(length);
    let header = std::str::from_utf8(header).unwrap().trim_end();
    let bias = r#""head/bias":{"dtype":"F32","shape":[2],"data_offsets":["#;
    let start = header.find(bias).unwrap() + bias.len();
    let offsets = header[start..].split(']').next().unwrap();
    let swap = |from: &str, to: &str| {
        assert!(header.contains(from), "{from} is not in {header}");
        header.replacen(from, to, 1)
    };
    let headers = [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        swap("}}", "}"),
        swap("\"shape\":[2]", "\"shape\":[NaN]"),
        swap("\"shape\":[2]", "\"shape\":[-2]"),
        swap("\"shape\":[2]", "\"shape\":[2.5]"),
        swap("\"shape\":[2]", "\"shape\":[18446744073709551615,2]"),
        swap("\"shape\":[2]", "\"shape\":[9223372036854775808,2]"),
        swap("\"shape\":[2]", "\"shape\":[3]"),
        swap("\"shape\":[2]", "\"shape\":\"2\""),
        swap("\"dtype\":\"F32\"", "\"dtype\":\"F33\""),
        swap("\"dtype\":\"F32\"", "\"dtype\":\"F64\""),
        swap(offsets, "8,0"),
        swap(offsets, "0,18446744073709551615"),
        swap(offsets, "0,8"),
        swap("{\"__metadata__\"", "{\"__metadata__\":{},\"__metadata__\""),
        header.replace('"', "'"),
        "[".repeat(100_000),
    ];
    for header in headers {
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat();
        fs::write(&path, &bytes).unwrap();
        let error = refusal(&path);
        let start: String = header.chars().take(60).collect();
        assert!(matches!(&error, LoadError::Damaged { path: Some(named), .. } if *named == path), "{start}: {error}");
    }
}

#[test]
fn files_that_cannot_be_read() {
    let folder = Folder::new("unreadable");
    for path in [folder.path("none.safetensors"), folder.0.clone()] {
        let error = refusal(&path);
        assert!(matches!(&error, LoadError::Read { path: named, .. } if *named == path), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn places_that_cannot_be_written() {
    let folder = Folder::new("unwritable");
    fs::write(folder.path("file"), b"").unwrap();
    let model = Net::with_seed(1);
    for path in [folder.path("none/net"), folder.path("file/net"), folder.0.clone(), folder.path(".."), PathBuf::new()]
    {
        let error = model.save(&path).unwrap_err();
        assert!(matches!(&error, Error::Save(SaveError::Write { path: named, .. }) if *named == path), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
    assert_eq!(folder.names(), ["file"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_nobody_may_write() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("read-only");
    let path = folder.path("net.safetensors");
    Net::with_seed(1).save(&path).unwrap();
    let before = fs::read(&path).unwrap();
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o555)).unwrap();
    // The permissions of a folder mean nothing to the superuser, but the kernel's own folders let nobody in.
    let is_superuser = fs::write(folder.path("probe"), b"").is_ok();
    let target = if is_superuser { PathBuf::from("/sys/kernel/net.safetensors") } else { path.clone() };
    let result = Net::with_seed(2).save(&target);
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).unwrap();
    let error = result.unwrap_err();
    let Error::Save(SaveError::Write { path: named, source }) = &error else { panic!("{error}") };
    assert_eq!((named, source.kind()), (&target, std::io::ErrorKind::PermissionDenied), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Files that are longer than the memory of the process that loads them.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_does_not_fit_takes_no_memory_for_its_data() {
    const TARGET: &str = "LOADING_TARGET";
    const LENGTH: u64 = 3 << 30;
    if let Some(path) = env::var_os(TARGET) {
        println!("{}", refusal(Path::new(&path)));
        return;
    }
    let folder = Folder::new("large");
    let path = folder.path("net.safetensors");
    Net::with_seed(1).save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let header = format!(r#"{{"large":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{}]}}}}"#, LENGTH / 4, LENGTH);
    let others = [(header.len() as u64).to_le_bytes().to_vec(), header.into_bytes()].concat();
    let longest_header = 100_000_000u64.to_le_bytes().to_vec();
    for (start, length, words) in [
        (vec![], LENGTH, "at byte 8, `{` is missing"),
        (longest_header, LENGTH, "at byte 8, `{` is missing"),
        (whole.clone(), LENGTH, &format!("at byte {}, the file continues after its data", whole.len())),
        (others.clone(), others.len() as u64 + LENGTH, "`large` (805306368,) is not a weight of the model"),
    ] {
        fs::write(&path, &start).unwrap();
        // A hole, which takes no room on the disk.
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let command =
            "ulimit -v 500000; exec \"$0\" --exact a_file_that_does_not_fit_takes_no_memory_for_its_data --nocapture";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", command]).arg(env::current_exe().unwrap()).env(TARGET, &path);
        let output = shell.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(words), "{output:?}");
    }
}

#[test]
#[cfg(unix)]
fn weights_come_through_a_pipe() {
    let folder = Folder::new("pipe");
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let model = Net::with_seed(1);
    let mut again = Net::with_seed(2);
    std::thread::scope(|scope| {
        scope.spawn(|| model.save(&pipe).unwrap());
        again.load(&pipe).unwrap();
    });
    assert_eq!(again.weights(), model.weights());
    let whole = keras::saving::to_bytes(Net::DESCRIPTION, model.weights());
    for bytes in [&whole[..whole.len() - 1], &whole[..100], &[&whole[..], b"more"].concat()] {
        std::thread::scope(|scope| {
            scope.spawn(|| fs::write(&pipe, bytes).unwrap());
            let error = refusal(&pipe);
            assert!(matches!(&error, LoadError::Damaged { path: Some(named), .. } if *named == pipe), "{error}");
        });
    }
}

sequential! {
    struct Digits {
        Input(8, 8, 1),
        Conv2D(8, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(32, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

/// The share of the digits of both sets that scores get right, in percent.
fn right(scores: impl Fn(&[f32; 64]) -> [f32; 10]) -> f64 {
    let (train, test) = keras::datasets::digits().unwrap();
    let (mut right, mut count) = (0, 0);
    for set in [&train, &test] {
        for (image, label) in set.x.samples().zip(set.y.values()) {
            let scores = scores(image.try_into().unwrap());
            let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
            right += usize::from(best == *label as usize);
            count += 1;
        }
    }
    100.0 * right as f64 / count as f64
}

/// What `embed!` makes of a file when a program is compiled.
fn embedded<N: StoredFloat, const BYTES: usize>(path: &Path, dtype: Dtype) -> Digits<Embedded<N>> {
    let file = fs::read(path).unwrap();
    assert_eq!(embedding::dtype(&file), dtype);
    let bytes: AlignedBytes<BYTES> = gather(&file, "digits", Digits::DESCRIPTION, dtype);
    Digits::from_embedded(as_numbers(Box::leak(Box::new(bytes))))
}

#[test]
fn weights_of_sixteen_bits_classify_as_well() {
    let folder = Folder::new("half");
    let mut digits = Digits::new();
    digits.load(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/weights/digits.safetensors")).unwrap();
    let before = right(|image| digits.predict_one(image));
    assert!(before > 95.0, "{before}");

    let paths = [Dtype::Float16, Dtype::BFloat16].map(|dtype| {
        let path = folder.path(&dtype.to_string());
        digits.save_as(&path, dtype).unwrap();
        path
    });
    let float16 = embedded::<Float16, { 2 * Digits::PARAMETERS }>(&paths[0], Dtype::Float16);
    let bfloat16 = embedded::<BFloat16, { 2 * Digits::PARAMETERS }>(&paths[1], Dtype::BFloat16);
    let shares = [right(|image| float16.predict_one(image)), right(|image| bfloat16.predict_one(image))];
    assert!(shares.iter().all(|share| (share - before).abs() <= 0.1), "{shares:?}, and {before} before");

    // Loaded into 32 bits, the same weights give the same scores, bit by bit.
    let (_, test) = keras::datasets::digits().unwrap();
    let mut workspace = [f32::NAN; Digits::HALF_WORKSPACE];
    for (at, path) in paths.iter().enumerate() {
        digits.load(path).unwrap();
        for image in test.x.samples().take(20) {
            let image = image.try_into().unwrap();
            let scores = match at {
                0 => *float16.predict_one_in(image, &mut workspace),
                _ => *bfloat16.predict_one_in(image, &mut workspace),
            };
            assert_eq!(scores, digits.predict_one(image));
        }
    }
    // Many at a time.
    assert_eq!(Predict::new(&bfloat16).run(&test.x).unwrap(), digits.predict(&test.x).unwrap());
}

#[test]
fn folded_inner_and_generic_models_are_widened_too() {
    sequential! {
        struct Folded {
            Input(6, 6, 2),
            Conv2D(4, 3),
            BatchNormalization(),
            ReLU(),
            Flatten(),
            Dense(300),
            BatchNormalization(),
            Dense(3),
        }
    }
    model! {
        struct Outer(x: Input(6, 6, 2)) {
            let y = Folded()(x);
            Dense(2)(Concatenate()([y, Flatten()(x)]))
        }
    }
    sequential! { struct Generic<const N: usize> -> Shape1<3> { Input(N), Dense(N), Dense(3) } }

    /// The weights as `bfloat16`, and the scores that they give in 32 bits and widened.
    fn check<M: Model<Storage = Owned>, H: Model<Storage = Embedded<BFloat16>>>(input: &[f32], workspace: usize) {
        let mut model = M::from_storage(Owned::new(M::DESCRIPTION, 7));
        let mut halves = Vec::new();
        for (at, weight) in model.storage_mut().weights_mut().iter_mut().enumerate() {
            // Moving averages that do something.
            let bits = to_bfloat16(*weight + 0.01 * (at % 7) as f32);
            *weight = from_bfloat16(bits);
            halves.push(BFloat16::from_bits(bits));
        }
        let half = H::from_storage(Embedded::new(halves.leak()));
        let length = workspace + M::DESCRIPTION.largest_layer();
        let (mut plain, mut widening) = (vec![0.0; workspace], vec![f32::NAN; length]);
        let [expected] = infer_one(&model, &[keras::layers::Elements::Float32(input)], &mut plain).unwrap();
        let [found] = infer_one(&half, &[keras::layers::Elements::Float32(input)], &mut widening).unwrap();
        assert_eq!(found, expected);
        assert!(expected.iter().all(|value| value.is_finite() && *value != 0.0), "{expected:?}");
        assert!(infer_one::<H, 1>(&half, &[keras::layers::Elements::Float32(input)], &mut widening[1..]).is_none());
    }

    let image: Vec<f32> = (0..72).map(|at| (at as f32).sin()).collect();
    check::<Folded, Folded<Embedded<BFloat16>>>(&image, Folded::WORKSPACE);
    check::<Outer, Outer<Embedded<BFloat16>>>(&image, Outer::WORKSPACE);
    check::<Generic<5>, Generic<5, Embedded<BFloat16>>>(&image[..5], Generic::<5>::WORKSPACE);
    assert_eq!(Outer::DESCRIPTION.largest_layer(), Folded::PARAMETERS);
    assert_eq!(Folded::HALF_WORKSPACE - Folded::WORKSPACE, 64 * 300 + 300);
}

/// A save that fails or is killed midway: another process may write no more than a few hundred bytes to a file.
#[cfg(unix)]
mod midway {
    use std::process::{Command, Output};

    use super::*;

    sequential! { struct Large { Input(300), Dense(100) } }

    /// Says to the same test in another process where to save.
    const TARGET: &str = "SAVING_TARGET";

    /// Runs the test of this name in another process, which saves the weights of seed 2 with little room.
    fn save_elsewhere(test: &str, path: &Path, prepare: &str) -> Output {
        let command = format!("{prepare} ulimit -f 8; exec \"$0\" --exact midway::{test} --nocapture");
        Command::new("sh").args(["-c", &command]).arg(env::current_exe().unwrap()).env(TARGET, path).output().unwrap()
    }

    /// Whether this is the other process; then the weights of seed 2 have been saved as far as they could.
    fn is_elsewhere() -> bool {
        let Some(path) = env::var_os(TARGET) else { return false };
        let error = Large::with_seed(2).save(path).unwrap_err();
        println!("{error:?}");
        true
    }

    fn old_file(folder: &Folder) -> (PathBuf, Vec<u8>) {
        let path = folder.path("large.safetensors");
        Large::with_seed(1).save(&path).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() > 100_000);
        (path, bytes)
    }

    #[test]
    fn a_full_disk_leaves_the_old_file() {
        if is_elsewhere() {
            return;
        }
        let folder = Folder::new("full");
        let (path, before) = old_file(&folder);
        // With the signal ignored, the write itself fails.
        let output = save_elsewhere("a_full_disk_leaves_the_old_file", &path, "trap '' XFSZ;");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("FileTooLarge"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(folder.names(), ["large.safetensors"], "nothing half is left");
    }

    /// The same, of a checkpoint in the midst of training.
    fn trains_elsewhere() -> bool {
        let Some(path) = env::var_os(TARGET) else { return false };
        let (x, y) = (Tensor::<Shape1<300>>::from_vec(vec![0.5; 600]), Tensor::<Shape1<100>>::from_vec(vec![0.5; 200]));
        let mut model = Large::with_seed(2);
        let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
        let checkpoint = ModelCheckpoint::new(path.to_str().unwrap());
        let fit = compiled.fit(x.unwrap(), y.unwrap()).epochs(3).verbose(0).callbacks((checkpoint,));
        let error = fit.run().unwrap_err();
        assert!(matches!(&error, Error::Save(SaveError::Write { .. })), "{error:?}");
        println!("{error:?}");
        true
    }

    #[test]
    fn a_checkpoint_on_a_full_disk_leaves_the_one_before() {
        if trains_elsewhere() {
            return;
        }
        let folder = Folder::new("checkpoint");
        let (path, before) = old_file(&folder);
        let test = "a_checkpoint_on_a_full_disk_leaves_the_one_before";
        let output = save_elsewhere(test, &path, "trap '' XFSZ;");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("FileTooLarge"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(folder.names(), ["large.safetensors"], "nothing half is left");
        let output = save_elsewhere(test, &path, "");
        assert_eq!(output.status.code(), None, "killed by a signal: {output:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_killed_process_leaves_the_old_file() {
        if is_elsewhere() {
            return;
        }
        let folder = Folder::new("killed");
        let (path, before) = old_file(&folder);
        let output = save_elsewhere("a_killed_process_leaves_the_old_file", &path, "");
        assert_eq!(output.status.code(), None, "killed by a signal: {output:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(folder.names().len(), 2, "the half of the new one is beside it");
        Large::with_seed(3).save(&path).unwrap();
        assert_eq!(folder.names(), ["large.safetensors"], "the next save removes it");
        let mut again = Large::new();
        again.load(&path).unwrap();
        assert_eq!(again.weights(), Large::with_seed(3).weights());
    }
}

sequential! { struct Nested { Input(3), BatchNormalization(), Dense(2), BatchNormalization() } }
sequential! {
    struct Outer {
        Input(3),
        BatchNormalization(),
        Nested(name = "encoder", trainable = false),
        BatchNormalization(),
        Dense(1),
    }
}
sequential! { struct Another { Input(3), Dense(5) } }

/// Moving averages too, which do not lie beside the trainable weights, and nothing of the layers around.
#[test]
fn a_nested_model_is_saved_and_loaded_by_itself() {
    let path = std::env::temp_dir().join(format!("nested-{}.safetensors", std::process::id()));
    let mut encoder = Nested::new();
    encoder.weights_mut().iter_mut().zip(2u8..).for_each(|(weight, at)| *weight = f32::from(at));
    encoder.save(&path).unwrap();
    let mut net = Outer::new();
    let before = net.weights().to_vec();
    net.encoder_mut().load(&path).unwrap();
    assert_eq!(net.encoder().weight("dense/kernel").unwrap().0, encoder.dense().kernel().as_slice().unwrap());
    let averages = net.encoder().weight("batch_normalization_1/moving_variance").unwrap().0;
    assert_eq!(averages, encoder.batch_normalization_1().moving_variance().as_slice().unwrap());
    let changed = net.weights().iter().zip(&before).filter(|(after, before)| after != before).count();
    assert_eq!(changed, Nested::PARAMETERS);

    net.encoder().save(&path).unwrap();
    let mut again = Nested::new();
    again.load(&path).unwrap();
    assert_eq!(again.weights(), encoder.weights());

    Another::new().save(&path).unwrap();
    let loaded = net.weights().to_vec();
    assert!(net.encoder_mut().load(&path).is_err());
    assert_eq!(net.weights(), loaded);
    std::fs::remove_file(&path).unwrap();
}

sequential! { struct Figures { Input(6), Dense(4, name = "hidden"), BatchNormalization(name = "norm"), Dense(10, name = "scores") } }
sequential! {
    struct Letters {
        Input(6),
        Dense(4, name = "hidden"),
        BatchNormalization(name = "norm"),
        Dense(26, name = "scores"),
        Dense(2, name = "vowel", use_bias = false),
    }
}

/// The weights that have changed, by name.
fn changed(before: &[f32], after: &[f32]) -> Vec<&'static str> {
    let differs = |range: core::ops::Range<usize>| before[range.clone()] != after[range];
    let weights = Letters::DESCRIPTION.named_weights();
    weights.filter(|it| differs(it.offset..it.offset + it.dims.size())).map(|it| it.name.as_str()).collect()
}

#[test]
fn what_matches_is_loaded_by_name_and_reported() {
    let folder = Folder::new("by-name");
    let path = folder.path("digits.safetensors");
    let mut digits = Figures::with_seed(1);
    digits.weights_mut().iter_mut().for_each(|weight| *weight += 1.0);
    digits.save(&path).unwrap();

    let mut letters = Letters::with_seed(2);
    let before = letters.weights().to_vec();
    let Error::Load(error) = letters.load(&path).unwrap_err() else { panic!() };
    assert!(matches!(error, LoadError::Mismatch { mismatches, .. } if mismatches.len() == 3));
    let error = Load::new(&mut letters).by_name(true).run(&path).unwrap_err().to_string();
    let words = "does not match the model `Letters`:\n  \
                 `scores/kernel` is (4, 10) in the file, but the model's is (4, 26)\n  \
                 `scores/bias` is (10,) in the file, but the model's is (26,)";
    assert!(error.ends_with(words), "{error}");
    assert_eq!(letters.weights(), before, "an error changes nothing");

    let loaded = Load::new(&mut letters).by_name(true).skip_mismatch(true).run(&path).unwrap();
    let names = ["hidden/kernel", "hidden/bias", "norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance"];
    assert_eq!(loaded.names(), names);
    assert_eq!(changed(&before, letters.weights()), names);
    assert_eq!(letters.norm().weights(), digits.norm().weights());
    let report = "6 weights were loaded, 3 differences were skipped:\n  \
                  `scores/kernel` is (4, 10) in the file, but the model's is (4, 26)\n  \
                  `scores/bias` is (10,) in the file, but the model's is (26,)\n  \
                  `vowel/kernel` (26, 2) is missing";
    assert_eq!(loaded.to_string(), report);

    let mut from_model = Letters::with_seed(2);
    assert_eq!(Load::new(&mut from_model).skip_mismatch(true).run_on_model(&digits).unwrap(), loaded);
    assert_eq!(from_model.weights(), letters.weights());
    let mut from_bytes = Letters::with_seed(2);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(Load::new(&mut from_bytes).skip_mismatch(true).run_on_bytes(&bytes).unwrap(), loaded);
    assert_eq!(from_bytes.weights(), letters.weights());
    assert!(Load::new(&mut from_bytes).skip_mismatch(true).run_on_bytes(&bytes[..bytes.len() - 1]).is_err());
}

sequential! { struct Biased { Input(6), Dense(4, name = "hidden"), Dense(3) } }
sequential! { struct Unbiased { Input(6), Dense(4, name = "hidden", use_bias = false), Dense(3) } }

/// As in Keras, a layer is skipped as a whole; by name alone, each weight counts.
#[test]
fn a_layer_that_lacks_a_weight_is_skipped_as_a_whole() {
    let unbiased = Unbiased::with_seed(1);
    let load = |skip_mismatch, by_name| {
        let mut biased = Biased::with_seed(2);
        let load = Load::new(&mut biased).skip_mismatch(skip_mismatch).by_name(by_name);
        load.run_on_model(&unbiased).map(|loaded| loaded.to_string())
    };
    assert!(load(false, false).is_err());
    let by_name = "3 weights were loaded, 1 difference was skipped:\n  `hidden/bias` (4,) is missing";
    assert_eq!(load(false, true).unwrap(), by_name);
    let skipped = "2 weights were loaded, 2 differences were skipped:\n  `hidden/bias` (4,) is missing\n  \
                   `hidden/kernel` is skipped with its layer, of which another weight does not match";
    assert_eq!(load(true, false).unwrap(), skipped);
    let more = Load::new(&mut Unbiased::new()).by_name(true).run_on_model(&Biased::new()).unwrap();
    assert_eq!(more.mismatches()[0].to_string(), "`hidden/bias` (4,) is not a weight of the model");
}

#[test]
fn files_of_64_bit_floats_are_loaded() {
    let model = Figures::with_seed(1);
    let data: Vec<(String, Vec<usize>, Vec<u8>)> = Figures::DESCRIPTION
        .named_weights()
        .map(|weight| {
            let values = &model.weights()[weight.offset..][..weight.dims.size()];
            let bytes = values.iter().flat_map(|&value| (f64::from(value) + 1e-12).to_le_bytes()).collect();
            (weight.name.to_string(), weight.dims.lengths().collect(), bytes)
        })
        .collect();
    let views =
        data.iter().map(|(name, shape, bytes)| (name, TensorView::new(FileDtype::F64, shape.clone(), bytes).unwrap()));
    let bytes = safetensors::serialize(views, None).unwrap();
    let mut loaded = Figures::with_seed(2);
    Load::new(&mut loaded).run_on_bytes(&bytes).unwrap();
    assert!(loaded.weights().iter().zip(model.weights()).all(|(loaded, weight)| (loaded - weight).abs() < 1e-7));
}

sequential! {
    struct Recorded {
        Input(6),
        Dense(4, activation = "relu", name = "hidden"),
        BatchNormalization(name = "norm"),
        Dense(10, activation = "softmax", name = "scores"),
    }
}

/// Files that Python wrote of Keras models of other dtypes, see `tools/record_weights.py`.
#[test]
fn weights_of_keras_models_of_other_dtypes_are_loaded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let bytes = fs::read(folder.join("weights.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let numbers = |name: &str| -> Vec<f32> {
        let data = recorded.tensor(name).unwrap().data();
        data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    };
    let x = Tensor::<Shape1<6>>::from_vec(numbers("input")).unwrap();
    for dtype in ["float64", "float16", "bfloat16"] {
        let mut model = Recorded::with_seed(1);
        model.load(folder.join(format!("weights_{dtype}.safetensors"))).unwrap();
        let (found, expected) = (model.predict(&x).unwrap(), numbers(&format!("{dtype}/output")));
        assert_eq!(found.values().len(), expected.len());
        for (found, expected) in found.values().iter().zip(&expected) {
            assert!((found - expected).abs() <= 1e-5 * expected.abs() + 1e-7, "{dtype}: {found} is not {expected}");
        }
    }
}
