//! Each program in `fail` has one mistake, and its whole message is recorded beside it. `TRYBUILD=overwrite` records anew:
//! read what comes out.
//!
//! Messages change from one compiler to the next, so they are compared under the one that they were recorded with, which
//! `recorded-with` names. Under another one the programs that must compile still must.

use std::{
    env, fs,
    io::{self, Write},
    path::Path,
    process::Command,
};

/// The compiler of this run, and whether the messages are those of it.
fn compares() -> bool {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().expect("a compiler").stdout;
    let version = String::from_utf8(version).expect("a text");
    let release = version.split_whitespace().nth(1).expect("a version");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded-with");
    if env::var("TRYBUILD").is_ok_and(|value| value == "overwrite") {
        fs::write(&file, format!("{release}\n")).expect("a file that can be written");
    }
    let recorded = fs::read_to_string(&file).expect("a version");
    let is_same = recorded.trim() == release;
    if !is_same {
        // Not by `println!`, which shows nothing of a test that passes.
        let recorded = recorded.trim();
        let told =
            writeln!(io::stderr(), "skipped: the messages were recorded with Rust {recorded}, and this is {release}");
        told.expect("a place to say it");
    }
    is_same
}

/// Mistakes that `cargo check` reports.
#[test]
fn mistakes() {
    if compares() {
        trybuild::TestCases::new().compile_fail("fail/*.rs");
    }
}

/// Legal programs, and mistakes that show when a model is instantiated: a set with a passing case is built, not checked.
#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    if compares() {
        cases.compile_fail("fail-when-built/*.rs");
    }
}

/// What means nothing to a user: names that the macros or this crate made up, and the insides of types.
const INTERNAL: &[&str] = &[
    "UInt<",
    "UTerm",
    "typenum",
    "__",
    "_::_",
    "::CHECK",
    "LayerType",
    "build_",
    "reach_",
    "inside `new_",
    "Nested",
    "BuildResult",
    "Rank<",
    "Pick",
    "`Dims`",
    "[Dims]",
    "BUILT",
    "DESCRIPTION",
    "PLAN",
];

/// Types that programs with a layer, a regularizer, … of their own do write.
fn is_own(name: &str) -> bool {
    name.starts_with("own_")
}

/// One mistake is one error, at a place in the program, in words that a user knows.
#[test]
fn messages() {
    for (name, text) in recorded() {
        let errors = text.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "{name}: one mistake must be one error");
        for word in INTERNAL {
            let is_known = is_own(&name) || KNOWN.contains(&(&name, word));
            assert!(!text.contains(word) || is_known, "{name}: `{word}` means nothing to a user");
        }
        let place = text.lines().find(|line| line.trim_start().starts_with("-->")).expect("a place");
        let is_here = place.contains(&format!("{name}.rs"));
        assert!(is_here || BY_A_LATER_NOTE.contains(&&*name), "{name}: the error is not in the program, but {place}");
        assert!(text.contains(&format!("{name}.rs:")), "{name}: nothing points into the program");
    }
}

/// Names of generated constants and functions that rustc tells beside the words of an error:
///
/// - An argument whose value panics is computed in the generated function that makes the layer.
/// - The size of a whole model is checked in its description, and so are those of two sizes of one, and its state.
const KNOWN: &[(&str, &str)] = &[
    ("overflow_in_an_argument", "build_"),
    ("model_beyond_all_limits", "_::_"),
    ("model_beyond_all_limits", "DESCRIPTION"),
    ("with_shape_of_other_weights", "DESCRIPTION"),
    ("with_shape_of_other_layers", "DESCRIPTION"),
    ("prediction_of_a_model_with_state", "DESCRIPTION"),
    ("a_model_that_cannot_start_after_a_layer", "DESCRIPTION"),
];

/// Whether a loss goes with a number of classes is decided when `compile` is instantiated, and whether two sizes of a generic
/// model share their weights when `with_shape` is, whether a model has state when `predict` is, and whether it can start after a layer when `predict_rest` is: rustc points to that method,
/// and to the program's line by a note.
const BY_A_LATER_NOTE: &[&str] = &[
    "classes_for_one_score",
    "with_shape_of_other_weights",
    "with_shape_of_other_layers",
    "prediction_of_a_model_with_state",
    "a_model_that_cannot_start_after_a_layer",
];

/// Every layer has a program that misuses it.
#[test]
fn layers() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../keras-macros/src/table/layers.rs");
    let table = fs::read_to_string(table).expect("the table of layers");
    let layers: Vec<&str> = table
        .split("Row::new(")
        .skip(1)
        .filter_map(|row| row.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    assert!(layers.len() > 35, "{layers:?}");
    let messages: Vec<String> =
        recorded().into_iter().filter_map(|(_, text)| Some(text.lines().next()?.into())).collect();
    for layer in layers {
        let names_it = |message: &&String| message.split(|c: char| !c.is_alphanumeric()).any(|word| word == layer);
        assert!(messages.iter().find(names_it).is_some(), "no program in `fail` misuses {layer}");
    }
}

/// All recorded messages, by the names of their programs.
fn recorded() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = ["fail", "fail-when-built"].map(|name| fs::read_dir(folder.join(name)).expect("a folder"));
    let paths = entries.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let messages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "stderr"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a text"))
    };
    messages.map(read).collect()
}
