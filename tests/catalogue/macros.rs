//! What the macros know of the built-in layers: a page of theirs that is written from the layers' schemas. And which layers Keras has
//! besides them: a page of the macros, and one of types of their names.

use std::{collections::BTreeSet, fmt::Write, fs};

use keras::schema::{Argument, Arity, Form, Schema};

use crate::{here, keras as recorded, root, tables::RECORD};

const LAYERS: &str = "keras-macros/src/table/layers.rs";
const UNAVAILABLE: &str = "keras-macros/src/table/unavailable.rs";
const UNAVAILABLE_TYPES: &str = "keras-core/src/layers/unavailable/names.rs";

/// What Keras exports among its layers that a model does not list: inputs, base classes, and layers of other frameworks.
const NO_LAYERS: [&str; 9] = [
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Wrapper",
    "FlaxLayer",
    "JaxLayer",
    "TFSMLayer",
    "TorchModuleWrapper",
];

/// The layers of Keras that there are not here, by all of their names.
fn unavailable() -> BTreeSet<String> {
    let here: BTreeSet<&str> =
        keras::layers::schemas().flat_map(|it| it.aliases.iter().copied().chain([it.class_name])).collect();
    let items = recorded::recorded().remove("layers").unwrap();
    let names = items
        .iter()
        .flat_map(|item| item.names())
        .filter(|name| name.starts_with(char::is_uppercase) && !here.contains(name) && !NO_LAYERS.contains(name));
    names.map(str::to_owned).collect()
}

const WRITTEN: &str = "written from the names of Keras by `RECORD_CATALOGUE=1 cargo test --test catalogue`.";

/// The names for the macros.
fn page_of_unavailable() -> String {
    let names: String = unavailable().iter().map(|name| format!("    {name:?},\n")).collect();
    format!(
        "//! The layers of Keras that are not available, {WRITTEN}\n\npub(super) const UNAVAILABLE: &[&str] = &[\n{names}];\n"
    )
}

/// The names as types.
fn page_of_unavailable_types() -> String {
    let names: String = unavailable().iter().map(|name| format!("    {name},\n")).collect();
    format!("//! The names, {WRITTEN}\n\nunavailable! {{\n{names}}}\n")
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
    expect(LAYERS, page());
}

#[test]
fn the_macros_know_which_layers_are_not_available() {
    expect(UNAVAILABLE, page_of_unavailable());
    expect(UNAVAILABLE_TYPES, page_of_unavailable_types());
}

/// An accessor of a layer would hide a method of its name.
#[test]
fn no_layer_can_be_called_like_a_method_of_models() {
    let list = fs::read_to_string(root().join("keras-macros/src/graph/names.rs")).unwrap();
    let mut methods = Vec::new();
    for path in ["keras-core/src/training/train.rs", "keras-core/src/saving/save.rs"] {
        for item in here::parse(&root().join(path)).items {
            if let syn::Item::Trait(item) = item {
                methods.extend(item.items.into_iter().filter_map(|item| match item {
                    syn::TraitItem::Fn(method) => Some(method.sig.ident.to_string()),
                    _ => None,
                }));
            }
        }
    }
    let expansion = fs::read_to_string(root().join("docs/expansion.md")).unwrap();
    let code = expansion.split("```").nth(3).unwrap().split_once('\n').unwrap().1;
    for item in syn::parse_file(code).unwrap().items {
        if let syn::Item::Impl(item) = item {
            methods.extend(item.items.into_iter().filter_map(|item| match item {
                syn::ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                _ => None,
            }));
        }
    }
    assert!(methods.len() > 25, "{methods:?}");
    for method in methods {
        assert!(list.contains(&format!("{method:?}")), "`METHODS` in graph/names.rs lacks {method}");
    }
}

/// Compares a page with what it should be, or writes it.
fn expect(path: &str, expected: String) {
    let file = root().join(path);
    if std::env::var_os(RECORD).is_some() {
        fs::write(file, expected).unwrap();
        return;
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    assert!(found == expected, "{path} is stale: `{RECORD}=1 cargo test --test catalogue` writes it");
}
