//! Which names there are here, read from the source: what a module exports, and what the macros know of its items. Layers have
//! schemas instead.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Expr, ExprLit, FnArg, ImplItem, Item, Lit, ReceiverKind, ReturnType, TraitItem, Type, UseTree, Visibility};

use crate::{declared, root};

/// What stands in the source of one group.
#[derive(Default)]
pub struct Group {
    /// The types that the module exports.
    pub types: BTreeSet<String>,
    /// The traits that it exports.
    pub traits: BTreeSet<String>,
    /// The types that implement one of the module's traits: what it is a group of.
    pub items: BTreeSet<String>,
    /// The strings that a listing may name its items by.
    pub strings: Vec<String>,
    /// Functions and variants that make an item: `Initializer::constant`, with the number of their arguments.
    makers: BTreeMap<String, usize>,
    /// The arguments that a type's methods set, and those that the group's trait sets for every type.
    setters: BTreeMap<String, BTreeSet<String>>,
}

impl Group {
    /// Reads the folders of a group, of which not all need exist.
    pub fn read(folders: &[&str], strings: &[String]) -> Self {
        let mut group = Self::default();
        for folder in folders.iter().map(|folder| root().join("keras-core/src").join(folder)) {
            let exported = exports(&folder.join("mod.rs"));
            for file in rust_files(&folder) {
                group.add(&parse(&file), &exported, &folder);
            }
            group.types.extend(exported);
        }
        group.types.retain(|name| !group.traits.contains(name));
        group.items.retain(|name| group.types.contains(name));
        group.strings = strings.to_vec();
        group
    }

    /// The layers, which have schemas, and their trait.
    pub fn of_layers() -> Self {
        let layers: BTreeSet<String> = keras::layers::schemas().map(|schema| schema.class_name.to_owned()).collect();
        let traits = BTreeSet::from(["Layer".to_owned()]);
        Self { types: layers.clone(), items: layers, traits, ..Self::default() }
    }

