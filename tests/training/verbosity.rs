//! What a run prints.

use std::{env, process::Command};

use keras::prelude::*;

use crate::support::{Net, classes};

/// Says to the same test in another process what to print.
const VERBOSE: &str = "TRAINING_VERBOSE";

#[test]
fn verbose_is_nothing_or_two_lines_an_epoch() {
    if let Ok(verbose) = env::var(VERBOSE) {
        let (x, y) = classes(20);
        let mut model = Net::with_seed(1);
        let mut compiled =
            model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
        let fit = compiled.fit(&x, &y).epochs(2).batch_size(6).validation_data(&x, &y);
        fit.verbose(verbose.parse().unwrap()).run().unwrap();
        return;
    }
    assert_eq!(printed("0"), Vec::<String>::new());
    for verbose in ["1", "2"] {
        // Without a terminal, the bar is left out.
        let lines = printed(verbose);
        assert_eq!(lines.len(), 4, "{lines:?}");
        for (epoch, lines) in lines.chunks(2).enumerate() {
            assert_eq!(lines[0], format!("Epoch {}/2", epoch + 1));
            let parts: Vec<&str> = lines[1].split(" - ").collect();
            assert_eq!((parts.len(), parts[0]), (7, "4/4"), "{}", lines[1]);
            assert!(parts[2].ends_with("/step"), "{}", lines[1]);
            for (part, name) in parts[3..].iter().zip(["accuracy", "loss", "val_accuracy", "val_loss"]) {
                let (found, figure) = part.split_once(": ").unwrap();
                assert_eq!(found, name);
                assert!(
                    figure.parse::<f64>().unwrap() >= 0.0 && figure.split_once('.').unwrap().1.len() == 4,
                    "{part}"
                );
            }
        }
    }
}

/// The lines that a run with this verbosity prints.
fn printed(verbose: &str) -> Vec<String> {
    let test = "verbosity::verbose_is_nothing_or_two_lines_an_epoch";
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--quiet"])
        .env(VERBOSE, verbose)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("1 passed"), "{text}");
    // The harness has its own lines.
    let is_ours = |line: &&str| line.starts_with("Epoch") || line.contains(" - ");
    text.lines().filter(is_ours).map(str::to_owned).collect()
}
