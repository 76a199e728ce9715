//! The modules of the crate build on each other in the order in which they are declared, so without a circle.
//!
//! The import graph is computed from the source text, without comments, literals and unit tests: every path that begins
//! with `crate`, `self` or `super`, or with a name that such a path imports. A module also uses what it declares, so that
//! no module may use the one that it is declared in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::slice::from_ref;

use crate::rust_tokens::{imported_paths, tokens, used_paths};

/// The names from the crate root to a module; none for the root itself.
type ModulePath = Vec<String>;

/// The text of one module, and the modules that it declares, in that order.
struct Module {
    tokens: Vec<String>,
    children: Vec<String>,
}

impl Module {
    fn parse(text: &str) -> Self {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let tokens = tokens(code);
        let declared = tokens
            .windows(3)
            .filter(|three| three[0] == "mod" && three[2] == ";");
        let children = declared.map(|three| three[1].clone()).collect();
        Self { tokens, children }
    }
}

/// The modules of the crate by their paths.
struct Crate(BTreeMap<ModulePath, Module>);

impl Crate {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let relative = path.strip_prefix(&root).unwrap().with_extension("");
                let names = relative.iter().map(|name| name.to_str().unwrap().to_owned());
                let module_path: ModulePath = names.filter(|name| name != "mod" && name != "lib").collect();
                modules.insert(module_path, Module::parse(&fs::read_to_string(&path).unwrap()));
            }
        }
        Self(modules)
    }

    /// The path from the root that a path in the text of `module` means; none for one that leads out of the crate.
    fn resolve(
        &self,
        module: &[String],
        imports: &BTreeMap<String, ModulePath>,
        path: &[String],
    ) -> Option<ModulePath> {
        let (first, rest) = path.split_first()?;
        let mut absolute = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            name if imports.contains_key(name) => imports[name].clone(),
            name if self.0[module].children.iter().any(|child| child == name) => {
                [module, &path[..1]].concat()
            }
            _ => return None,
        };
        for name in rest {
            if name == "super" {
                absolute.pop();
            } else {
                absolute.push(name.clone());
            }
        }
        Some(absolute)
    }

    /// The module that an absolute path leads to, or into.
    fn module_of(&self, mut absolute: ModulePath) -> ModulePath {
        while !self.0.contains_key(&absolute) {
            absolute.pop();
        }
        absolute
    }

    /// The other modules that a module names.
    fn uses(&self, module: &ModulePath) -> BTreeSet<ModulePath> {
        let tokens = &self.0[module].tokens;
        let mut imports = BTreeMap::new();
        for (name, path) in imported_paths(tokens) {
            if let Some(absolute) = self.resolve(module, &BTreeMap::new(), &path) {
                imports.insert(name, absolute);
            }
        }
        let used = used_paths(tokens).into_iter();
        used.filter_map(|path| self.resolve(module, &imports, &path))
            .map(|absolute| self.module_of(absolute))
            .filter(|used| used != module)
            .collect()
    }

    fn graph(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let modules = self.0.keys();
        modules
            .map(|module| (module.clone(), self.uses(module)))
            .collect()
    }

    /// A module and all below it in reading order: as declared, and each after what it declares.
    fn reading_order(&self, module: &ModulePath) -> Vec<ModulePath> {
        let children = self.0[module].children.iter();
        let mut order: Vec<ModulePath> = children
            .flat_map(|child| self.reading_order(&[module.as_slice(), from_ref(child)].concat()))
            .collect();
        order.push(module.clone());
        order
    }
}

fn name(module: &[String]) -> String {
    if module.is_empty() {
        "lib".to_owned()
    } else {
        module.join("::")
    }
}

/// Everything that a module uses, directly or through others.
fn reachable(graph: &BTreeMap<ModulePath, BTreeSet<ModulePath>>, from: &ModulePath) -> BTreeSet<ModulePath> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<&ModulePath> = graph[from].iter().collect();
    while let Some(module) = pending.pop() {
        if reached.insert(module.clone()) {
            pending.extend(&graph[module]);
        }
    }
    reached
}

#[test]
fn no_modules_use_each_other_in_a_circle() {
    let graph = Crate::read().graph();
    let in_a_circle: Vec<String> = graph
        .keys()
        .filter(|module| reachable(&graph, module).contains(*module))
        .map(|module| name(module))
        .collect();
    assert!(in_a_circle.is_empty(), "in a circle: {}", in_a_circle.join(", "));
}

#[test]
fn a_module_uses_only_what_is_declared_before_it() {
    let source = Crate::read();
    let order = source.reading_order(&ModulePath::new());
    assert_eq!(order.len(), source.0.len(), "a file is not declared as a module");
    let position = |module: &ModulePath| order.iter().position(|known| known == module).unwrap();
    let mut violations = Vec::new();
    for (module, uses) in source.graph() {
        let later = uses.iter().filter(|used| position(used) > position(&module));
        violations.extend(later.map(|used| format!("{} uses {}", name(&module), name(used))));
    }
    assert!(
        violations.is_empty(),
        "these are declared in the wrong order:\n{}",
        violations.join("\n")
    );
}

#[test]
fn the_import_graph_has_every_way_to_name_a_module() {
    let files = [
        ("", "mod low; mod high; pub use self::high::High;"),
        ("low", "pub(super) struct Low; // crate::high"),
        (
            "high",
            "mod inner; mod other; use crate::{low::{self, Low}}; fn f() { inner::g(); }",
        ),
        (
            "high::inner",
            "use super::other::{A, B as C}; fn g() { let s = \"crate::low\"; C::new(); }",
        ),
        (
            "high::other",
            "fn h() { super::super::low::k::<u8>(); } #[cfg(test)] mod tests { use crate::high; }",
        ),
    ];
    let module_path = |name: &str| -> ModulePath {
        let names = name.split("::").filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let modules = files.map(|(name, text)| (module_path(name), Module::parse(text)));
    let graph = Crate(modules.into()).graph();
    let edges: Vec<(String, String)> = graph
        .iter()
        .flat_map(|(module, uses)| uses.iter().map(|used| (name(module), name(used))))
        .collect();
    let edges: Vec<(&str, &str)> = edges
        .iter()
        .map(|(from, to)| (from.as_str(), to.as_str()))
        .collect();
    let expected = [
        ("lib", "high"),
        ("lib", "low"),
        ("high", "high::inner"),
        ("high", "high::other"),
        ("high", "low"),
        ("high::inner", "high::other"),
        ("high::other", "low"),
    ];
    assert_eq!(edges, expected);
}
