//! Writes what was learned as the source files that the engine is compiled with.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use title_engine::engine::weights::{Model, Weights};

/// Writes the files below `folder`.
pub fn write(folder: &Path, weights: &Weights) -> io::Result<()> {
    fs::write(
        folder.join("library.rs"),
        source("without coded titles", &weights.library),
    )?;
    fs::write(
        folder.join("coded.rs"),
        source("with coded titles", &weights.coded),
    )
}

/// A bound may be this, by chance; clippy takes it for a constant that was written out.
const SQUARE_ROOT: &str = "1.4142";

fn source(kind: &str, model: &Model) -> String {
    let mut text = code(model);
    if text.contains(SQUARE_ROOT) {
        let lint =
            "#![expect(clippy::approx_constant, reason = \"a bound that was learned is no constant\")]";
        text = format!("{lint}\n\n{text}");
    }
    format!("//! What was learned for a library {kind}; written by the example `quality`.\n\n{text}")
}

fn code(model: &Model) -> String {
    let mut text = format!(
        "\
         use std::borrow::Cow;\n\n\
         use super::{{Model, Tree, tree}};\n\n\
         pub(super) const MODEL: Model = Model {{\n    features: {},\n    trees: Cow::Borrowed(TREES),\n    confidence: {},\n}};\n\n\
         #[rustfmt::skip]\nconst TREES: &[Tree] = &[\n",
        numbers(&model.features),
        numbers(&model.confidence)
    );
    for tree in &*model.trees {
        let _ = writeln!(
            text,
            "    tree({:?}, {}, {}),",
            tree.features,
            numbers(&tree.bounds),
            numbers(&tree.leaves)
        );
    }
    text.push_str("];\n");
    text
}

/// The numbers with four digits, as an array is written.
fn numbers(numbers: &[f32]) -> String {
    // Adding zero makes zero of minus zero.
    let rounded = numbers.iter().map(|number| (number * 1e4).round() / 1e4 + 0.0);
    let numbers: Vec<String> = rounded.map(|number| format!("{number:.4}")).collect();
    format!("[{}]", numbers.join(", "))
}
