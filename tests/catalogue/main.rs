//! The README, the guide and the page of Keras' names say what there is: no less and no more.
//!
//! Nothing that has a gradient lacks its check, either, nor what is public an example.
//!
//! `RECORD_CATALOGUE=1 cargo test --test catalogue` writes their tables anew; words in them that were written by hand stay.

mod declared;
mod examples;
mod gradients;
mod here;
mod keras;
mod macros;
mod methods;
mod tables;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use ::keras::layers::schemas;
use gradients::Checked;
use here::{Group, Table};
use keras::Item;
use methods::Methods;
use tables::{Page, Rows, as_code, code};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where a group of Keras' names lies here.
struct Place {
    group: &'static str,
    /// The heading in the page of names.
    heading: &'static str,
    folders: &'static [&'static str],
    /// The macros' list of its strings.
    strings: Option<&'static str>,
}

impl Place {
    /// What there is of it.
    fn read(&self, table: &Table) -> Group {
        if self.group == "layers" {
            return Group::of_layers();
        }
        let strings = self.strings.and_then(|list| table.strings.get(list));
        Group::read(self.folders, strings.map_or(&[], Vec::as_slice))
    }

    /// The module of Keras.
    fn module(&self) -> &'static str {
        if self.group == "schedules" { "optimizers.schedules" } else { self.group }
    }
}

const PLACES: [Place; 11] = [
    Place { group: "layers", heading: "Layers", folders: &["layers"], strings: None },
    Place { group: "ops", heading: "Operations", folders: &["ops"], strings: None },
    Place { group: "activations", heading: "Activations", folders: &["activations"], strings: Some("ACTIVATIONS") },
    Place { group: "initializers", heading: "Initializers", folders: &["initializers"], strings: Some("INITIALIZERS") },
    Place { group: "regularizers", heading: "Regularizers", folders: &["regularizers"], strings: Some("REGULARIZERS") },
    Place { group: "constraints", heading: "Constraints", folders: &["constraints"], strings: Some("CONSTRAINTS") },
    Place { group: "losses", heading: "Losses", folders: &["losses"], strings: None },
    Place { group: "metrics", heading: "Metrics", folders: &["metrics"], strings: None },
    Place { group: "optimizers", heading: "Optimizers", folders: &["optimizers"], strings: None },
    Place {
        group: "schedules",
        heading: "Learning rate schedules",
        folders: &["optimizers/schedules", "schedules"],
        strings: None,
    },
    Place { group: "callbacks", heading: "Callbacks", folders: &["callbacks"], strings: None },
];

const NAMES: &str = "docs/guide/keras-names.md";
const NAMES_HEAD: &str = "| Keras | equivalent | unsupported | notes |";
/// The heading of the methods' table.
const METHODS: &str = "## Training";
const NOT_YET: &str = "not yet";

/// A row of the page of names, as the source says it should be. `shown` is the row as it stands.
fn row_of_names(place: &Place, group: &Group, table: &Table, item: &Item, shown: Option<&Vec<String>>) -> Vec<String> {
    let cell = |at: usize| shown.and_then(|cells| cells.get(at)).cloned().unwrap_or_default();
    // The strings of the other groups are what is here.
    let is_alias = |name: &&String| name.starts_with(char::is_uppercase) || place.strings.is_none();
    let aliases = item.also.iter().filter(is_alias).map(String::as_str);
    let keras = as_code(std::iter::once(item.name.as_str()).chain(aliases));
    let positions = || item.arguments.iter().enumerate();
    let operation = table.operations.iter().find(|row| place.group == "ops" && row.name == item.name);
    let (here, not_taken): (String, Vec<&str>) = if let Some(operation) = operation {
        let missing = item.arguments.iter().filter(|argument| !operation.parameters.contains(argument));
        (format!("`{}`", item.name), missing.map(String::as_str).collect())
    } else if group.traits.contains(&item.name) {
        (format!("the trait `{}`", item.name), Vec::new())
    } else if group.types.contains(&item.name) {
        // An initializer is a value of the type that Keras has as their base class.
        let the_type = if place.strings.is_some() { "the type " } else { "" };
        let schema = schemas().find(|schema| place.group == "layers" && schema.class_name == item.name);
        let takes = |(position, argument): (usize, &String)| match schema {
            Some(schema) => schema.supported().any(|known| known.name == argument),
            None => group.takes(&item.name, position, argument),
        };
        let missing = positions().filter(|&argument| !takes(argument)).map(|(_, argument)| argument.as_str()).collect();
        (format!("{the_type}`{}`", item.name), missing)
    } else {
        let strings = item.names().into_iter().filter(|name| group.strings.iter().any(|known| known == name));
        let maker = place.strings.and_then(|_| group.maker(&item.names()));
        let mut ways: Vec<String> = strings.map(|name| format!("\"{name}\"")).collect();
        ways.extend(maker.map(|(maker, _)| maker.to_owned()));
        if ways.is_empty() {
            let by_hand = cell(1);
            (if by_hand.is_empty() { NOT_YET.to_owned() } else { by_hand }, Vec::new())
        } else {
            let taken = maker.map_or(0, |(_, count)| count);
            (as_code(ways.iter().map(String::as_str)), positions().skip(taken).map(|(_, name)| name.as_str()).collect())
        }
    };
    vec![keras, here, as_code(not_taken), cell(3)]
}

