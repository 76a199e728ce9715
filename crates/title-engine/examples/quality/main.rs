//! Measures how well titles are normalised, and learns the weights.
//!
//! `quality DATA` learns from one half of the coded titles below `DATA` and measures on the other; `--swapped` swaps the
//! halves, so that what is changed can be chosen by the one half and reported on the other; `--write` learns from all of
//! them instead and writes the weights into the source; `--committed` measures with the weights that the engine was
//! compiled with.
#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::cast_sign_loss,
    reason = "a program for engineers: it prints, and stops at its first mistake"
)]

mod boost;
mod clean;
mod fit;
mod learn;
mod read;
mod report;
mod rubbish;
mod sources;
mod split;
mod write;

use std::path::Path;

use title_engine::engine::weights::LEARNED;

fn main() -> Result<(), read::Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let data = arguments
        .first()
        .ok_or("quality DATA [--swapped] [--write] [--committed]")?;
    let data = Path::new(data);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = read::library(data, &manifest.join("data/employment.tsv"))?;
    let mut rows = Vec::new();
    for (number, file) in report::FILES.iter().enumerate() {
        let coded = read::coded(&data.join(format!("coded-titles/{file}.train.tsv")))?;
        rows.extend(coded.into_iter().map(|row| (number, row)));
    }
    println!(
        "{} titles, {} occupations, {} coded titles",
        library.titles.len(),
        library.occupations.len(),
        rows.len()
    );
    if has("--write") {
        let mut parts = clean::LEARNED.to_vec();
        parts.push(clean::MEASURED);
        let weights = fit::fit(&library, &rows, &parts);
        write::write(&manifest.join("src/engine/weights"), &weights)?;
        println!("\nThe weights learned from all titles were written.");
        return Ok(());
    }
    let (train, measure): (Vec<_>, Vec<_>) = rows
        .iter()
        .cloned()
        .partition(|row| split::group(&row.1.title, 2) == u64::from(has("--swapped")));
    let weights = if has("--committed") {
        LEARNED
    } else {
        fit::fit(&library, &train, &clean::LEARNED)
    };
    let (rest, held) = clean::hold_back(&library, clean::MEASURED);
    for (name, known) in [
        ("Library only", &[][..]),
        ("With coded titles of the other half", &train),
    ] {
        let engine = |library| fit::with_coded(library, known.iter()).with_weights(weights.clone());
        let known_engine = engine(&library);
        report::print(name, &known_engine, &measure, &engine(&rest), &held);
        sources::print(&library, &known_engine, &measure);
    }
    Ok(())
}
