//! How many calls are refused, by hour, and who is refused most.

mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::find::RefusalGroup;
use crate::error::Failure;
use crate::hours::{HourCount, complete};
use crate::ids::ClientId;

/// How many calls were refused in the hours from `since` on, of one client or of all callers; an hour without any is not in it.
pub async fn list_by_hour(
    db: &mut PgConnection,
    client_id: Option<&ClientId>,
    since: DateTime<Utc>,
) -> Result<Vec<HourCount>, Failure> {
    Ok(store::list_by_hour(db, client_id, since).await?)
}

/// How many calls of each of these groups were refused in each of these hours, in the order of both.
pub async fn list_hours_of(
    db: &mut PgConnection,
    groups: &[RefusalGroup],
    hours: &[DateTime<Utc>],
) -> Result<Vec<Vec<HourCount>>, Failure> {
    let keys: Vec<[&str; 3]> = groups.iter().map(key_of).collect();
    let rows = store::list_hours_of(db, &keys, hours).await?;
    let counts_of = |key: &[&str; 3]| -> Vec<HourCount> {
        let of_group = rows
            .iter()
            .filter(|row| [row.client_id.as_str(), row.network.as_str(), row.reason.as_str()] == *key);
        let counts: Vec<HourCount> = of_group
            .map(|row| HourCount {
                hour: row.hour,
                count: row.refused,
            })
            .collect();
        complete(hours, &counts)
    };
    Ok(keys.iter().map(counts_of).collect())
}

/// What a group is counted under.
fn key_of(group: &RefusalGroup) -> [&str; 3] {
    [
        group.client_id.as_ref().map(ClientId::as_str).unwrap_or_default(),
        group.network.as_deref().unwrap_or_default(),
        &group.reason,
    ]
}

/// The callers and reasons of most refusals in the hours from `since` on, the most first, at most `limit`.
pub async fn list_most_refused(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<RefusalGroup>, Failure> {
    let rows = store::list_most_refused(db, since, limit).await?;
    Ok(rows.into_iter().map(RefusalGroup::from).collect())
}
