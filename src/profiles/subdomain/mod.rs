//! Subdomains: the sites at which people have profiles, each of one customer.

mod store;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::CustomerId;

/// Longest label of a name in the DNS, in bytes (RFC 1035 s2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// The name of a subdomain: a label of the DNS in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct SubdomainName(String);

/// The text is not the name of a subdomain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a subdomain's name has 1 to 63 letters a to z, digits and hyphens, and begins and ends with none of the last"
)]
pub struct InvalidSubdomainName;

impl SubdomainName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SubdomainName {
    type Err = InvalidSubdomainName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_label = (1..=MAX_LABEL_BYTES).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        is_label
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidSubdomainName)
    }
}

impl fmt::Display for SubdomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a subdomain in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct SubdomainId(pub(super) i32);

/// A subdomain.
#[derive(Clone, Debug, Serialize)]
pub struct Subdomain {
    /// Its name, unique among those of all customers.
    pub name: SubdomainName,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// How many profiles there are, those of people who never logged in included.
    pub profiles: i64,
    /// When it was added.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
}

/// Adds a subdomain of a customer.
pub async fn add_subdomain(
    db: &mut PgConnection,
    act: &Act,
    customer_id: CustomerId,
    name: &SubdomainName,
) -> Result<Subdomain, Error> {
    if !store::insert_subdomain(db, customer_id, name, act.now).await? {
        return Err(Error::SubdomainExists(name.clone()));
    }
    let detail = json!({ "customer_id": customer_id });
    act.record(db, "added", ("subdomain", name), detail).await?;
    Ok(Subdomain {
        name: name.clone(),
        customer_id,
        profiles: 0,
        created_at: act.now,
    })
}

/// The subdomains that the actor reaches, by name.
pub async fn list_subdomains(db: &mut PgConnection, act: &Act) -> Result<Vec<Subdomain>, Failure> {
    Ok(store::list_subdomains(db, act.customer_id, None).await?)
}

/// The subdomain of this name with all that a list says of it; the actor must reach it.
pub async fn describe_subdomain(
    db: &mut PgConnection,
    act: &Act,
    name: &SubdomainName,
) -> Result<Subdomain, Error> {
    let found = store::list_subdomains(db, act.customer_id, Some(name)).await?;
    found.into_iter().next().ok_or(Error::UnknownSubdomain)
}

/// The subdomain of this name, which the actor must reach: one of another customer is as unknown as one that there is not.
pub async fn find_subdomain(
    db: &mut PgConnection,
    act: &Act,
    name: &SubdomainName,
) -> Result<SubdomainId, Error> {
    let found = store::find_subdomain(db, act.customer_id, name).await?;
    found.ok_or(Error::UnknownSubdomain)
}

/// Removes a subdomain at which there are no profiles.
pub async fn remove_subdomain(db: &mut PgConnection, act: &Act, name: &SubdomainName) -> Result<(), Error> {
    let subdomain_id = lock_subdomain(db, act, name).await?;
    let before = describe_subdomain(db, act, name).await?;
    if !store::delete_subdomain(db, subdomain_id).await? {
        return Err(Error::SubdomainInUse(name.clone()));
    }
    let detail = json!({ "before": { "customer_id": before.customer_id }, "after": null });
    act.record(db, "removed", ("subdomain", name), detail).await?;
    Ok(())
}

/// Locks subdomains in the order of their numbers, so that nobody waits in a circle.
pub(super) async fn lock_subdomains(
    db: &mut PgConnection,
    subdomain_ids: &[SubdomainId],
) -> Result<(), sqlx::Error> {
    store::lock_subdomains(db, subdomain_ids).await
}

/// The name of a subdomain.
pub(super) async fn subdomain_name(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
) -> Result<SubdomainName, sqlx::Error> {
    store::subdomain_name(db, subdomain_id).await
}

/// Finds a subdomain as [`find_subdomain`] does, and locks it until the transaction ends: who writes its profiles does so one
/// after the other, so that their counts are exact.
pub async fn lock_subdomain(
    db: &mut PgConnection,
    act: &Act,
    name: &SubdomainName,
) -> Result<SubdomainId, Error> {
    let found = store::lock_subdomain(db, act.customer_id, name).await?;
    found.ok_or(Error::UnknownSubdomain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels_in_lower_case() {
        for good in ["a", "acme", "acme-2", "0", &"x".repeat(63)] {
            assert_eq!(good.parse::<SubdomainName>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a_b", "é", &"x".repeat(64)] {
            assert_eq!(bad.parse::<SubdomainName>(), Err(InvalidSubdomainName), "{bad:?}");
        }
    }
}