    fn add(&mut self, file: &syn::File, exported: &BTreeSet<String>, folder: &Path) {
        for item in &file.items {
            match item {
                Item::Enum(item) if exported.contains(&item.ident.to_string()) => {
                    for variant in item.variants.iter().filter(|variant| !variant.fields.is_empty()) {
                        self.makers.insert(format!("{}::{}", item.ident, variant.ident), variant.fields.len());
                    }
                }
                Item::Fn(item) if makes(&item.vis, &item.sig.output, exported) => {
                    let module = folder.file_name().unwrap().to_string_lossy();
                    self.makers.insert(format!("{module}::{}", item.sig.ident), item.sig.inputs.len());
                }
                Item::Trait(item) if exported.contains(&item.ident.to_string()) => {
                    self.traits.insert(item.ident.to_string());
                    let setters = item.items.iter().filter_map(|item| match item {
                        TraitItem::Fn(method) => setter(&method.sig),
                        _ => None,
                    });
                    self.setters.entry(item.ident.to_string()).or_default().extend(setters);
                }
                Item::Impl(item) => match (&item.trait_, &*item.self_ty) {
                    (None, Type::Path(path)) => self.add_methods(&last(&path.path), item),
                    // A kind of targets is no loss.
                    (Some((of, _)), Type::Path(path))
                        if exported.contains(&last(of)) && last(of) != "KindOfTargets" =>
                    {
                        self.items.insert(last(&path.path));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn add_methods(&mut self, name: &str, item: &syn::ItemImpl) {
        for method in item.items.iter().filter_map(|item| match item {
            ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(&method.sig),
            _ => None,
        }) {
            if let Some(setter) = setter(method) {
                self.setters.entry(name.to_owned()).or_default().insert(setter);
            }
            let returns_itself = matches!(&method.output, ReturnType::Type(_, output)
                if matches!(&**output, Type::Path(path) if path.path.is_ident("Self")));
            if returns_itself && method.receiver().is_none() {
                self.makers.insert(format!("{name}::{}", method.ident), method.inputs.len());
            }
        }
    }

    /// What makes an item that has one of these names: a function, or else a variant.
    pub fn maker(&self, names: &[&str]) -> Option<(&str, usize)> {
        let found = |maker: &&String| names.iter().any(|name| plain(name) == plain(maker.split("::").nth(1).unwrap()));
        let mut makers: Vec<&String> = self.makers.keys().filter(found).collect();
        makers.sort_by_key(|maker| !maker.split("::").nth(1).unwrap().starts_with(char::is_lowercase));
        makers.first().map(|maker| (maker.as_str(), self.makers[*maker]))
    }

    /// The functions that make an item.
    pub fn functions(&self) -> impl Iterator<Item = String> {
        self.variants().filter(|name| name.starts_with(char::is_lowercase))
    }

    /// The variants that make an item.
    pub fn variants(&self) -> impl Iterator<Item = String> {
        self.makers.keys().map(|maker| maker.split("::").nth(1).unwrap().to_owned())
    }

    /// Which of an exported type's arguments in Keras can be given here: the constructor takes the first ones in their
    /// order, methods of the type or of the trait the others.
    pub fn takes(&self, name: &str, position: usize, argument: &str) -> bool {
        let first = self.makers.get(&format!("{name}::new")).is_some_and(|&count| position < count);
        let sets = |owner: &str| self.setters.get(owner).is_some_and(|setters| setters.contains(argument));
        first || sets(name) || self.traits.iter().any(|owner| sets(owner))
    }
}

/// A name without its case and underscores: `L1L2` and `l1_l2` are the same.
pub fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

pub fn last(path: &syn::Path) -> String {
    path.segments.last().unwrap().ident.to_string()
}

/// Whether a function is public and returns one of the exported types.
fn makes(visibility: &Visibility, output: &ReturnType, exported: &BTreeSet<String>) -> bool {
    let is_exported = |output: &Type| matches!(output, Type::Path(path) if exported.contains(&last(&path.path)));
    matches!(visibility, Visibility::Public(_)) && matches!(output, ReturnType::Type(_, output) if is_exported(output))
}

/// A method that takes the value and gives it back sets the argument that it is called by.
fn setter(method: &syn::Signature) -> Option<String> {
    let by_value = matches!(method.inputs.first(), Some(FnArg::Receiver(receiver)) if matches!(receiver.kind, ReceiverKind::Value));
    (by_value && method.inputs.len() == 2).then(|| method.ident.to_string())
}

/// The names that a module's file exports.
fn exports(file: &Path) -> BTreeSet<String> {
    if !file.exists() {
        return BTreeSet::new();
    }
    let mut names = Vec::new();
    for item in parse(file).items {
        match item {
            Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => used(&item.tree, &mut names),
            Item::Struct(item) if matches!(item.vis, Visibility::Public(_)) => names.push(item.ident.to_string()),
            Item::Enum(item) if matches!(item.vis, Visibility::Public(_)) => names.push(item.ident.to_string()),
            Item::Trait(item) if matches!(item.vis, Visibility::Public(_)) => names.push(item.ident.to_string()),
            _ => {}
        }
    }
    names.into_iter().collect()
}

fn used(tree: &UseTree, names: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => used(&path.tree, names),
        UseTree::Name(name) => names.push(name.ident.to_string()),
        UseTree::Rename(renamed) => names.push(renamed.rename.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| used(tree, names)),
        UseTree::Glob(_) => names.push("*".to_owned()),
    }
}

/// The names in the prelude, `*` for those of a whole module among them.
pub fn prelude() -> BTreeSet<String> {
    let file = parse(&root().join("src/lib.rs"));
    let module = file.items.into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "prelude" => module.content,
        _ => None,
    });
    let mut names = Vec::new();
    for item in module.expect("the prelude").1 {
        if let Item::Use(item) = item {
            used(&item.tree, &mut names);
        }
    }
    names.into_iter().collect()
}

/// Every name that the core crate defines: of types, traits and functions.
pub fn defined_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in rust_files(&root().join("keras-core/src")) {
        let tokens: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
        add_defined(tokens, &mut names);
    }
    names
}

fn add_defined(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let mut defines = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if defines => {
                names.insert(ident.to_string());
                defines = false;
            }
            TokenTree::Ident(ident) => {
                defines = ["fn", "struct", "enum", "trait", "type"].iter().any(|word| ident == word)
            }
            TokenTree::Group(group) => add_defined(group.stream(), names),
            _ => defines = false,
        }
    }
}

