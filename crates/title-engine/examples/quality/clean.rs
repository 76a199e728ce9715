//! Titles with clean labels: those that the SOC lists for an occupation, taken out of the library.

use title_engine::Soc;
use title_engine::library::{Library, TitleRow};

use crate::read::DIRECT_MATCH;
use crate::split;

/// Into so many parts the titles are split.
const PARTS: u64 = 12;

/// The part that is measured, and never learned from unless all is.
pub const MEASURED: u64 = 3;

/// The parts that are learned from.
pub const LEARNED: [u64; 4] = [5, 7, 9, 11];

/// The library without one part of its titles, and those of that part that the SOC lists, with their occupations.
pub fn hold_back(library: &Library, part: u64) -> (Library, Vec<(String, Soc)>) {
    let is_held = |title: &&TitleRow| split::group(&title.name, PARTS) == part;
    let listed = |title: &TitleRow| {
        let direct = title
            .evidence
            .iter()
            .find(|evidence| evidence.weight == DIRECT_MATCH)?;
        Some((title.name.clone(), direct.occupation.soc()))
    };
    let held = library.titles.iter().filter(is_held).filter_map(listed).collect();
    let rest = Library {
        occupations: library.occupations.clone(),
        titles: library
            .titles
            .iter()
            .filter(|title| !is_held(title))
            .cloned()
            .collect(),
        coded_titles: Vec::new(),
    };
    (rest, held)
}
