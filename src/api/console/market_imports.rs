//! Imports of market data that go on, as the page of market data shows them.

use std::collections::HashMap;

use console_pages::pages::{FileProgress, Import, ImportPhase, ImportSource};

use super::{Error, Viewer, Visit};
use crate::clients;
use crate::market::imports::{self, ListedImport, Phase};
use crate::market::sources::SourceKind;

/// The imports that go on, the oldest first.
pub(super) async fn imports_shown(visit: &Visit<Viewer>) -> Result<Vec<Import>, Error> {
    let read = visit.read(async |db| {
        let imports = imports::list(db).await?;
        let mut customers = HashMap::new();
        for customer_id in imports.iter().filter_map(|import| import.customer_id) {
            let customer = clients::find_customer_by_id(db, customer_id).await?;
            customers.insert(customer_id, customer.name);
        }
        Ok::<_, Error>((imports, customers))
    });
    let (imports, customers) = read.await?;
    let shown = imports.iter().map(|import| Import {
        source: source(import.kind),
        customer: import.customer_id.and_then(|id| customers.get(&id).cloned()),
        phase: phase(import),
        started_at: import.started_at,
    });
    Ok(shown.collect())
}

const fn source(kind: SourceKind) -> ImportSource {
    match kind {
        // Wages and ratings that come with the service are imported with its titles.
        SourceKind::BuiltIn | SourceKind::BuiltInBenchmark => ImportSource::BuiltIn,
        SourceKind::Onet => ImportSource::Onet,
        SourceKind::Soc => ImportSource::Soc,
        SourceKind::CodedTitles => ImportSource::CodedTitles,
        SourceKind::Oews => ImportSource::Wages,
        SourceKind::Titles => ImportSource::OwnTitles,
    }
}

fn phase(import: &ListedImport) -> ImportPhase {
    match import.phase {
        Phase::Composing => ImportPhase::Composing,
        Phase::Reading if import.total_bytes == 0 => ImportPhase::Begun,
        Phase::Reading => ImportPhase::Reading(FileProgress {
            file: import.file.into(),
            files: import.files.into(),
            done_bytes: import.done_bytes,
            total_bytes: import.total_bytes,
        }),
    }
}
