//! Finding refusals: each call, and grouped by caller and reason.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::caller::CallerAddress;
use super::reason::{Meaning, meaning_of};
use super::store;
use crate::audit::Act;
use crate::clock::within_years;
use crate::error::Failure;
use crate::hours::hour_of;
use crate::ids::{ClientId, RefusalId};
use crate::page::Page;

/// A call that was refused.
#[derive(Clone, Debug, Serialize)]
pub struct RefusalInfo {
    /// Its identifier, in the order of time.
    pub refusal_id: RefusalId,
    /// When.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub at: DateTime<Utc>,
    /// `X-Request-Id` of the answer. Callers may choose it, so several calls may have the same.
    pub request_id: String,
    /// The client, where the call named one that was registered.
    pub client_id: Option<ClientId>,
    /// The beginning of the identifier that the call claimed, where nobody had it.
    pub claimed_client_id: Option<String>,
    /// Where it came from: the caller, or the proxy that does not tell of it.
    pub address: String,
    /// The method; `other` where it is none of HTTP's own.
    pub method: String,
    /// The pattern of the route; `unmatched` where there was none.
    pub route: String,
    /// The status of the answer.
    pub status: i32,
    /// Why, as the metrics name it.
    pub reason: String,
    /// What that means, and what would mend it.
    #[serde(flatten)]
    pub meaning: Meaning,
    /// Every check of a refused assertion, as of the refusal: `check`, `rule`, `verdict` and `seen`.
    pub checks: Option<Value>,
    /// How many more calls of this caller were refused for this reason in the same hour, which are counted and not kept.
    pub not_kept: i64,
}

/// Which calls are asked for; what is `None` restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct RefusalFilter {
    /// With this identifier: one at most.
    pub refusal_id: Option<RefusalId>,
    /// Of this client.
    pub client_id: Option<ClientId>,
    /// With this id in the answer.
    pub request_id: Option<String>,
    /// For this reason.
    pub reason: Option<String>,
    /// From this address or network.
    pub address: Option<CallerAddress>,
    /// From this instant on.
    pub since: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
}

/// A page of the refused calls that the actor reaches, newest first, and where the next page begins, if there is one.
pub async fn list_refusals(
    db: &mut PgConnection,
    act: &Act,
    filter: &RefusalFilter,
    page: &Page<RefusalId>,
) -> Result<(Vec<RefusalInfo>, Option<RefusalId>), Failure> {
    let mut rows = store::list_calls(db, act.customer_id, filter, page).await?;
    let has_more = page.cut(&mut rows);
    let found: Vec<RefusalInfo> = rows.into_iter().map(RefusalInfo::from).collect();
    let last = found.last().map(|refusal| refusal.refusal_id);
    Ok((found, last.filter(|_| has_more)))
}

impl From<store::CallRow> for RefusalInfo {
    fn from(row: store::CallRow) -> Self {
        Self {
            meaning: meaning_of(&row.reason),
            refusal_id: row.refusal_id,
            at: row.at,
            request_id: row.request_id,
            client_id: row.client_id,
            claimed_client_id: row.claimed_client_id,
            address: row.address,
            method: row.method,
            route: row.route,
            status: row.status,
            reason: row.reason,
            checks: row.checks,
            not_kept: row.not_kept,
        }
    }
}

/// The refusals of one caller for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct RefusalGroup {
    /// The client; `None`: the calls named none that was registered.
    pub client_id: Option<ClientId>,
    /// Then where they came from: an IPv4 address or an IPv6 /64; `None` where there were too many to tell apart.
    pub network: Option<String>,
    /// Why, as the metrics name it.
    pub reason: String,
    /// What that means, and what would mend it.
    #[serde(flatten)]
    pub meaning: Meaning,
    /// How many calls were refused.
    pub refused: i64,
    /// How many of them are counted only.
    pub not_kept: i64,
    /// When the first was.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub first_at: DateTime<Utc>,
    /// When the last was.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub last_at: DateTime<Utc>,
}

