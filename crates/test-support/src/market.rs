//! Market data in a database, put there as the command line would, and callers of the data APIs.

use talentsoft_partner::clients::{ClientSettings, Entitlements, Grants, Scope};
use talentsoft_partner::ids::CustomerId;
use talentsoft_partner::market::publishing::{DraftOutcome, compose_draft, find_library, publish_version};
use talentsoft_partner::market::sources::{
    ImportBatch, ImportWriter, ImportedOccupation, ImportedSkill, ImportedTitle, SourceKind,
};
use talentsoft_partner::market::versions::VersionNumber;

use crate::{Registry, SECRET, TestClient};

/// A title with its occupation.
pub fn title(title: &str, occupation: &str) -> ImportedTitle {
    ImportedTitle {
        title: title.to_owned(),
        occupation: occupation.to_owned(),
        weight: 1.0,
        is_alias: false,
    }
}

/// An occupation of SOC, and a skill of it.
fn occupations() -> [ImportBatch; 2] {
    let occupation = |code: &str, name: &str| ImportedOccupation {
        code: code.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        employment: Some(1000),
    };
    let skill = |occupation: &str, rank, name: &str| ImportedSkill {
        occupation: occupation.to_owned(),
        rank,
        name: name.to_owned(),
    };
    [
        ImportBatch::Occupations(vec![
            occupation("15-1252", "Software Developers"),
            occupation("29-1141", "Registered Nurses"),
            occupation("11-2022", "Sales Managers"),
        ]),
        ImportBatch::Skills(vec![
            skill("29-1141", 0, "Wound Care"),
            skill("29-1141", 1, "Burn Care"),
            skill("15-1252", 0, "Python"),
        ]),
    ]
}

impl Registry {
    /// Imports titles of a kind, and publishes what comes of it.
    pub async fn publish_titles(
        &self,
        customer_id: Option<CustomerId>,
        kind: SourceKind,
        titles: &[ImportedTitle],
    ) -> VersionNumber {
        self.draft_titles(customer_id, kind, titles).await;
        let act = self.act();
        let published = self.db.transaction(async |db| {
            let library_id = find_library(db, customer_id).await?;
            publish_version(db, &act, library_id, None).await
        });
        published.await.unwrap()
    }

    /// Imports titles of a kind, and composes the draft, which has this number.
    pub async fn draft_titles(
        &self,
        customer_id: Option<CustomerId>,
        kind: SourceKind,
        titles: &[ImportedTitle],
    ) -> VersionNumber {
        let act = self.act();
        let drafted = self.db.long_transaction(async |db| {
            let library_id = find_library(db, customer_id).await?;
            let mut writer = ImportWriter::begin(db, &act, library_id, kind, "2018").await?;
            for batch in occupations() {
                writer.write(db, &batch).await?;
            }
            writer.write(db, &ImportBatch::Titles(titles.to_vec())).await?;
            writer.finish(db, &act, "test").await?;
            compose_draft(db, &act, library_id).await
        });
        match drafted.await.unwrap() {
            DraftOutcome::Composed { number, .. } => number,
            DraftOutcome::Unchanged => panic!("the titles are the same as before"),
        }
    }

    /// A client of the Titles API with every entitlement, and as many requests as it likes.
    pub async fn add_titles_client(&self, client_id: &str) -> TestClient {
        self.add_data_client(client_id, Scope::EmsiOpen).await
    }

    /// A client of the data API of this scope with every entitlement, and as many requests as it likes.
    pub async fn add_data_client(&self, client_id: &str, scope: Scope) -> TestClient {
        let scopes = [scope].into_iter().collect();
        let settings = ClientSettings {
            entitlements: Entitlements::all(),
            requests_per_second: None,
            ..ClientSettings::new(None, Grants::both(), scopes)
        };
        self.add_client(client_id, SECRET, settings).await
    }
}
