//! Each program in `fail` has one mistake, and its whole message is recorded beside it. `TRYBUILD=overwrite` records anew:
//! read what comes out.

use std::{fs, path::Path};

/// Mistakes that `cargo check` reports.
#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

/// Legal programs, and mistakes that show when a model is instantiated: a set with a passing case is built, not checked.
#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail-when-built/*.rs");
}

/// One mistake is one error, in words that a user knows.
#[test]
fn messages() {
    for folder in ["fail", "fail-when-built"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("the folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "stderr") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a text");
            let errors = text.lines().filter(|line| line.starts_with("error")).count();
            assert_eq!(errors, 1, "{}: one mistake must be one error", path.display());
            for word in ["UInt<", "UTerm", "__private", "make_", "Nested"] {
                assert!(!text.contains(word), "{}: `{word}` means nothing to a user", path.display());
            }
        }
    }
}
