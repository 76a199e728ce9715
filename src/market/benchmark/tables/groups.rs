//! Groups of occupations that the SOC has and the sources leave out.

use std::collections::BTreeMap;

use super::super::dimension::Level;
use super::{BenchmarkTable, Occupation};

/// The groups of military occupations (SOC 2018), which no source of ours lists.
const MILITARY_GROUPS: &[(&str, &str)] = &[
    ("55-0000", "Military Specific Occupations"),
    (
        "55-1000",
        "Military Officer Special and Tactical Operations Leaders",
    ),
    (
        "55-1010",
        "Military Officer Special and Tactical Operations Leaders",
    ),
    ("55-2000", "First-Line Enlisted Military Supervisors"),
    ("55-2010", "First-Line Enlisted Military Supervisors"),
    (
        "55-3000",
        "Military Enlisted Tactical Operations and Air/Weapons Specialists and Crew Members",
    ),
    (
        "55-3010",
        "Military Enlisted Tactical Operations and Air/Weapons Specialists and Crew Members",
    ),
];

impl BenchmarkTable {
    /// Adds the broad occupations that have one detailed occupation. They are the same twice, with one name (SOC), so the
    /// sources leave them out.
    pub(super) fn add_broad_occupations(&mut self) {
        let [soc, _] = &mut self.occupations;
        let mut detailed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for code in soc.keys().filter(|code| Level::of_code(code) == Level::Detailed) {
            if let Some(beginning) = code.get(..6) {
                let broad = detailed.entry(format!("{beginning}0")).or_default();
                broad.push(code.clone());
            }
        }
        for (broad, codes) in detailed {
            let [code] = codes.as_slice() else { continue };
            if let Some(Occupation { name, description }) = soc.get(code) {
                let (name, description) = (name.clone(), description.clone());
                soc.entry(broad.clone())
                    .or_insert(Occupation { name, description });
            }
            if let Some(row_code) = self.rows.get(code).cloned() {
                self.rows.entry(broad).or_insert(row_code);
            }
        }
    }

    /// Adds the groups of military occupations that are there. The SOC has them; OEWS, which lists all other groups, leaves out
    /// the military.
    pub(super) fn add_military_groups(&mut self) {
        let [soc, _] = &mut self.occupations;
        for (group, name) in MILITARY_GROUPS {
            let beginning = group.trim_end_matches('0');
            if soc.keys().any(|code| code.starts_with(beginning)) {
                soc.entry((*group).to_owned()).or_insert_with(|| Occupation {
                    name: (*name).to_owned(),
                    description: String::new(),
                });
            }
        }
    }
}
