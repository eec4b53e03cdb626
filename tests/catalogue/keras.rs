//! Which names Keras has, as `tools/record_names.py` recorded them.

use std::{collections::BTreeMap, fs};

use safetensors::SafeTensors;
use serde_json::Value;

use crate::root;

/// A class of Keras, or one of its activations.
pub struct Item {
    pub name: String,
    /// Other names that Keras gives to it, among them its string: `glorot_uniform`.
    pub also: Vec<String>,
    /// The arguments in order, without those that say nothing here: everything in Keras has a `name` and a `dtype`.
    pub arguments: Vec<String>,
}

impl Item {
    pub fn names(&self) -> Vec<&str> {
        std::iter::once(self.name.as_str()).chain(self.also.iter().map(String::as_str)).collect()
    }
}

/// The groups of Keras' API, each with its items by name.
pub fn recorded() -> BTreeMap<String, Vec<Item>> {
    let text = fs::read_to_string(root().join("tests/recordings/names.json")).unwrap();
    let Value::Object(groups) = serde_json::from_str(&text).unwrap() else { panic!("the recording is an object") };
    let groups = groups.into_iter().filter_map(|(group, items)| match items {
        Value::Object(items) => Some((group, items.into_iter().map(item).collect())),
        _ => None, // the version
    });
    groups.collect()
}

fn item((name, entry): (String, Value)) -> Item {
    let texts = |key: &str| -> Vec<String> {
        entry[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut arguments = texts("arguments");
    arguments.retain(|argument| !["name", "dtype"].contains(&argument.as_str()));
    Item { name, also: texts("also"), arguments }
}

/// The calls of Keras whose results are recorded.
pub fn recorded_calls() -> Vec<String> {
    let mut calls = Vec::new();
    for entry in fs::read_dir(root().join("tests/recordings")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "safetensors") {
            let bytes = fs::read(&path).unwrap();
            let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
            calls.extend(header.metadata().iter().flatten().map(|(_, call)| call.clone()));
        }
    }
    calls
}

/// The groups whose configurations are recorded.
pub const CONFIGURED: [&str; 7] =
    ["losses", "metrics", "optimizers", "schedules", "initializers", "regularizers", "constraints"];

/// The calls of Keras whose configurations `tools/record_object_configs.py` recorded.
pub fn recorded_configurations() -> Vec<String> {
    let text = fs::read_to_string(root().join("tests/recordings/object_configs.json")).unwrap();
    let Value::Object(configurations) = serde_json::from_str(&text).unwrap() else {
        panic!("the recording is an object")
    };
    configurations.into_iter().map(|(call, _)| call).collect()
}
