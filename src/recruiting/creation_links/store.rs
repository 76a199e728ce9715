//! SQL of creation links.

use sqlx::PgConnection;

use super::{CreationLink, UrlTemplate};
use crate::ids::CustomerId;
use crate::recruiting::campaigns::CampaignKind;

/// Inserts a link, or replaces the link of this customer and kind.
pub(super) async fn upsert_creation_link(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
    url_template: &UrlTemplate,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into creation_link (customer_id, kind, url_template) values ($1, $2, $3)
         on conflict on constraint creation_link_pkey do update set url_template = excluded.url_template",
        customer_id.0,
        kind.as_str(),
        url_template.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks the row of a customer until the transaction ends; false if there is no such customer. Foreign keys that others look
/// up do not wait.
pub(super) async fn lock_customer(
    connection: &mut PgConnection,
    customer_id: CustomerId,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!(
        "select customer_id from customer where customer_id = $1 for no key update",
        customer_id.0,
    );
    Ok(row.fetch_optional(connection).await?.is_some())
}

/// Deletes a link.
pub(super) async fn delete_creation_link(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from creation_link where customer_id = $1 and kind = $2",
        customer_id.0,
        kind.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn find_creation_link(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
) -> Result<Option<UrlTemplate>, sqlx::Error> {
    sqlx::query_scalar!(
        "select url_template from creation_link where customer_id = $1 and kind = $2",
        customer_id.0,
        kind.as_str(),
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn list_creation_links(
    connection: &mut PgConnection,
    customer_id: CustomerId,
) -> Result<Vec<CreationLink>, sqlx::Error> {
    sqlx::query_as!(
        CreationLink,
        "select kind, url_template from creation_link where customer_id = $1 order by kind desc",
        customer_id.0,
    )
    .fetch_all(connection)
    .await
}