/// Which groups are asked for; what is `None` restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    /// Of this client.
    pub client_id: Option<ClientId>,
    /// For this reason.
    pub reason: Option<String>,
    /// From the network of this address, of callers that named no registered client.
    pub address: Option<CallerAddress>,
    /// From the beginning of the hour of this instant on.
    pub since: Option<DateTime<Utc>>,
    /// In hours that began before this instant.
    pub until: Option<DateTime<Utc>>,
}

/// A page of the groups that the actor reaches, that of the latest refusal first, and where the next page begins, if there is
/// one. A group that is refused again while its list is read may be on two pages.
pub async fn list_groups(
    db: &mut PgConnection,
    act: &Act,
    filter: &GroupFilter,
    page: &Page<GroupCursor>,
) -> Result<(Vec<RefusalGroup>, Option<GroupCursor>), Failure> {
    let network = filter.address.map(CallerAddress::network);
    let hours = (filter.since.map(hour_of), filter.until);
    let mut rows = store::list_groups(db, act.customer_id, filter, network.as_deref(), hours, page).await?;
    let has_more = page.cut(&mut rows);
    let last = rows.last().filter(|_| has_more).map(|row| GroupCursor {
        last_at: row.last_at,
        client_id: row.client_id.clone(),
        network: row.network.clone(),
        reason: row.reason.clone(),
    });
    Ok((rows.into_iter().map(RefusalGroup::from).collect(), last))
}

impl From<store::GroupRow> for RefusalGroup {
    fn from(row: store::GroupRow) -> Self {
        let client_id = row.client_id.parse().ok();
        Self {
            network: Some(row.network).filter(|network| !network.is_empty()),
            client_id,
            meaning: meaning_of(&row.reason),
            reason: row.reason,
            refused: row.refused,
            not_kept: row.refused - row.kept,
            first_at: row.first_at,
            last_at: row.last_at,
        }
    }
}

/// The last group of a page. Its text is base64url of what it consists of, one on each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCursor {
    pub(super) last_at: DateTime<Utc>,
    pub(super) client_id: String,
    pub(super) network: String,
    pub(super) reason: String,
}

impl fmt::Display for GroupCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.last_at.timestamp_micros();
        let text = format!("{micros}\n{}\n{}\n{}", self.client_id, self.network, self.reason);
        f.write_str(&URL_SAFE_NO_PAD.encode(text))
    }
}

/// The text is not a cursor that a list of groups gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor must be the value that the previous page returned")]
pub struct InvalidGroupCursor;

impl FromStr for GroupCursor {
    type Err = InvalidGroupCursor;

    fn from_str(text: &str) -> Result<Self, InvalidGroupCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidGroupCursor)?;
        let text = String::from_utf8(bytes).map_err(|_| InvalidGroupCursor)?;
        let is_text = |part: &str| !part.chars().any(char::is_control);
        let parts: Vec<&str> = text.split('\n').collect();
        let [micros, client_id, network, reason] = parts.as_slice() else {
            return Err(InvalidGroupCursor);
        };
        let last_at = micros
            .parse()
            .ok()
            .and_then(DateTime::from_timestamp_micros)
            .and_then(within_years)
            .filter(|_| [client_id, network, reason].into_iter().all(|part| is_text(part)));
        Ok(Self {
            last_at: last_at.ok_or(InvalidGroupCursor)?,
            client_id: (*client_id).to_owned(),
            network: (*network).to_owned(),
            reason: (*reason).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = GroupCursor {
            last_at: DateTime::from_timestamp(1_520_181_000, 5_000).unwrap(),
            client_id: "a \"client\"".to_owned(),
            network: String::new(),
            reason: "over_limit".to_owned(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in [
            "",
            "!",
            "MQ",
            &URL_SAFE_NO_PAD.encode("x\n\n\n"),
            &URL_SAFE_NO_PAD.encode("1\na\0\n\n"),
            &URL_SAFE_NO_PAD.encode("1\n\n\n\n"),
            &URL_SAFE_NO_PAD.encode(b"\xff\n\n\n"),
        ] {
            assert_eq!(bad.parse::<GroupCursor>(), Err(InvalidGroupCursor), "{bad}");
        }
    }
}
