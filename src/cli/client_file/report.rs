//! What an import says of each row.

use serde::Serialize;
use strum::Display;

use super::Refusal;
use super::columns::Column;
use crate::cli::output::{or_dash, table};
use crate::crypto::secret::PresentedSecret;

/// What became of a row; in a dry run, what would become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RowResult {
    /// The client was registered.
    Created,
    /// What differed was changed.
    Updated,
    /// The registry says the same.
    Unchanged,
    /// The row cannot be imported.
    Refused,
}

/// One row of the report.
#[derive(Serialize)]
pub struct RowReport {
    line: u64,
    client_id: Option<String>,
    pub result: RowResult,
    /// What is refused, or the first thing that is.
    column: Option<&'static str>,
    reason: Option<String>,
    /// What was changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<&'static str>,
    /// A generated secret that is shown here.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "expose")]
    client_secret: Option<PresentedSecret>,
}

#[expect(clippy::ref_option, reason = "serde hands it so")]
fn expose<S: serde::Serializer>(secret: &Option<PresentedSecret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(PresentedSecret::expose).serialize(serializer)
}

impl RowReport {
    /// A row that is refused.
    pub fn refused(refusal: Refusal) -> Self {
        Self {
            line: refusal.line,
            client_id: refusal.client_id,
            result: RowResult::Refused,
            column: refusal.column.map(Column::name),
            reason: Some(refusal.reason),
            changed: Vec::new(),
            client_secret: None,
        }
    }

    /// A row that is imported.
    pub fn imported(line: u64, client_id: String, result: RowResult, changed: &[Column]) -> Self {
        Self {
            line,
            client_id: Some(client_id),
            result,
            column: None,
            reason: None,
            changed: changed.iter().map(|column| column.name()).collect(),
            client_secret: None,
        }
    }

    /// The same with a generated secret.
    pub fn with_secret(self, secret: PresentedSecret) -> Self {
        Self {
            client_secret: Some(secret),
            ..self
        }
    }
}

/// The whole report.
#[derive(Serialize)]
pub struct Report {
    /// Nothing was changed because nothing was to be.
    pub is_dry_run: bool,
    /// Whether the rows are in the registry.
    pub is_imported: bool,
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub refused: usize,
    pub rows: Vec<RowReport>,
}

impl Report {
    /// The report of these rows.
    pub fn of(rows: Vec<RowReport>) -> Self {
        let count = |result| rows.iter().filter(|row| row.result == result).count();
        Self {
            is_dry_run: false,
            is_imported: false,
            created: count(RowResult::Created),
            updated: count(RowResult::Updated),
            unchanged: count(RowResult::Unchanged),
            refused: count(RowResult::Refused),
            rows,
        }
    }

    /// For people: a line for each row, and the sum.
    pub fn describe(&self) -> String {
        let has_secrets = self.rows.iter().any(|row| row.client_secret.is_some());
        let rows = self.rows.iter().map(|row| {
            [
                row.line.to_string(),
                or_dash(row.client_id.clone(), |id| id),
                row.result.to_string(),
                or_dash(row.column, str::to_owned),
                match &row.client_secret {
                    Some(secret) => secret.expose().to_owned(),
                    None if row.changed.is_empty() => or_dash(row.reason.clone(), |reason| reason),
                    None => row.changed.join(", "),
                },
            ]
        });
        let last = if has_secrets { "SECRET_OR_REASON" } else { "REASON" };
        let table = table(["LINE", "CLIENT_ID", "RESULT", "COLUMN", last], rows);
        let sum = format!(
            "{} created, {} updated, {} unchanged, {} refused.",
            self.created, self.updated, self.unchanged, self.refused
        );
        let end = match (self.is_dry_run, self.is_imported) {
            (true, _) => " This was a dry run: nothing was changed.",
            (false, false) => " Nothing was changed.",
            (false, true) if has_secrets => " The secrets are shown this once and will not be shown again.",
            (false, true) => "",
        };
        format!("{table}\n{sum}{end}")
    }
}
