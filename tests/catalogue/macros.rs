//! What the macros know of the built-in layers: a page of theirs that is written from the layers' schemas.

use std::{fmt::Write, fs, path::PathBuf};

use keras::schema::{Argument, Arity, Form, Schema};

use crate::{root, tables::RECORD};

fn path() -> PathBuf {
    root().join("keras-macros/src/table/layers.rs")
}

/// The page as it should be.
fn page() -> String {
    let mut page =
        "//! The built-in layers, written from their schemas by `RECORD_CATALOGUE=1 cargo test --test catalogue`.\n\n\
                    use super::{Row, optional, required, unsupported};\nuse crate::kinds::Kind;\n\n\
                    pub(super) const LAYERS: &[Row] = &[\n"
            .to_owned();
    keras::layers::schemas().for_each(|schema| page.push_str(&row(schema)));
    page + "];\n"
}

fn row(schema: &Schema) -> String {
    let arguments: String = schema.arguments.iter().map(|it| format!("\n        {},", argument(it))).collect();
    let close = if arguments.is_empty() { "" } else { "\n    " };
    let mut row = format!("    Row::new({:?}, &[{arguments}{close}])", schema.class_name);
    schema.aliases.iter().for_each(|alias| write!(row, ".alias({alias:?})").expect("texts grow"));
    if schema.inputs == Arity::Several {
        row.push_str(".of_several()");
    }
    if !schema.weights.is_empty() {
        row.push_str(".with_weights()");
    }
    row + ",\n"
}

fn argument(argument: &Argument) -> String {
    let name = argument.name;
    match argument.form {
        Form::Required(kind) => format!("required({name:?}, Kind::{kind:?})"),
        Form::Optional(kind, _) => format!("optional({name:?}, Kind::{kind:?})"),
        Form::Unsupported(values) => format!("unsupported({name:?}, &{values:?})"),
    }
}

#[test]
fn the_macros_know_the_arguments_of_every_layer() {
    let expected = page();
    if std::env::var_os(RECORD).is_some() {
        fs::write(path(), expected).unwrap();
        return;
    }
    let found = fs::read_to_string(path()).unwrap();
    assert!(found == expected, "{} is stale: `{RECORD}=1 cargo test --test catalogue` writes it", path().display());
}
