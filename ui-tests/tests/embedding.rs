//! A program with embedded weights is built anew when their file changes, and is no program when the file does not fit.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use keras::{prelude::*, saving::Dtype};

sequential! { struct Line { Input(2), Dense(1, name = "line") } }
sequential! { struct Plane { Input(3), Dense(1, name = "line") } }

/// Without `std`, little has to be built besides the program.
const MANIFEST: &str = r#"
[package]
name = "program"
edition = "2024"

[dependencies]
keras = { path = "{keras}", default-features = false }

[profile.dev]
debug = false

[workspace]
"#;

const PROGRAM: &str = r#"
use keras::prelude::*;

sequential! { struct Line { Input(2), Dense(1, name = "line") } }

static LINE: Line<Embedded> = embed!(Line, "../line.safetensors");

fn main() {
    println!("{:?}", LINE.predict_one(&[1.0, 10.0]));
}
"#;

/// Lays out a package in the target folder, where what it depends on stays built.
fn package() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("embedding");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("{keras}", here.to_str().unwrap())).unwrap();
    fs::write(folder.join("src/main.rs"), PROGRAM).unwrap();
    // The versions that are here already.
    fs::copy(here.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

fn run(package: &Path) -> Output {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["run", "--offline", "--color=never", "--target-dir=target"];
    Command::new(cargo).args(arguments).current_dir(package).output().unwrap()
}

/// What the program prints, and whether it was built for that.
fn printed(package: &Path) -> (String, bool) {
    let output = run(package);
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{stderr}");
    (stdout.trim().to_owned(), stderr.contains("Compiling program"))
}

#[test]
fn a_changed_file_is_embedded_anew_and_another_models_is_refused() {
    let package = package();
    let file = package.join("line.safetensors");
    let mut line = Line::new();
    line.weights_mut().copy_from_slice(&[1.0, 2.0, 0.5]);
    line.save(&file).unwrap();
    // Whether this builds depends on what an earlier run has left.
    assert_eq!(printed(&package).0, "[21.5]");
    assert_eq!(printed(&package), ("[21.5]".to_owned(), false), "nothing has changed");

    line.weights_mut().copy_from_slice(&[3.0, 4.0, 0.25]);
    line.save(&file).unwrap();
    assert_eq!(printed(&package), ("[43.25]".to_owned(), true));

    Plane::new().save(&file).unwrap();
    let output = run(&package);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    let expected = "line.safetensors: weight `line/kernel` is (3, 1) in the file, but the model's is (2, 1)";
    assert!(words.contains(expected), "{words}");
    assert!(words.contains("src/main.rs:6:44"), "the file's path is underlined: {words}");

    // Of a file of 16-bit floats, the type says so.
    line.save_as(&file, Dtype::Float16).unwrap();
    let output = run(&package);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(words.contains("expected `Line<Embedded>`, found `Line<Embedded<Float16>>`"), "{words}");
    for (dtype, number) in [(Dtype::Float16, "Embedded<Float16>"), (Dtype::BFloat16, "Embedded<BFloat16>")] {
        line.save_as(&file, dtype).unwrap();
        fs::write(package.join("src/main.rs"), PROGRAM.replace("Line<Embedded>", &format!("Line<{number}>"))).unwrap();
        assert_eq!(printed(&package).0, "[43.25]");
    }

    line.save(&file).unwrap();
    fs::write(package.join("src/main.rs"), PROGRAM).unwrap();
    assert_eq!(printed(&package).0, "[43.25]");
}
