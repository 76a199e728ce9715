//! Writing an import, in the transaction of whoever imports: an import that dies leaves nothing.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::json;
use sqlx::PgConnection;

use super::rows::ImportBatch;
use super::source::SourceKind;
use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::market::benchmark::insert_rows;
use crate::market::versions::LibraryId;

/// What an import came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is a source of its own.
    Imported {
        /// Its identifier.
        source_id: i32,
    },
    /// The newest source of its kind has the same content: nothing was written.
    Unchanged,
}

/// An import in progress.
pub struct ImportWriter {
    library_id: LibraryId,
    source_id: i32,
    kind: SourceKind,
    digest: Context,
    rows: usize,
}

impl ImportWriter {
    /// Begins an import of data that uses the codes of this revision of SOC, such as `2018`.
    pub async fn begin(
        db: &mut PgConnection,
        act: &Act,
        library_id: LibraryId,
        kind: SourceKind,
        classification: &str,
    ) -> Result<Self, Failure> {
        let source_id = store::insert_source(db, library_id, kind, classification, act.now).await?;
        Ok(Self {
            library_id,
            source_id,
            digest: Context::new(&SHA256),
            kind,
            rows: 0,
        })
    }

    /// Writes rows.
    pub async fn write(&mut self, db: &mut PgConnection, batch: &ImportBatch) -> Result<(), Failure> {
        batch.digest(&mut self.digest);
        self.rows += batch.len();
        match batch {
            ImportBatch::Occupations(rows) => store::insert_occupations(db, self.source_id, rows).await?,
            ImportBatch::Skills(rows) => store::insert_skills(db, self.source_id, rows).await?,
            ImportBatch::Titles(rows) => store::insert_titles(db, self.source_id, rows).await?,
            ImportBatch::Benchmark(rows) => insert_rows(db, self.source_id, rows).await?,
            ImportBatch::OwnTitles(rows) => store::insert_own_titles(db, self.source_id, rows).await?,
        }
        Ok(())
    }

    /// Ends the import, of this release. Where the newest source of its kind is the same, this one is deleted again.
    pub async fn finish(
        self,
        db: &mut PgConnection,
        act: &Act,
        release: &str,
    ) -> Result<ImportOutcome, Failure> {
        let sum = self.digest.finish();
        let newest = store::find_newest_digest(db, self.library_id, self.kind, self.source_id).await?;
        if newest.as_deref() == Some(sum.as_ref()) {
            store::delete_source(db, self.source_id).await?;
            return Ok(ImportOutcome::Unchanged);
        }
        let attribution = self.kind.attribution(release);
        store::update_finished(db, self.source_id, release, &attribution, sum.as_ref()).await?;
        let detail = json!({
            "kind": self.kind,
            "release": release,
            "rows": self.rows,
        });
        act.record(db, "imported", ("market_source", &self.source_id), detail)
            .await?;
        Ok(ImportOutcome::Imported {
            source_id: self.source_id,
        })
    }
}
