//! SQL of the counts of refusals. Their key begins with the hour, so each statement reads the hours that it is asked for.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::hours::HourCount;
use crate::ids::ClientId;
use crate::refusals::store::GroupRow;

/// Refused calls by hour.
pub(super) async fn list_by_hour(
    db: &mut PgConnection,
    client_id: Option<&ClientId>,
    since: DateTime<Utc>,
) -> Result<Vec<HourCount>, sqlx::Error> {
    sqlx::query_as!(
        HourCount,
        r#"select hour, sum(refused)::bigint as "count!" from refusal_count
           where hour >= $1 and ($2::text is null or client_id = $2) group by hour order by hour"#,
        since,
        client_id.map(ClientId::as_str),
    )
    .fetch_all(db)
    .await
}

/// Refused calls of one caller for one reason in one hour.
pub(super) struct HourRow {
    pub hour: DateTime<Utc>,
    pub client_id: String,
    pub network: String,
    pub reason: String,
    pub refused: i64,
}

/// The counts of some callers and reasons in some hours.
pub(super) async fn list_hours_of(
    db: &mut PgConnection,
    keys: &[[&str; 3]],
    hours: &[DateTime<Utc>],
) -> Result<Vec<HourRow>, sqlx::Error> {
    let part = |index: usize| -> Vec<String> {
        let parts = keys.iter().filter_map(|key| key.get(index));
        parts.map(|part| (*part).to_owned()).collect()
    };
    let (client_ids, networks, reasons) = (part(0), part(1), part(2));
    sqlx::query_as!(
        HourRow,
        "select hour, client_id, network, reason, refused from refusal_count
         where hour = any($1) and (client_id, network, reason) in (
             select * from unnest($2::text[], $3::text[], $4::text[]))",
        hours,
        &client_ids,
        &networks,
        &reasons,
    )
    .fetch_all(db)
    .await
}

/// Groups of refusals, that of the most first.
pub(super) async fn list_most_refused(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<GroupRow>, sqlx::Error> {
    sqlx::query_as!(
        GroupRow,
        r#"select client_id, network, reason, sum(refused)::bigint as "refused!", sum(kept)::bigint as "kept!",
               min(first_at) as "first_at!", max(last_at) as "last_at!"
           from refusal_count where hour >= $1 group by client_id, network, reason
           order by sum(refused) desc, client_id, network, reason limit $2"#,
        since,
        limit,
    )
    .fetch_all(db)
    .await
}
