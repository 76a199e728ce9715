//! SQL of the counts of refusals. Their key begins with the hour, so each statement reads the hours that it is asked for.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::hours::HourCount;
use crate::ids::ClientId;

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

/// A client of which calls were refused.
pub(super) struct RefusedRow {
    pub client_id: String,
    pub refused: i64,
    pub main_reason: String,
}

/// Clients by how many of their calls were refused.
pub(super) async fn list_most_refused(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<RefusedRow>, sqlx::Error> {
    sqlx::query_as!(
        RefusedRow,
        r#"select client_id, sum(refused)::bigint as "refused!",
               (array_agg(reason order by refused desc, reason))[1] as "main_reason!"
           from (select client_id, reason, sum(refused) as refused from refusal_count
                 where hour >= $1 and client_id <> '' group by client_id, reason) by_reason
           group by client_id order by sum(refused) desc, client_id limit $2"#,
        since,
        limit,
    )
    .fetch_all(db)
    .await
}