/// What the macros know besides the layers.
#[derive(Default)]
pub struct Table {
    /// The operations.
    pub operations: Vec<Operation>,
    /// The arguments of every layer of Keras that are not taken.
    pub base: Vec<String>,
    /// The lists of strings that stand for constants, by their names.
    pub strings: BTreeMap<String, Vec<String>>,
}

/// An operation as the macros know it.
#[derive(Default)]
pub struct Operation {
    pub name: String,
    /// The arguments that are supported.
    pub parameters: Vec<String>,
    /// The type that it is made of, if it has one of its own.
    pub made_of: String,
}

impl Table {
    pub fn read() -> Self {
        let mut table = Self::default();
        let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let files =
            ["table/mod.rs", "kinds.rs", "operations.rs"].map(|file| root().join("keras-macros/src").join(file));
        for item in files.iter().flat_map(|file| parse(file).items) {
            let Item::Const(item) = item else { continue };
            let Expr::Reference(list) = &*item.expr else { continue };
            let Expr::Array(list) = &*list.expr else { continue };
            let first_of_pairs = list.elems.iter().filter_map(|entry| match entry {
                Expr::Tuple(pair) => texts(&pair.elems[0]).pop(),
                _ => None,
            });
            match item.ident.to_string().as_str() {
                "OPERATIONS" => table.operations = list.elems.iter().map(|row| operation(row, &lists)).collect(),
                "BASE" => table.base = first_of_pairs.collect(),
                name => {
                    table.strings.insert(name.to_owned(), first_of_pairs.collect());
                    lists.insert(name.to_owned(), supported(&item.expr));
                }
            }
        }
        let counts = [table.base.len(), table.operations.len()];
        let is_whole = !counts.contains(&0) && table.strings.contains_key("ACTIVATIONS");
        assert!(is_whole, "the macros' table has another form than this test can read");
        table
    }
}

/// `Operation::new(name, class, type, parameters)`, and what follows it; `lists` are the constants that parameters may be.
fn operation(expression: &Expr, lists: &BTreeMap<String, Vec<String>>) -> Operation {
    match expression {
        Expr::Call(new) => {
            let parameters = match new.args.last() {
                Some(Expr::Path(list)) => lists.get(&last(&list.path)).cloned().unwrap_or_default(),
                Some(list @ Expr::Reference(_)) => supported(list),
                _ => Vec::new(),
            };
            let made_of = if new.args.len() == 4 { texts(&new.args[2]).concat() } else { String::new() };
            Operation { name: texts(&new.args[0]).concat(), parameters, made_of }
        }
        Expr::MethodCall(call) => operation(&call.receiver, lists),
        _ => panic!("a row of the table is a call"),
    }
}

/// The parameters of a list that are supported.
fn supported(list: &Expr) -> Vec<String> {
    match list {
        Expr::Reference(reference) => supported(&reference.expr),
        Expr::Array(list) => list.elems.iter().flat_map(supported).collect(),
        Expr::Call(call) if matches!(&*call.func, Expr::Path(name) if name.path.is_ident("unsupported")) => Vec::new(),
        Expr::Call(call) => texts(&call.args[0]),
        _ => Vec::new(),
    }
}

/// The texts in an expression of the table, in order.
fn texts(expression: &Expr) -> Vec<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => vec![text.value()],
        Expr::Array(list) => list.elems.iter().flat_map(texts).collect(),
        Expr::Call(call) => call.args.iter().flat_map(texts).collect(),
        Expr::Reference(reference) => texts(&reference.expr),
        _ => Vec::new(),
    }
}

pub fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

pub fn parse(file: &Path) -> syn::File {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    parsed.items = declared::items(parsed.items);
    parsed
}
