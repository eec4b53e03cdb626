//! The methods of Keras' models, losses, metrics and optimizers, and where they are here, read from the source.

use std::collections::{BTreeMap, BTreeSet};

use syn::{FnArg, ImplItem, Item, Pat, Signature, TraitItem, Type, Visibility};

use crate::{
    NOT_YET,
    here::{last, parse, rust_files},
    keras, root,
    tables::{Rows, as_code, code},
};

/// The types and traits that have the methods of a class of Keras, and may have them under Keras' name.
const OWNERS: [(&str, &[&str]); 4] = [
    ("Model", &["Compiled", "Train", "Save"]),
    ("Loss", &["Loss"]),
    ("Metric", &["Metric"]),
    ("Optimizer", &["Optimizer"]),
];

/// What a method's further arguments are set on.
const OPTIONS: [(&str, &str); 6] = [
    ("compile", "Compiled"),
    ("fit", "Fit"),
    ("evaluate", "Evaluate"),
    ("predict", "Predict"),
    ("train_on_batch", "TrainOnBatch"),
    ("test_on_batch", "TestOnBatch"),
];

/// Arguments that have another name here.
const RENAMED: [(&str, &str); 4] =
    [("loss", "losses"), ("var_names", "names"), ("grads", "gradients"), ("trainable_variables", "model")];

/// The public methods by their owners, each with its arguments.
pub struct Methods(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Methods {
    pub fn read() -> Self {
        let mut methods = Self(BTreeMap::new());
        let folders = ["training", "saving", "losses", "metrics", "optimizers"]
            .map(|name| root().join("keras-core/src").join(name));
        for item in folders.iter().flat_map(|folder| rust_files(folder)).flat_map(|file| parse(&file).items) {
            match item {
                Item::Trait(item) if matches!(item.vis, Visibility::Public(_)) => {
                    for method in &item.items {
                        if let TraitItem::Fn(method) = method {
                            methods.add(item.ident.to_string(), &method.sig);
                        }
                    }
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let Type::Path(owner) = &*item.self_ty else { continue };
                    for method in &item.items {
                        if let ImplItem::Fn(method) = method
                            && matches!(method.vis, Visibility::Public(_))
                        {
                            methods.add(last(&owner.path), &method.sig);
                        }
                    }
                }
                _ => {}
            }
        }
        methods
    }

    fn add(&mut self, owner: String, method: &Signature) {
        let arguments = method.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => match &*argument.pat {
                Pat::Ident(name) => Some(name.ident.to_string()),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        });
        self.0.entry(owner).or_default().insert(method.ident.to_string(), arguments.collect());
    }

    /// The arguments of `Owner::method`, if it exists.
    fn arguments(&self, owner: &str, method: &str) -> Option<&BTreeSet<String>> {
        self.0.get(owner)?.get(method)
    }

    /// The table of methods as it should be; `shown` is the table as it stands.
    pub fn rows(&self, shown: &Rows) -> Rows {
        keras::recorded()["methods"].iter().map(|item| self.row(item, shown)).collect()
    }

    fn row(&self, item: &keras::Item, shown: &Rows) -> Vec<String> {
        let shown = shown.iter().find(|cells| code(&cells[0]) == [item.name.as_str()]);
        let cell = |at: usize| shown.and_then(|cells| cells.get(at)).cloned().unwrap_or_default();
        let (class, name) = item.name.split_once('.').expect("a class and its method");
        let (_, owners) = OWNERS.iter().find(|(known, _)| *known == class).expect("a class with a place here");
        let found = owners.iter().find_map(|owner| Some((owner, self.arguments(owner, name)?)));
        let Some((owner, own)) = found else {
            let by_hand = if cell(1).is_empty() { NOT_YET.to_owned() } else { cell(1) };
            return vec![as_code([item.name.as_str()]), by_hand, String::new(), cell(3)];
        };
        let options =
            OPTIONS.iter().find(|(method, _)| class == "Model" && *method == name).map(|(_, options)| *options);
        let is_taken = |argument: &&String| {
            let renamed = RENAMED.iter().find(|(keras, _)| keras == *argument).map(|(_, here)| *here);
            let is_own = own.contains(*argument) || renamed.is_some_and(|here| own.contains(here));
            is_own || options.is_some_and(|options| self.arguments(options, argument).is_some())
        };
        let mut here = as_code([format!("{owner}::{name}").as_str()]);
        if let Some(options) = options.filter(|options| options != owner) {
            here += &format!(", methods of `{options}`");
        }
        let not_taken = item.arguments.iter().filter(|argument| !is_taken(argument)).map(String::as_str);
        vec![as_code([item.name.as_str()]), here, as_code(not_taken), cell(3)]
    }

    /// The methods that a cell names and that do not exist.
    pub fn unknown<'a>(&self, cell: &'a str) -> Vec<&'a str> {
        let is_unknown = |name: &&str| match name.split_once("::") {
            Some((owner, method)) => self.arguments(owner, method).is_none(),
            None => !self.0.contains_key(*name),
        };
        code(cell).into_iter().filter(is_unknown).collect()
    }
}
