//! The counts of profiles, which are changed with the profiles themselves.

mod store;

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::key::Keys;
use super::segment::Segment;
use super::subdomain::SubdomainId;

/// By how much the counts of one beginning of keys change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CountChange {
    pub profiles: i32,
    pub by_family: i32,
    pub by_given: i32,
    pub by_email: i32,
}

/// Which counts change.
pub(super) type CountKey = (SubdomainId, String, Segment);

/// By how much the counts of some profiles change. Whoever makes them has locked the subdomains.
#[derive(Default)]
pub(super) struct CountChanges(BTreeMap<CountKey, CountChange>);

impl CountChanges {
    /// A profile that is there now.
    pub(super) fn add(&mut self, subdomain_id: SubdomainId, segment: Segment, keys: &Keys) {
        self.change(subdomain_id, segment, keys, 1);
    }

    /// A profile that is no longer there.
    pub(super) fn remove(&mut self, subdomain_id: SubdomainId, segment: Segment, keys: &Keys) {
        self.change(subdomain_id, segment, keys, -1);
    }

    fn change(&mut self, subdomain_id: SubdomainId, segment: Segment, keys: &Keys, by: i32) {
        for prefix in keys.prefixes() {
            let key = (subdomain_id, prefix.text.to_owned(), segment);
            let change = self.0.entry(key).or_default();
            change.profiles += by;
            change.by_family += by * i32::from(prefix.is_of_family);
            change.by_given += by * i32::from(prefix.is_of_given);
            change.by_email += by * i32::from(prefix.is_of_email);
        }
    }

    /// Makes the changes.
    pub(super) async fn write(mut self, db: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.0.retain(|_, change| *change != CountChange::default());
        if self.0.is_empty() {
            return Ok(());
        }
        store::change_counts(db, &self.0).await?;
        self.0.retain(|_, change| change.profiles < 0);
        if self.0.is_empty() {
            return Ok(());
        }
        // What nobody's name begins with any more leaves no trace.
        store::delete_empty_counts(db, self.0.keys()).await
    }
}