/// The page of names' items as they should be, by the group.
fn names() -> BTreeMap<&'static str, Rows> {
    let table = Table::read();
    let (page, recorded) = (Page::read(NAMES), keras::recorded());
    let rows_of = |place: &Place| {
        let group = place.read(&table);
        let shown = page.table(&format!("## {}", place.heading), NAMES_HEAD);
        let row = |item: &Item| {
            let shown = shown.iter().find(|cells| code(&cells[0]).first() == Some(&item.name.as_str()));
            row_of_names(place, &group, &table, item, shown)
        };
        recorded[place.group].iter().map(row).collect()
    };
    PLACES.iter().map(|place| (place.group, rows_of(place))).collect()
}

#[test]
fn every_public_item_has_an_example() {
    assert_eq!(examples::lacking(), [""; 0]);
}

#[test]
fn every_name_of_keras_is_said() {
    let (names, mut page) = (names(), Page::read(NAMES));
    for place in &PLACES {
        page.expect(&format!("## {}", place.heading), NAMES_HEAD, &names[place.group]);
    }
    let methods = Methods::read();
    let rows = methods.rows(&page.table(METHODS, NAMES_HEAD));
    page.expect(METHODS, NAMES_HEAD, &rows);
    for cells in &rows {
        assert_eq!(methods.unknown(&cells[1]), [""; 0], "{}", cells[0]);
    }
}

#[test]
fn what_is_written_by_hand_exists() {
    let (mut known, table) = (here::defined_names(), Table::read());
    known.extend(["Input", "x", "f32", "activations"].map(str::to_owned)); // words of listings, and a module
    for place in &PLACES {
        known.extend(place.read(&table).variants());
    }
    known.extend(table.operations.iter().map(|row| row.name.clone()));
    known.extend(table.strings.into_values().flatten());
    for (group, rows) in names() {
        for cells in rows {
            let words =
                code(&cells[1]).into_iter().flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'));
            for word in words.filter(|word| word.starts_with(char::is_alphabetic)) {
                assert!(known.contains(word), "{group}, {}: there is no `{word}` here", cells[0]);
            }
        }
    }
}

#[test]
fn the_readme_lists_what_there_is() {
    const HEAD: &str = "| group | coverage | supported |";
    let names = names();
    let row = |place: &Place| {
        let rows = &names[place.group];
        let there: Vec<&str> =
            rows.iter().filter(|cells| cells[1].starts_with('`')).map(|cells| code(&cells[0])[0]).collect();
        vec![place.heading.to_lowercase(), format!("{} of {}", there.len(), rows.len()), there.join(", ")]
    };
    let rows = PLACES.iter().map(row).collect();
    Page::read("README.md").expect("## Supported API", HEAD, &rows);
}

#[test]
fn the_guide_lists_every_layer_with_its_arguments() {
    const HEAD: &str = "| layer | arguments | input → output |";
    let names: Vec<&str> = schemas().map(|schema| schema.class_name).collect();
    let mut page = Page::read("docs/guide/sequential.md");
    let mut rows = page.table("## Built-in layers", HEAD);
    for name in &names {
        if !rows.iter().any(|cells| code(&cells[0]).contains(name)) {
            rows.push(vec![format!("`{name}`"), String::new(), String::new()]);
        }
    }
    rows.retain(|cells| names.iter().any(|name| code(&cells[0]).contains(name)));
    let arguments = |name: &str| -> Option<String> {
        let schema = schemas().find(|schema| schema.class_name == name)?;
        Some(schema.supported().map(|argument| argument.name).collect::<Vec<_>>().join(", "))
    };
    for cells in &mut rows {
        let arguments = code(&cells[0]).into_iter().find_map(arguments).unwrap();
        cells[1] = if arguments.is_empty() { String::new() } else { format!("`{arguments}`") };
    }
    page.expect("## Built-in layers", HEAD, &rows);
    for cells in &rows {
        assert!(!cells[2].is_empty(), "the guide's table of layers does not say what {} makes of its input", cells[0]);
        for name in code(&cells[0]) {
            let arguments = arguments(name).unwrap_or_else(|| panic!("`{name}` is not a layer"));
            assert_eq!(cells[1].trim_matches('`'), arguments, "the arguments of {name}");
        }
    }
}

