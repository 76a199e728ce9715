//! What an answer has to say about itself.

use super::super::dataset::{Dataset, Datasets};
use super::super::region::AreaLevel;
use super::super::tables::WageRow;
use super::Question;

/// The warnings of one answer.
#[derive(Default)]
pub(super) struct Warnings {
    texts: Vec<String>,
    /// What is asked for and not there.
    pub missing: Datasets,
}

impl Warnings {
    pub fn add(&mut self, text: String) {
        self.texts.push(text);
    }

    /// Names what is null in a row of wages.
    pub fn add_nulls(&mut self, datasets: Datasets, row: &WageRow) {
        let mut nulls = Vec::new();
        if datasets.contains(Dataset::Salary) {
            nulls.extend(row.unpublished().iter().map(|path| format!("salary.{path}")));
            let salary = row.salary();
            if !salary.top_coded().is_empty() {
                let paths = salary.top_coded().iter().map(|path| format!("salary.{path}"));
                let paths = list(paths);
                self.add(format!(
                    "At or above the highest wage that the source publishes, so null: {paths}."
                ));
            }
        }
        if datasets.contains(Dataset::Employment) && row.employed().is_none() {
            nulls.push(Dataset::Employment.to_string());
        }
        if datasets.contains(Dataset::LocationQuotient) && row.location_quotient.is_none() {
            nulls.push(Dataset::LocationQuotient.to_string());
        }
        if !nulls.is_empty() {
            let paths = list(nulls.into_iter());
            self.add(format!("Not published by the source, so null: {paths}."));
        }
    }

    /// All of them, with those about what is missing first.
    pub fn finish(self, question: &Question<'_>) -> Vec<String> {
        let named = |is_so: &dyn Fn(Dataset) -> bool| {
            let names = question.datasets.iter().filter(|dataset| is_so(*dataset));
            list(names.map(|dataset| dataset.to_string()))
        };
        let missing = |dataset: Dataset| self.missing.contains(dataset);
        let closed = named(&|dataset| dataset.is_closed());
        let absent = named(&missing);
        let national = named(&|dataset| dataset.is_national() && !missing(dataset));
        let mut texts = Vec::new();
        if !closed.is_empty() {
            texts.push(format!("No open source has {closed}: left out."));
        }
        if !absent.is_empty() {
            texts.push(format!(
                "The data have nothing of {} for {absent}: left out.",
                question.id
            ));
        }
        if question.region.level != AreaLevel::Nation && !national.is_empty() {
            texts.push(format!(
                "Of the nation, not of {}: {national}.",
                question.region.name
            ));
        }
        texts.extend(self.texts);
        texts
    }
}

/// Names with commas between.
fn list(names: impl Iterator<Item = String>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
