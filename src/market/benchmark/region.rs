//! The area that a benchmark is about.

use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::tables::BenchmarkTable;
use crate::market::error::Error;

/// The code of the nation.
pub const NATION: &str = "us";

/// What kind of area.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AreaLevel {
    /// The United States.
    Nation,
    /// A state or territory, by the two digits of its FIPS code.
    State,
    /// A metropolitan area, by the five digits of its CBSA code.
    Msa,
}

impl AreaLevel {
    /// The level of an area, by the form of its code.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        match code.len() {
            _ if code == NATION => Self::Nation,
            2 => Self::State,
            _ => Self::Msa,
        }
    }
}

/// An area that there are wages of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Region<'a> {
    nation: &'static str,
    /// What kind of area it is.
    pub level: AreaLevel,
    /// Its code.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// All areas with wages: the nation first, then states and metropolitan areas by their codes.
pub fn list_regions(table: &BenchmarkTable) -> impl Iterator<Item = Region<'_>> {
    let of_level = |level: AreaLevel| {
        let areas = table.areas().iter().map(region);
        areas.filter(move |region| region.level == level)
    };
    AreaLevel::VARIANTS.iter().copied().flat_map(of_level)
}

/// The area with this code, if its level is the one that is named.
pub fn find_region<'a>(table: &'a BenchmarkTable, level: AreaLevel, id: &str) -> Result<Region<'a>, Error> {
    let found = table.areas().get_key_value(id).map(region);
    // The nation can be asked about without its wages.
    let nation = || Region {
        nation: NATION,
        level: AreaLevel::Nation,
        id: NATION,
        name: "United States",
    };
    let found = found.or_else(|| (id == NATION).then(nation));
    found.filter(|region| region.level == level).ok_or_else(|| {
        let id: String = id.chars().take(40).collect();
        Error::UnknownRegion(format!("{level} {id}"))
    })
}

fn region<'a>((code, name): (&'a String, &'a String)) -> Region<'a> {
    Region {
        nation: NATION,
        level: AreaLevel::of_code(code),
        id: code,
        name,
    }
}
