//! Writes the weights as the source file that the engine is compiled with.

use std::fs;
use std::io;
use std::path::Path;

use title_engine::engine::weights::Weights;

/// Replaces the numbers in `path`.
pub fn write(path: &Path, weights: &Weights) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let mark = "pub const LEARNED: Weights = Weights {\n";
    let head = text.split_once(mark).map_or(text.as_str(), |(head, _)| head);
    let mut out = format!("{head}{mark}");
    for (name, numbers) in [
        ("library", &weights.library[..]),
        ("coded", &weights.coded),
        ("library_confidence", &weights.library_confidence),
        ("coded_confidence", &weights.coded_confidence),
    ] {
        let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:.4}")).collect();
        out.push_str(&["    ", name, ": [", &numbers.join(", "), "],\n"].concat());
    }
    out.push_str("};\n");
    fs::write(path, out)
}
