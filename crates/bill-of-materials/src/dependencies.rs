//! The packages that go into the program or build it.

use std::collections::{BTreeMap, BTreeSet};
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::embedded::{Embedded, embedded};

/// Packages that only build scripts use, which write into the program what these hold.
const EMBEDDED: [&str; 1] = ["utoipa-swagger-ui-vendored"];

/// The program and its dependencies.
#[derive(Debug)]
pub struct Dependencies {
    /// The directory of the repository.
    pub repository: PathBuf,
    /// The package of the program.
    pub program: Package,
    /// Every other package, by name and version.
    pub packages: Vec<Package>,
    /// What they bring along that is somebody else's.
    pub embedded: Vec<Embedded>,
    /// The version of the Rust compiler, whose standard library is linked too.
    pub rust_version: String,
}

/// One package.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence as an SPDX expression.
    pub license: String,
    /// The file of its licence, where the package names one.
    pub license_file: Option<PathBuf>,
    /// Where its source is published.
    pub repository: Option<String>,
    /// The directory of its source.
    pub directory: PathBuf,
    /// The SHA-256 of the archive that its registry serves; a package of this repository has none.
    pub checksum: Option<String>,
    /// Whether it goes into the program; otherwise it only builds it.
    pub is_linked: bool,
    /// Names and versions of the packages that it uses, as [`Package::reference`] writes them.
    pub uses: Vec<String>,
}

impl Package {
    /// Name and version.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Whether it belongs to this repository.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.checksum.is_none()
    }
}

impl Dependencies {
    /// Those of the program whose repository is in a directory, as its lock file has them.
    pub fn of(repository: &Path) -> anyhow::Result<Self> {
        let target = format!("--filter-platform={ARCH}-unknown-linux-gnu");
        let arguments = ["metadata", "--format-version=1", "--locked", &target];
        let metadata: Metadata = serde_json::from_str(&output("cargo", &arguments, repository)?)?;
        let checksums = checksums(&fs::read_to_string(repository.join("Cargo.lock"))?);
        let graph = Graph::of(&metadata);
        let built = graph.reached(&metadata.resolve.root, |kind| kind != Some("dev"), |_| false);
        let linked = graph.reached(
            &metadata.resolve.root,
            |kind| kind.is_none(),
            MetadataPackage::is_macro,
        );
        let mut packages = Vec::new();
        for id in built {
            let found = graph.packages.get(id).context("a package without an entry")?;
            let uses = graph
                .uses(id, |kind| kind != Some("dev"))
                .filter_map(|id| graph.packages.get(id))
                .map(|package| package.reference());
            let mut uses: Vec<String> = uses.collect();
            uses.sort();
            uses.dedup();
            packages.push(Package {
                name: found.name.clone(),
                version: found.version.clone(),
                license: found.license(),
                license_file: found.license_file.clone(),
                repository: found.repository.clone(),
                directory: found.directory(),
                checksum: checksums.get(&found.reference()).cloned(),
                is_linked: linked.contains(id) || EMBEDDED.contains(&found.name.as_str()),
                uses,
            });
        }
        packages.sort_by_cached_key(Package::reference);
        let root = graph
            .packages
            .get(metadata.resolve.root.as_str())
            .context("the program has no entry")?;
        let root = root.directory();
        let at = packages.iter().position(|package| package.directory == root);
        let at = at.context("the program is not among its packages")?;
        let program = packages.remove(at);
        Ok(Self {
            repository: repository.to_owned(),
            program,
            embedded: embedded(repository, &packages)?,
            packages,
            rust_version: rust_version(repository)?,
        })
    }
}

/// What `cargo metadata` prints, as far as it is read.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct MetadataPackage {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    license_file: Option<PathBuf>,
    repository: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

impl MetadataPackage {
    fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// The licence; a slash is how packages said "or" before SPDX expressions.
    fn license(&self) -> String {
        self.license.as_deref().unwrap_or_default().replace('/', " OR ")
    }

    fn directory(&self) -> PathBuf {
        self.manifest_path.parent().unwrap_or(Path::new("/")).to_owned()
    }

    fn is_macro(&self) -> bool {
        let mut kinds = self.targets.iter().flat_map(|target| &target.kind);
        kinds.any(|kind| kind == "proc-macro")
    }
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    root: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

/// `None` is a normal dependency.
#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

/// Which package uses which.
struct Graph<'a> {
    packages: BTreeMap<&'a str, &'a MetadataPackage>,
    nodes: BTreeMap<&'a str, &'a Node>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        let packages = metadata.packages.iter();
        let nodes = metadata.resolve.nodes.iter();
        Self {
            packages: packages.map(|package| (package.id.as_str(), package)).collect(),
            nodes: nodes.map(|node| (node.id.as_str(), node)).collect(),
        }
    }

    /// What a package uses by dependencies of certain kinds.
    fn uses(&self, id: &str, is_wanted: fn(Option<&str>) -> bool) -> impl Iterator<Item = &'a str> {
        let dependencies = self.nodes.get(id).map_or(&[][..], |node| &node.deps[..]);
        let wanted = dependencies.iter().filter(move |dependency| {
            let mut kinds = dependency.dep_kinds.iter();
            kinds.any(|kind| is_wanted(kind.kind.as_deref()))
        });
        wanted.map(|dependency| dependency.pkg.as_str())
    }

    /// The packages that are reached from one, itself included, without those that are left out and what only they use: a
    /// macro runs in the compiler, so it is not linked.
    fn reached(
        &self,
        from: &'a str,
        is_wanted: fn(Option<&str>) -> bool,
        is_left_out: fn(&MetadataPackage) -> bool,
    ) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            let is_left_out = self.packages.get(id).is_some_and(|package| is_left_out(package));
            if is_left_out || !reached.insert(id) {
                continue;
            }
            open.extend(self.uses(id, is_wanted));
        }
        reached
    }
}

/// The checksums of a lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let value = |block: &str, name: &str| {
        let lines = block.lines();
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        values.next().map(|value| value.trim_end_matches('"').to_owned())
    };
    let entries = lock.split("[[package]]").skip(1).filter_map(|block| {
        let (name, version) = (value(block, "name")?, value(block, "version")?);
        Some((format!("{name}@{version}"), value(block, "checksum")?))
    });
    entries.collect()
}

/// The version of the compiler that builds the repository.
fn rust_version(repository: &Path) -> anyhow::Result<String> {
    let said = output("rustc", &["--version"], repository)?;
    let version = said.split(' ').nth(1).context("rustc does not say its version")?;
    Ok(version.to_owned())
}

/// What a program prints that succeeds.
fn output(program: &str, arguments: &[&str], directory: &Path) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output();
    let output = output.with_context(|| format!("cannot run {program}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed: {error}");
    Ok(String::from_utf8(output.stdout)?)
}
