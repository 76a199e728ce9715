//! SQL of the list of clients.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{ClientActivity, ClientCursor, ListedClient};
use crate::clients::registry::{ClientFilter, ClientInfo, ClientVersion};
use crate::clients::scope::Scope;
use crate::clients::settings::ClientSettings;
use crate::clients::store::client_query;
use crate::crypto::secret::{HashCosts, SecretHashing};
use crate::page::Page;

/// One client more than the page's limit, by identifier, so that the caller sees whether there are more. Of refused calls those
/// of `hours` are counted, each of which is looked up by the key.
pub(super) async fn list_clients(
    db: &mut PgConnection,
    filter: &ClientFilter,
    hours: &[DateTime<Utc>],
    page: &Page<ClientCursor>,
) -> Result<Vec<ListedClient>, sqlx::Error> {
    client_query!(
        list,
        "from client cross join (select 0 as rank) found
         where ($2::text is null or client_id > $2) and ($3::uuid is null or customer_id = $3)
             and ($4::boolean is null or is_enabled = $4) and ($5::text is null or $5 = any(scopes))
         order by client_id limit $6",
        hours,
        page.after.as_ref().map(|after| after.client_id.as_str()),
        filter.customer_id.map(|id| id.0),
        filter.is_enabled,
        filter.scope.map(Scope::as_str),
        page.read_limit()
    )
    .fetch_all(db)
    .await
}

/// The same of clients whose identifier, unit or customer's name has `text` in it: first those of which it is the whole, then
/// those that begin with it. The case of ASCII letters does not count,
/// whatever the locale of the database. Reads every client once.
pub(super) async fn find_clients(
    db: &mut PgConnection,
    filter: &ClientFilter,
    text: &str,
    hours: &[DateTime<Utc>],
    page: &Page<ClientCursor>,
) -> Result<Vec<ListedClient>, sqlx::Error> {
    client_query!(
        list,
        r#"from (
             select found_id, rank from (
                 select each.client_id as found_id,
                     case when lower($7 collate "C") in (lower(each.client_id collate "C"), lower(each.organisational_unit collate "C"), lower(owner.name collate "C"))
                             then 0
                         when starts_with(lower(each.client_id collate "C"), lower($7 collate "C"))
                             or starts_with(lower(each.organisational_unit collate "C"), lower($7 collate "C")) or starts_with(lower(owner.name collate "C"), lower($7 collate "C"))
                             then 1
                         else 2 end as rank
                 from client each left join customer owner on owner.customer_id = each.customer_id
                 where (strpos(lower(each.client_id collate "C"), lower($7 collate "C")) > 0
                         or strpos(lower(each.organisational_unit collate "C"), lower($7 collate "C")) > 0 or strpos(lower(owner.name collate "C"), lower($7 collate "C")) > 0)
                     and ($3::uuid is null or each.customer_id = $3) and ($4::boolean is null or each.is_enabled = $4)
                     and ($5::text is null or $5 = any(each.scopes))
             ) ranked
             where $2::text is null or (rank, found_id) > ($8, $2)
             order by rank, found_id limit $6
         ) found join client on client.client_id = found.found_id
         order by rank, client_id"#,
        hours,
        page.after.as_ref().map(|after| after.client_id.as_str()),
        filter.customer_id.map(|id| id.0),
        filter.is_enabled,
        filter.scope.map(Scope::as_str),
        page.read_limit(),
        text,
        page.after.as_ref().map(|after| after.rank)
    )
    .fetch_all(db)
    .await
}
