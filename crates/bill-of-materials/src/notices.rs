//! The notices: for everything that goes into the program its licence, and the texts that come with it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::dependencies::{Dependencies, Package};
use crate::text::read_text;

/// How the names of files begin that hold a licence or a notice.
const BEGINNINGS: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];

/// How the names of files end that only look like one.
const CODE: [&str; 6] = ["rs", "py", "js", "toml", "html", "c"];

/// Folders of a package of which nothing is built.
const NOT_BUILT: [&str; 6] = ["tests", "benches", "examples", "fuzz", "target", ".git"];

/// Texts, and the packages that each belongs to.
type Texts = BTreeMap<String, Vec<String>>;

/// The notices of the program and of every package that goes into it. A package whose licence asks for a text that is
/// nowhere to be found is an error.
pub fn notices(dependencies: &Dependencies) -> anyhow::Result<String> {
    let program = &dependencies.program;
    let apache = read_text(&dependencies.repository.join("LICENSE-APACHE"))?;
    let own = [
        read_text(&dependencies.repository.join("LICENSE-MIT"))?,
        apache.clone(),
    ];
    let mut texts = Texts::new();
    let mut list = String::new();
    let linked = dependencies.packages.iter().filter(|package| package.is_linked);
    for package in linked.filter(|package| !package.is_ours()) {
        let name = format!("{} {}", package.name, package.version);
        writeln!(list, "  {name}: {}", package.license)?;
        for text in texts_of(package, &apache)? {
            add(&mut texts, text, &name);
        }
    }
    for work in &dependencies.embedded {
        let name = format!("{} {}", work.name, work.version);
        writeln!(list, "  {name}: {} (in {})", work.license, work.brought_by)?;
        for text in &work.texts {
            add(&mut texts, text.clone(), &name);
        }
    }
    let library = format!("The standard library of Rust {}", dependencies.rust_version);
    writeln!(list, "  {library}: MIT OR Apache-2.0")?;
    texts.entry(apache).or_default().push(library);

    let mut document = format!(
        "talentsoft-partner {} is licensed under {}, the first two texts below.\n\n\
         It contains these packages and their code, under the licences named:\n\n{list}\n\
         The data that come with it are described, with their licences and the attribution to pass on, after the texts.\n",
        program.version, program.license
    );
    for text in &own {
        section(&mut document, "talentsoft-partner", text)?;
    }
    for (text, names) in &texts {
        section(&mut document, &names.join(", "), text)?;
    }
    let data = read_text(&dependencies.repository.join("market-data/SOURCES.md"))?;
    section(&mut document, "The data", &data)?;
    Ok(document)
}

/// Adds a text that belongs to a package, which may have it in more than one file.
fn add(texts: &mut Texts, text: String, name: &str) {
    let names = texts.entry(text).or_default();
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

fn section(document: &mut String, title: &str, text: &str) -> std::fmt::Result {
    let line = "=".repeat(80);
    write!(document, "\n{line}\n{title}\n{line}\n\n{text}\n")
}

/// The texts that come with a package. One without any, of which the licence may be chosen, is taken under Apache-2.0,
/// whose text names no holder of rights.
fn texts_of(package: &Package, apache: &str) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    collect(&package.directory, &mut files)?;
    if let Some(file) = &package.license_file {
        files.push(package.directory.join(file));
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        let mut choices = package.license.split(" OR ").map(str::trim);
        ensure!(
            choices.any(|choice| choice == "Apache-2.0"),
            "{} comes without the text of its licence, {}; find out what it is, and have it written here",
            package.reference(),
            package.license
        );
        return Ok(vec![apache.to_owned()]);
    }
    files.iter().map(|file| read_text(file)).collect()
}

/// Adds the licences and notices below a directory.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !NOT_BUILT.contains(&name.as_str()) {
                collect(&entry.path(), files)?;
            }
        } else if is_license(&name) {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn is_license(name: &str) -> bool {
    let upper = name.to_uppercase();
    let extension = Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str());
    BEGINNINGS.iter().any(|beginning| upper.starts_with(beginning))
        && !extension.is_some_and(|extension| CODE.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_known_by_their_names() {
        for name in [
            "LICENSE",
            "LICENSE-MIT",
            "license.txt",
            "LICENCE.md",
            "COPYING",
            "NOTICE",
            "UNLICENSE",
        ] {
            assert!(is_license(name), "{name}");
        }
        for name in [
            "license.rs",
            "README.md",
            "lib.rs",
            "licenses.toml",
            "not-a-LICENSE",
        ] {
            assert!(!is_license(name), "{name}");
        }
    }

    #[test]
    fn a_package_without_a_text_is_an_error_unless_the_common_one_will_do() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let package = |license: &str| Package {
            name: "bare".to_owned(),
            version: "1.0.0".to_owned(),
            license: license.to_owned(),
            license_file: None,
            repository: None,
            directory: directory.clone(),
            checksum: None,
            is_linked: true,
            uses: Vec::new(),
        };
        let texts = texts_of(&package("MIT OR Apache-2.0"), "Apache").unwrap();
        assert_eq!(texts, ["Apache"]);
        let error = texts_of(&package("MIT"), "Apache").unwrap_err().to_string();
        assert!(
            error.starts_with("bare@1.0.0 comes without the text of its licence, MIT"),
            "{error}"
        );
    }
}
