//! `load`, `embed!` and the crate `safetensors` accept the same files, and find the same weights in them.

use proptest::prelude::*;
use safetensors::SafeTensors;

use crate::{
    embedding,
    initializers::Initializer,
    layers::{Built, Weight},
    model::{ANY_LAYER, Description, LayerDescription},
    saving::{self, LoadError},
    shape::Dims,
};

static DENSE: Built = Built::new(Dims::new(&[2]))
    .weight(Weight::new("kernel", Dims::new(&[1, 2]), Initializer::Zeros))
    .weight(Weight::non_trainable("mean\"é", Dims::new(&[2]), Initializer::Zeros))
    .weight(Weight::new("scale", Dims::SCALAR, Initializer::Zeros));
static MODEL: Description =
    Description::new("Model", false, &[], &[LayerDescription::new("dense", "Dense", &DENSE, ANY_LAYER)], &[], &[]);
const NAMES: [&str; 3] = ["dense/kernel", "dense/scale", "dense/mean\"é"];
const BYTES: usize = 20;

/// A file with this header.
fn file(json: &[u8]) -> Vec<u8> {
    let data: Vec<u8> = (0..BYTES as u8).collect();
    [&(json.len() as u64).to_le_bytes(), json, &data].concat()
}

/// Damaged headers: based on a header as written by this crate, and on one with all that JSON permits.
fn headers() -> [String; 2] {
    let written = saving::to_bytes(&MODEL, &[0.0; BYTES / 4]);
    let written = String::from_utf8(written[8..written.len() - BYTES].to_vec()).unwrap();
    let odd = r#" {"dense/k\u0065rnel":{"shape":[1, 2 ],"more":[{},[],{"a":[-0.5e+1,true],"b":null}],"dtype":"F32","data_offsets":[4,12]},
        "dense/m\u0065an\"\u00e9" : {"data_offsets":[12,20],"dtype":"F32","shape":[2]},"__metadata__":{"\\":"\ud83d\ude00\n","é":""},
        "dense/scale":{"dtype":"F32","shape":[],"data_offsets":[0,4]}} "#;
    [written, odd.replace("\n        ", "\n")]
}

#[derive(Debug, PartialEq)]
enum Found {
    Weights(Vec<u8>),
    AnotherModels,
    Damaged,
}

fn loaded(file: &[u8]) -> Found {
    let mut weights = [0.0; BYTES / 4];
    match saving::from_bytes(&MODEL, &mut weights, file) {
        Ok(()) => Found::Weights(weights.iter().flat_map(|weight| weight.to_le_bytes()).collect()),
        Err(LoadError::Mismatch { .. }) => Found::AnotherModels,
        Err(_) => Found::Damaged,
    }
}

fn embedded(file: &[u8]) -> Found {
    let mut bytes = [0; BYTES];
    match embedding::fill(&mut bytes, file, "file", &MODEL, saving::Dtype::Float32) {
        Ok(()) => Found::Weights(bytes.to_vec()),
        Err(message) if message.as_str().contains("not a complete safetensors file") => Found::Damaged,
        Err(_) => Found::AnotherModels,
    }
}

fn of_the_crate(file: &[u8]) -> Found {
    let Ok(file) = SafeTensors::deserialize(file) else { return Found::Damaged };
    let lengths = [&[1, 2][..], &[], &[2]];
    let mut bytes = Vec::new();
    for (name, lengths) in NAMES.iter().zip(lengths) {
        match file.tensor(name) {
            Ok(tensor) if tensor.shape() == lengths && tensor.dtype() == safetensors::Dtype::F32 => {
                bytes.extend(tensor.data());
            }
            _ => return Found::AnotherModels,
        }
    }
    if file.len() == NAMES.len() { Found::Weights(bytes) } else { Found::AnotherModels }
}

/// The result that all three agree on.
#[track_caller]
fn agreed(file: &[u8]) -> Found {
    let found = loaded(file);
    let words = || String::from_utf8_lossy(&file[8.min(file.len())..]).into_owned();
    assert_eq!(embedded(file), found, "{}", words());
    assert_eq!(of_the_crate(file), found, "{}", words());
    found
}

