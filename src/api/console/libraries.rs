//! The libraries of titles as pages list and offer them: there may be one for each customer.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use console_pages::{Choice, Message, Offer};

use super::{Error, RoleMarker, Visit, customer_choice};
use crate::clients;
use crate::ids::CustomerId;
use crate::market::publishing::{self, ListedVersion};
use crate::market::versions::{VersionNumber, VersionStatus};

/// How paths name the library that all share.
pub(super) const SHARED: &str = "shared";

/// All versions, and the customers who have a library of their own.
pub(super) struct Libraries {
    versions: Vec<ListedVersion>,
    customers: HashMap<CustomerId, String>,
}

impl Libraries {
    pub(super) async fn read<R: RoleMarker>(visit: &Visit<R>) -> Result<Self, Error> {
        let read = visit.read(async |db| {
            let versions = publishing::list_versions(db).await?;
            let mut customers = HashMap::new();
            if versions.iter().any(|version| version.customer_id.is_some()) {
                let all = clients::list_customers(db).await?.into_iter();
                customers = all
                    .map(|customer| (customer.customer_id, customer.name))
                    .collect();
            }
            Ok(Self { versions, customers })
        });
        read.await
    }

    /// Whose library there is, that of all first.
    fn owners(&self) -> impl Iterator<Item = Option<CustomerId>> {
        let same = |one: &ListedVersion, other: &ListedVersion| one.customer_id == other.customer_id;
        let of_each = self.versions.chunk_by(same);
        of_each.filter_map(|versions| versions.first().map(|version| version.customer_id))
    }

    /// One page of the versions, which are in the order of their libraries, and where the next one begins; none where the version
    /// is not there that the page is to follow.
    pub(super) fn page(
        &self,
        after: Option<&VersionCursor>,
        rows: usize,
    ) -> Option<(&[ListedVersion], Option<VersionCursor>)> {
        let begin = match after {
            None => 0,
            Some(after) => self.versions.iter().position(|version| after.is_at(version))? + 1,
        };
        let left = self.versions.get(begin..)?;
        let page = left.get(..rows).unwrap_or(left);
        let last = page.last().filter(|_| page.len() < left.len());
        Some((page, last.map(VersionCursor::of)))
    }

    /// The libraries to choose from.
    pub(super) fn offer(&self) -> Offer {
        let owners: Vec<Option<CustomerId>> = self.owners().collect();
        let names: Vec<String> = owners.iter().filter_map(|owner| self.name(*owner)).collect();
        let are_few = customer_choice::fit(names.iter().map(String::as_str));
        if !are_few {
            return Offer::First(customer_choice::bounded(names.into_iter()));
        }
        let choice = |owner: &Option<CustomerId>| {
            let label = self.name(*owner).map(Message::Words);
            let label = label.unwrap_or_else(|| Message::text("library-shared"));
            Choice::new(&library_path(*owner), label)
        };
        Offer::All(owners.iter().map(choice).collect())
    }

    /// Whose library it is that was chosen, or named by its customer; that of all where nothing was entered.
    pub(super) fn owner_of(&self, entered: &str) -> Result<Option<CustomerId>, Error> {
        let entered = entered.trim();
        if entered.is_empty() {
            return Ok(None);
        }
        if let Ok(owner) = owner(entered) {
            return Ok(owner);
        }
        let has_name = |owner: &Option<CustomerId>| {
            let name = owner.and_then(|owner| self.customers.get(&owner));
            name.is_some_and(|name| name.eq_ignore_ascii_case(entered))
        };
        self.owners().find(has_name).ok_or(Error::NotFound)
    }

    pub(super) fn name(&self, owner: Option<CustomerId>) -> Option<String> {
        owner.and_then(|owner| self.customers.get(&owner).cloned())
    }

    pub(super) fn of(&self, owner: Option<CustomerId>) -> impl Iterator<Item = &ListedVersion> {
        self.versions
            .iter()
            .filter(move |version| version.customer_id == owner)
    }

    /// The version that callers get who name none.
    pub(super) fn current(&self, owner: Option<CustomerId>) -> Option<VersionNumber> {
        self.published(owner).next()
    }

    /// The version that they get once this one is retired.
    pub(super) fn next(&self, owner: Option<CustomerId>, retired: VersionNumber) -> Option<VersionNumber> {
        self.published(owner).find(|number| *number != retired)
    }

    /// The numbers of what is published, the newest first.
    fn published(&self, owner: Option<CustomerId>) -> impl Iterator<Item = VersionNumber> {
        let versions = self.of(owner);
        versions
            .filter(|version| version.status == VersionStatus::Published)
            .map(|version| version.version)
    }
}

/// A library's name in paths.
pub(super) fn library_path(owner: Option<CustomerId>) -> String {
    owner.map_or_else(|| SHARED.to_owned(), |id| id.to_string())
}

/// Whose library a path names.
pub(super) fn owner(library: &str) -> Result<Option<CustomerId>, Error> {
    match library {
        SHARED => Ok(None),
        id => id.parse().map(Some).map_err(|_| Error::NotFound),
    }
}

/// The last version of a page. Its text is the name of its library in paths, and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VersionCursor {
    owner: Option<CustomerId>,
    version: VersionNumber,
}

impl VersionCursor {
    fn of(version: &ListedVersion) -> Self {
        Self {
            owner: version.customer_id,
            version: version.version,
        }
    }

    fn is_at(&self, version: &ListedVersion) -> bool {
        *self == Self::of(version)
    }
}

impl fmt::Display for VersionCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", library_path(self.owner), self.version)
    }
}

impl FromStr for VersionCursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (library, version) = text.split_once('/').ok_or(Error::Invalid)?;
        Ok(Self {
            owner: owner(library)?,
            version: version.parse().map_err(|_| Error::Invalid)?,
        })
    }
}