#[test]
fn layers_take_the_arguments_of_keras_in_its_order() {
    let (base, recorded) = (Table::read().base, keras::recorded());
    for schema in schemas() {
        let name = schema.class_name;
        let item = recorded["layers"].iter().find(|item| item.name == name);
        let item = item.unwrap_or_else(|| panic!("Keras has no layer {name}"));
        let is_class = |name: &&String| name.starts_with(char::is_uppercase);
        let also: Vec<&String> = item.also.iter().filter(is_class).collect();
        assert_eq!(also, schema.aliases, "the other names of {name}");
        // A value without a name means what it means in Keras: every place is there, also of what is not supported.
        let places: Vec<&str> = schema.arguments.iter().map(|argument| argument.name).collect();
        let shared: Vec<&String> = item.arguments.iter().take(places.len()).collect();
        assert_eq!(shared, places, "the arguments of {name}");
        // What is not taken is refused in words, not as a name that does not exist.
        let unknown: Vec<&String> =
            item.arguments.iter().skip(places.len()).filter(|argument| !base.contains(argument)).collect();
        assert!(unknown.is_empty(), "{name} does not say that it does not take {unknown:?}");
    }
}

#[test]
fn the_prelude_has_it_all() {
    let (prelude, table) = (here::prelude(), Table::read());
    assert!(prelude.contains("*"), "all layers are in the prelude");
    let recorded = keras::recorded();
    let mut taken = BTreeSet::new();
    for place in PLACES.iter().filter(|place| place.group != "layers") {
        let group = place.read(&table);
        let mine = recorded[place.group].iter().map(|item| &item.name);
        for name in mine.filter(|name| group.items.contains(*name)) {
            if taken.insert(name.clone()) {
                // A metric that shares its name with a loss is reached as `metrics::MeanSquaredError`.
                assert!(prelude.contains(name), "{} `{name}` is not in the prelude", place.group);
            }
        }
    }
}

#[test]
fn everything_with_numbers_is_compared_with_keras() {
    let (names, calls) = (names(), keras::recorded_calls());
    for place in &PLACES {
        if place.group == "callbacks" {
            continue; // they have no numbers
        }
        let names = &names[place.group];
        let there = names.iter().filter(|cells| cells[1].starts_with('`')).map(|cells| code(&cells[0])[0]);
        let missing = there.filter(|name| {
            let call = match (place.group, *name) {
                ("layers", "Input") => return false, // it computes nothing
                ("ops", "get_item") => "input[".to_owned(),
                ("metrics", "Accuracy") => "keras.metrics.BinaryAccuracy(".to_owned(), // it is one of several
                _ => format!("keras.{}.{name}(", place.module()),
            };
            calls.iter().filter(|recorded| recorded.contains(&call)).count() < 2
        });
        let missing: Vec<&str> = missing.collect();
        assert!(missing.is_empty(), "these {} are not recorded twice, in different ways: {missing:?}", place.group);
    }
}

#[test]
fn every_configuration_is_compared_with_keras() {
    let (names, calls) = (names(), keras::recorded_configurations());
    for place in PLACES.iter().filter(|place| keras::CONFIGURED.contains(&place.group)) {
        let there = names[place.group].iter().filter(|cells| cells[1].starts_with('`')).map(|cells| code(&cells[0])[0]);
        let call = |name: &str| format!("keras.{}.{name}(", place.module());
        let missing: Vec<&str> =
            there.filter(|name| !calls.iter().any(|recorded| recorded.starts_with(&call(name)))).collect();
        assert!(missing.is_empty(), "the configurations of these {} are not recorded: {missing:?}", place.group);
    }
}

#[test]
fn every_gradient_is_checked() {
    let (table, checked) = (Table::read(), Checked::read());
    let mut missing = Vec::new();
    let mut expect = |kind: &str, names: &mut dyn Iterator<Item = String>, found: &dyn Fn(&str) -> bool| {
        missing.extend(names.filter(|name| !found(name)).map(|name| format!("{kind} {name}")));
    };
    let in_a_listing = |name: &str| checked.words.contains(name);
    let as_a_string = |name: &str| checked.strings.contains(name);
    expect("the layer", &mut schemas().map(|schema| schema.class_name.to_owned()), &in_a_listing);
    expect("the activation", &mut table.strings["ACTIVATIONS"].iter().cloned(), &as_a_string);
    expect("the regularizer", &mut table.strings["REGULARIZERS"].iter().cloned(), &as_a_string);
    let group = |name: &str| PLACES.iter().find(|place| place.group == name).unwrap().read(&table);
    expect("the loss", &mut group("losses").items.into_iter(), &in_a_listing);
    // A regularizer that takes arguments stands in a constant.
    let makers = group("regularizers");
    expect("the regularizer", &mut makers.functions(), &|name| checked.all.contains(name));
    // Of an operation's names one is enough; those that are activations or operators are checked as such.
    let mut operations: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for operation in table.operations.iter().filter(|operation| !operation.made_of.is_empty()) {
        operations.entry(&operation.made_of).or_default().push(&operation.name);
    }
    for (of, names) in operations {
        expect("the operation", &mut std::iter::once(of.to_owned()), &|_| names.iter().any(|name| in_a_listing(name)));
    }
    assert!(missing.is_empty(), "tests/gradients does not check {}", missing.join(", "));
}