#[test]
fn sound_files_are_read_alike() {
    let weights = |order: [std::ops::Range<u8>; 3]| Found::Weights(order.into_iter().flatten().collect());
    let [written, odd] = headers().map(|header| agreed(&file(header.as_bytes())));
    assert_eq!(written, weights([0..8, 8..12, 12..20]));
    assert_eq!(odd, weights([4..12, 0..4, 12..20]));
}

#[test]
fn every_byte_that_is_changed_left_out_or_doubled_is_taken_alike() {
    const OTHERS: &[u8] = b"\0\t\n\x1f \"\\/,:{}[]-+.019aeEfntuDFdx\x7f\x80\xa9\xc3\xe2\xff";
    let mut damaged = 0;
    for header in headers() {
        let header = header.trim_end().as_bytes();
        for at in 0..header.len() {
            let (before, after) = (&header[..at], &header[at + 1..]);
            for byte in OTHERS {
                damaged += usize::from(agreed(&file(&[before, &[*byte], after].concat())) == Found::Damaged);
            }
            agreed(&file(&[before, after].concat()));
            agreed(&file(&[before, &header[at..at + 1], &header[at..]].concat()));
            agreed(&file(&header[..at]));
        }
    }
    assert!(damaged > 5000, "{damaged}");
}

#[test]
fn every_length_is_taken_alike() {
    for header in headers() {
        let whole = file(header.as_bytes());
        for length in 0..whole.len() {
            assert_eq!(agreed(&whole[..length]), Found::Damaged);
        }
        for more in [&[0][..], &[0; 4], &[b'}'; 9]] {
            assert_eq!(agreed(&[&whole[..], more].concat()), Found::Damaged);
        }
        for length in [0u64, 1, header.len() as u64 - 1, header.len() as u64 + 1, 100_000_001, u64::MAX] {
            let mut lying = whole.clone();
            lying[..8].copy_from_slice(&length.to_le_bytes());
            assert_eq!(agreed(&lying), Found::Damaged);
        }
    }
}

