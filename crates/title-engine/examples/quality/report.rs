//! Measures an engine on coded titles that it was not learned from, and prints the tables.

use std::collections::BTreeMap;

use title_engine::Soc;
use title_engine::{Engine, Scratch};

use crate::fit::Row;
use crate::rubbish;

/// The files of coded titles, by number.
pub const FILES: [&str; 3] = ["lca", "lca_health", "h2b"];

/// How the titles of a file were found.
#[derive(Clone, Copy, Default)]
struct Counts {
    titles: f64,
    first: f64,
    fifth: f64,
}

/// A band of confidence.
#[derive(Clone, Copy, Default)]
struct Band {
    titles: f64,
    right: f64,
    confidence: f64,
}

/// What was found of the titles of one file.
#[derive(Clone, Copy, Default)]
struct Found {
    counts: Counts,
    bands: [Band; 10],
}

impl Found {
    /// Notes what was found of one title: the place of the right occupation, and the confidence of the first.
    fn note(&mut self, place: Option<usize>, confidence: Option<f32>) {
        self.counts.titles += 1.0;
        self.counts.first += f64::from(u8::from(place == Some(0)));
        self.counts.fifth += f64::from(u8::from(place.is_some()));
        let Some(confidence) = confidence else { return };
        let band = &mut self.bands[((confidence * 10.0) as usize).min(9)];
        band.titles += 1.0;
        band.right += f64::from(u8::from(place == Some(0)));
        band.confidence += f64::from(confidence);
    }

    fn join(&mut self, other: &Self) {
        self.counts.titles += other.counts.titles;
        self.counts.first += other.counts.first;
        self.counts.fifth += other.counts.fifth;
        for (band, other) in self.bands.iter_mut().zip(&other.bands) {
            band.titles += other.titles;
            band.right += other.right;
            band.confidence += other.confidence;
        }
    }
}

/// Prints how well `engine` finds the occupations of `rows`, and `rest` those of the titles that were taken out of it.
pub fn print(name: &str, engine: &Engine, rows: &[Row], rest: &Engine, held: &[(String, Soc)]) {
    let mut scratch = Scratch::default();
    let mut files = [Found::default(); FILES.len()];
    let mut confusions: BTreeMap<(Soc, Soc), Vec<&str>> = BTreeMap::new();
    for (file, row) in rows {
        let found = engine.normalize(&row.title, 5, &mut scratch).candidates;
        let place = found.iter().position(|candidate| candidate.soc == row.soc);
        files[*file].note(place, found.first().map(|best| best.confidence));
        if let Some(best) = found.first().filter(|_| place != Some(0)) {
            confusions
                .entry((row.soc, best.soc))
                .or_default()
                .push(&row.title);
        }
    }
    let mut clean = Found::default();
    for (title, soc) in held {
        let found = rest.normalize(title, 5, &mut scratch).candidates;
        let place = found.iter().position(|candidate| candidate.soc == *soc);
        clean.note(place, found.first().map(|best| best.confidence));
    }
    println!("\n## {name}\n");
    println!(
        "| titles | how many | top 1 | top 5 | right at ≥ .9 (share) | right at ≥ .5 (share) | calibration error |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut all = Found::default();
    for (file, found) in FILES.iter().zip(&files) {
        print_file(file, found.counts, &found.bands);
        all.join(found);
    }
    print_file("all", all.counts, &all.bands);
    print_file("listed by the SOC", clean.counts, &clean.bands);
    print_reliability(&all.bands);
    print_confusions(engine, confusions);
    print_rubbish(engine, &mut scratch);
}

fn print_file(name: &str, count: Counts, bands: &[Band]) {
    let share = |from: usize| {
        let titles: f64 = bands[from..].iter().map(|band| band.titles).sum();
        let right: f64 = bands[from..].iter().map(|band| band.right).sum();
        format!("{:.3} ({:.2})", right / titles.max(1.0), titles / count.titles)
    };
    let error: f64 = bands
        .iter()
        .map(|band| (band.right - band.confidence).abs())
        .sum::<f64>()
        / count.titles;
    let (first, fifth) = (count.first / count.titles, count.fifth / count.titles);
    println!(
        "| {name} | {} | {first:.3} | {fifth:.3} | {} | {} | {error:.3} |",
        count.titles,
        share(9),
        share(5)
    );
}

fn print_reliability(bands: &[Band]) {
    println!("\n| confidence | titles | mean confidence | right |\n|---|---|---|---|");
    for (index, band) in bands.iter().enumerate() {
        let titles = band.titles.max(1.0);
        println!(
            "| .{index}–{} | {} | {:.3} | {:.3} |",
            if index == 9 {
                "1".to_owned()
            } else {
                format!(".{}", index + 1)
            },
            band.titles,
            band.confidence / titles,
            band.right / titles
        );
    }
}

fn print_confusions(engine: &Engine, confusions: BTreeMap<(Soc, Soc), Vec<&str>>) {
    println!("\n| filed as | found | titles | such as |\n|---|---|---|---|");
    let mut list: Vec<_> = confusions.into_iter().collect();
    list.sort_by_key(|(pair, titles)| (std::cmp::Reverse(titles.len()), *pair));
    for ((filed, found), titles) in list.iter().take(10) {
        let name = |soc: &Soc| engine.occupation_name(*soc).unwrap_or_default().to_owned();
        let few = titles.iter().take(3).copied().collect::<Vec<_>>().join("; ");
        println!(
            "| {filed} {} | {found} {} | {} | {few} |",
            name(filed),
            name(found),
            titles.len()
        );
    }
}

fn print_rubbish(engine: &Engine, scratch: &mut Scratch) {
    let mut wrong = Vec::new();
    let texts = rubbish::texts(1000);
    for text in &texts {
        let found = engine.normalize(text, 1, scratch);
        if let Some(best) = found.candidates.first().filter(|best| best.confidence >= 0.5) {
            wrong.push(format!("{text:.60} → {} ({:.2})", best.name, best.confidence));
        }
    }
    println!("\nRubbish at ≥ .5: {} of {}", wrong.len(), texts.len());
    wrong.iter().take(10).for_each(|line| println!("  {line}"));
}
