//! What packages have among their files and bring into the program, although it is somebody else's and under a licence of its
//! own: the pages of Swagger UI, and a font.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use memchr::memmem;
use serde::Deserialize;
use zip::ZipArchive;

use crate::dependencies::Package;
use crate::text::{read, read_text, text_of};

/// Where texts are kept that their packages leave out.
const KEPT: &str = "crates/bill-of-materials/licences";

/// The package that brings Swagger UI, as the archive of its sources.
const SWAGGER_UI: &str = "utoipa-swagger-ui-vendored";

/// The package that brings the font.
const CHARTS: &str = "charts-rs";

/// The version of the font.
const ROBOTO_VERSION: &str = "2.137";

/// What the font says of itself: whose it is, and under which licence. Later versions are under another one.
const ROBOTO_NOTICES: [&str; 2] = [
    "Copyright 2011 Google Inc. All Rights Reserved.",
    "Licensed under the Apache License, Version 2.0",
];

/// How the first line of a bundle names the text of the licences of what is in it.
const SEE: &str = "For license information please see ";

/// One work that a package brings along.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Its licence as an SPDX expression.
    pub license: &'static str,
    /// What it is to CycloneDX: a library or a file.
    pub kind: &'static str,
    /// What tools know it by, without its version (package URL).
    pub package_url: &'static str,
    /// Where its source is published.
    pub repository: &'static str,
    /// Name and version of the package that brings it.
    pub brought_by: String,
    /// The texts of its licences, and its notices.
    pub texts: Vec<String>,
}

impl Embedded {
    /// Name and version.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// What packages bring along. What is embedded under terms that are not known is an error.
pub fn embedded(repository: &Path, packages: &[Package]) -> anyhow::Result<Vec<Embedded>> {
    let mut found = Vec::new();
    for package in packages {
        match package.name.as_str() {
            SWAGGER_UI => found.push(swagger_ui(package, &repository.join(KEPT))?),
            CHARTS => found.push(roboto(package, repository)?),
            _ => {}
        }
    }
    Ok(found)
}

/// Swagger UI: the archive has licence and notice, and says of each bundle which text there is besides, which is kept for
/// this version.
fn swagger_ui(package: &Package, kept: &Path) -> anyhow::Result<Embedded> {
    let mut archive = Archive::open(&only_archive(&package.directory.join("res"))?)?;
    let manifest: Manifest = serde_json::from_slice(&archive.read("package.json")?)?;
    let kept = kept.join(format!("swagger-ui-dist-{}", manifest.version));
    ensure!(
        kept.is_dir(),
        "{} brings Swagger UI {}, and {} is not there; README.md beside it says how to keep its texts",
        package.reference(),
        manifest.version,
        kept.display()
    );
    let mut texts = vec![
        text_of(&archive.read("LICENSE")?),
        text_of(&archive.read("NOTICE")?),
    ];
    for file in archive.licences_of_bundles()? {
        texts.push(read_text(&kept.join(file))?);
    }
    Ok(Embedded {
        name: "swagger-ui",
        version: manifest.version,
        license: "Apache-2.0",
        kind: "library",
        package_url: "pkg:npm/swagger-ui",
        repository: "https://github.com/swagger-api/swagger-ui",
        brought_by: package.reference(),
        texts,
    })
}

/// The font Roboto, which says itself what it is.
fn roboto(package: &Package, repository: &Path) -> anyhow::Result<Embedded> {
    let font = read(&package.directory.join("src/Roboto.ttf"))?;
    let version = format!("Version {ROBOTO_VERSION}");
    for said in ROBOTO_NOTICES.into_iter().chain([version.as_str()]) {
        ensure!(
            says(&font, said),
            "the font Roboto of {} does not say `{said}`; find out which licence this version is under",
            package.reference()
        );
    }
    let notices = format!("Roboto: {}", ROBOTO_NOTICES.join("\n"));
    Ok(Embedded {
        name: "Roboto",
        version: ROBOTO_VERSION.to_owned(),
        license: "Apache-2.0",
        kind: "file",
        package_url: "pkg:generic/roboto",
        repository: "https://github.com/googlefonts/roboto",
        brought_by: package.reference(),
        texts: vec![notices, read_text(&repository.join("LICENSE-APACHE"))?],
    })
}

/// Whether a font says something of itself, which it does in UTF-16.
fn says(font: &[u8], text: &str) -> bool {
    let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    memmem::find(font, &text).is_some()
}

/// The one archive in a directory.
fn only_archive(directory: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut archives = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "zip") {
            archives.push(path);
        }
    }
    let only = archives.pop().filter(|_| archives.is_empty());
    only.with_context(|| format!("there is not one archive in {}", directory.display()))
}

/// What the archive of an npm package says of it, as far as it is read.
#[derive(Deserialize)]
struct Manifest {
    version: String,
}

/// An archive of sources, in which all is below one folder.
struct Archive {
    zip: ZipArchive<BufReader<File>>,
    folder: String,
}

impl Archive {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let zip = ZipArchive::new(BufReader::new(File::open(path)?))?;
        let first = zip.name_for_index(0).context("an empty archive")??;
        let folder = first.split('/').next().unwrap_or_default().to_owned();
        Ok(Self { zip, folder })
    }

    fn read(&mut self, name: &str) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let name = format!("{}/{name}", self.folder);
        let mut file = self
            .zip
            .by_name(&name)
            .with_context(|| format!("{name} is missing"))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The names of the texts that the bundles refer to in their first line; everything in `dist` is embedded.
    fn licences_of_bundles(&mut self) -> anyhow::Result<Vec<String>> {
        let bundles = format!("{}/dist/", self.folder);
        let mut names = Vec::new();
        for index in 0..self.zip.len() {
            let file = self.zip.by_index(index)?;
            if !file.name()?.starts_with(&bundles) {
                continue;
            }
            let mut beginning = Vec::new();
            file.take(200).read_to_end(&mut beginning)?;
            let beginning = String::from_utf8_lossy(&beginning);
            if let Some((_, rest)) = beginning.split_once(SEE) {
                names.extend(rest.split_whitespace().next().map(str::to_owned));
            }
        }
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dependencies;

    const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

    fn package(name: &str) -> Package {
        let dependencies = Dependencies::of(Path::new(REPOSITORY)).unwrap();
        let mut packages = dependencies.packages.into_iter();
        packages.find(|package| package.name == name).unwrap()
    }

    #[test]
    fn a_version_of_swagger_ui_without_its_texts_is_an_error() {
        let package = package(SWAGGER_UI);
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let error = swagger_ui(&package, &kept).unwrap_err().to_string();
        assert!(error.contains("is not there"), "{error}");
    }

    #[test]
    fn a_font_says_who_made_it() {
        let font = "\u{1}Copyright 2011 Google Inc."
            .encode_utf16()
            .flat_map(u16::to_be_bytes);
        let font: Vec<u8> = font.collect();
        assert!(says(&font, "Copyright 2011"));
        assert!(!says(&font, "Copyright 2025"));
    }
}