#[test]
fn lies_are_found_alike() {
    let [header, _] = headers();
    for (from, to, expected) in [
        // Tensors that overlap, leave a gap, run backwards, or are out of bounds.
        ("[8,12]", "[4,8]", Found::Damaged),
        ("[8,12]", "[8,16]", Found::Damaged),
        ("[12,20]", "[16,24]", Found::Damaged),
        ("[8,12]", "[12,8]", Found::Damaged),
        ("[8,12]", "[8,18446744073709551616]", Found::Damaged),
        ("[8,12]", "[8,12,12]", Found::Damaged),
        ("[8,12]", "[8]", Found::Damaged),
        ("[8,12]", "[08,12]", Found::Damaged),
        ("[8,12]", "[8.0,12]", Found::Damaged),
        ("[8,12]", "[-0,12]", Found::Damaged),
        ("[8,12]", "null", Found::Damaged),
        // Shapes and dtypes.
        ("[1, 2]", "[2]", Found::AnotherModels),
        ("[1, 2]", "[2, 1, 1, 1, 1, 1, 1]", Found::AnotherModels),
        ("[1, 2]", "[1, 2, 18446744073709551615, 18446744073709551615]", Found::Damaged),
        ("[1, 2]", "[18446744073709551615, 0]", Found::Damaged),
        ("[1, 2]", "[]", Found::Damaged),
        (r#""F32","shape":[1, 2]"#, r#""F16","shape":[4]"#, Found::AnotherModels),
        (r#""F32","shape":[1, 2]"#, r#""F64","shape":[1]"#, Found::AnotherModels),
        (r#""F32","shape":[1, 2]"#, r#""F4","shape":[16]"#, Found::AnotherModels),
        (r#""F32","shape":[1, 2]"#, r#""F4","shape":[15]"#, Found::Damaged),
        (r#""F32","shape":[1, 2]"#, r#""F\u00332","shape":[1, 2]"#, Found::Weights((0..20).collect())),
        // Names.
        ("dense/scale", "dense/s\\q", Found::Damaged),
        ("dense/scale", "dense/s\\u00", Found::Damaged),
        ("dense/scale", "dense/s\\ud83d", Found::Damaged),
        ("dense/scale", "dense/s\\ud83d\\u0041", Found::Damaged),
        ("dense/scale", "dense/s\\ude00", Found::Damaged),
        ("dense/scale", "dense/s\\ud83d\\ude00", Found::AnotherModels),
        ("dense/scale", "dense/\\u0073cale", Found::Weights((0..20).collect())),
        ("dense/scale", "dense\\/scale", Found::Weights((0..20).collect())),
        ("dense/scale", "dense/scale\\u0000", Found::AnotherModels),
        ("dense/scale", "dense/scal", Found::AnotherModels),
        // Fields.
        (r#""shape":[],"#, "", Found::Damaged),
        (r#""shape":[],"#, r#""shape":[],"shape":[],"#, Found::Damaged),
        (r#""shape":[],"#, r#""shape":[],"sh\u0061pe":[],"#, Found::Damaged),
        (r#""shape":[],"#, r#""shape":[],"":[1,"#, Found::Damaged),
        (r#""shape":[],"#, r#""shape":[],"":[{"":{}}],"#, Found::Weights((0..20).collect())),
        (r#""format":"#, r#""format":7,"other":"#, Found::Damaged),
        (r#"{"__metadata__":{"#, r#"{"__metadata__":null,"__metadata__":{"#, Found::Damaged),
        (
            r#"{"__metadata__":{"format":"keras-rust","model":"Model"},"#,
            r#"{"__metadata__":null,"#,
            Found::Weights((0..20).collect()),
        ),
        (
            r#"{"__metadata__":{"format":"keras-rust","model":"Model"},"#,
            r#"{"__metadata__":{},"#,
            Found::Weights((0..20).collect()),
        ),
        (r#"{"__metadata__":{"format":"keras-rust","model":"Model"},"#, "{", Found::Weights((0..20).collect())),
        (r#"{"__metadata__":{"format":"keras-rust","model":"Model"},"#, r#"{"__metadata__":"","#, Found::Damaged),
    ] {
        let header = header.trim_end();
        assert!(header.contains(from), "{from} is not in {header}");
        assert_eq!(agreed(&file(header.replacen(from, to, 1).as_bytes())), expected, "{to}");
    }
    for after in ["x", "}", "{}", "\u{0}", "\u{a0}"] {
        assert_eq!(agreed(&file(format!("{}{after}", header.trim_end()).as_bytes())), Found::Damaged);
    }
    let deep = |depth| {
        header.replacen(r#""shape":[],"#, &format!(r#""shape":[],"":{}{},"#, "[".repeat(depth), "]".repeat(depth)), 1)
    };
    assert_eq!(agreed(&file(deep(125).as_bytes())), Found::Weights((0..20).collect()));
    assert_eq!(agreed(&file(deep(126).as_bytes())), Found::Damaged);
    assert_eq!(agreed(&file(deep(100_000).as_bytes())), Found::Damaged);
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    // The crate uses the last one: here an empty tensor shadows the weight.
    let [header, _] = headers();
    let empty = r#"{"dense/scale":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},"#;
    for name in ["dense/scale", "dense/sc\\u0061le"] {
        let doubled = file(header.replacen('{', &empty.replace("dense/scale", name), 1).as_bytes());
        assert_eq!([loaded(&doubled), embedded(&doubled)], [Found::Damaged, Found::Damaged]);
        assert_eq!(of_the_crate(&doubled), Found::Weights((0..20).collect()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn several_changes_are_taken_alike(
        is_odd: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\"\\,:{}[]0159efF \xc3".to_vec())), 1..4),
    ) {
        let mut header = headers()[usize::from(is_odd)].trim_end().as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(header.len());
            header[at] = byte;
        }
        agreed(&file(&header));
    }
}
