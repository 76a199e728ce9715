//! How often each source of the library is right: of the coded titles that it has with the same words, in how many the
//! employer's code is among those that it gives.

use std::collections::HashMap;

use title_engine::library::{Library, TitleRow};
use title_engine::{Engine, Scratch, Soc, key};

use crate::fit::Row;
use crate::read::{ALTERNATE, DIRECT_MATCH, NAME, REPORTED};

/// The sources, by the weight that their titles have.
const SOURCES: [(&str, f32); 4] = [
    ("names of occupations", NAME),
    ("direct-match titles of the SOC", DIRECT_MATCH),
    ("titles that workers reported", REPORTED),
    ("alternate titles", ALTERNATE),
];

/// How often a source, and the engine on the same titles, were right.
#[derive(Default)]
struct Counts {
    titles: f64,
    codes: f64,
    among: f64,
    alone: f64,
    alone_right: f64,
    engine: f64,
}

/// Prints the table of the sources; the last row is of titles that no source has.
pub fn print(library: &Library, engine: &Engine, rows: &[Row]) {
    let titles: HashMap<String, &TitleRow> = library
        .titles
        .iter()
        .map(|title| (key(&title.name), title))
        .collect();
    let mut scratch = Scratch::default();
    let mut counts: [Counts; SOURCES.len() + 1] = std::array::from_fn(|_| Counts::default());
    for (_, row) in rows {
        let best = engine.assess(&row.title, &mut scratch).map(|best| best.soc);
        let is_found = f64::from(u8::from(best == Some(row.soc)));
        let Some(title) = titles.get(&key(&row.title)) else {
            let rest = &mut counts[SOURCES.len()];
            rest.titles += 1.0;
            rest.engine += is_found;
            continue;
        };
        for (count, (_, weight)) in counts.iter_mut().zip(&SOURCES) {
            let socs = socs(title, *weight);
            if !socs.is_empty() {
                count.note(&socs, row.soc, is_found);
            }
        }
    }
    println!(
        "\n| source that has the title | titles | its codes, mean | filed as one of them | has one, and filed as that | found |"
    );
    println!("|---|---|---|---|---|---|");
    for ((name, _), count) in SOURCES.iter().zip(&counts) {
        let titles = count.titles.max(1.0);
        println!(
            "| {name} | {} | {:.2} | {:.3} | {}, {:.3} | {:.3} |",
            count.titles,
            count.codes / titles,
            count.among / titles,
            count.alone,
            count.alone_right / count.alone.max(1.0),
            count.engine / titles
        );
    }
    let rest = &counts[SOURCES.len()];
    println!(
        "| none | {} | | | | {:.3} |",
        rest.titles,
        rest.engine / rest.titles.max(1.0)
    );
}

/// The occupations that a source gives a title.
fn socs(title: &TitleRow, weight: f32) -> Vec<Soc> {
    let of_source = title.evidence.iter().filter(|evidence| evidence.weight == weight);
    let mut socs: Vec<Soc> = of_source.map(|evidence| evidence.occupation.soc()).collect();
    socs.sort_unstable();
    socs.dedup();
    socs
}

impl Counts {
    fn note(&mut self, socs: &[Soc], filed: Soc, is_found: f64) {
        let is_among = f64::from(u8::from(socs.contains(&filed)));
        self.titles += 1.0;
        self.codes += socs.len() as f64;
        self.among += is_among;
        self.engine += is_found;
        if socs.len() == 1 {
            self.alone += 1.0;
            self.alone_right += is_among;
        }
    }
}
