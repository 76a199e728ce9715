//! SQL of the list of customers.

use sqlx::PgConnection;

use super::{CustomerCursor, ListedCustomer};
use crate::clients::customer::Customer;
use crate::ids::CustomerId;
use crate::page::Page;

/// One customer more than the page's limit, so that the caller sees whether there are more. The case of ASCII letters does not
/// count, whatever the locale of the database.
pub(super) async fn search_customers(
    db: &mut PgConnection,
    text: &str,
    page: &Page<CustomerCursor>,
) -> Result<Vec<ListedCustomer>, sqlx::Error> {
    let after = page.after.as_ref();
    let rows = sqlx::query!(
        r#"select customer_id, name, created_at, rank as "rank!",
               (select count(*) from client where client.customer_id = found.customer_id) as "clients!"
           from (
               select customer_id, name, created_at,
                   case when $1 in ('', lower(name collate "C"), customer_id::text) then 0
                       when starts_with(lower(name collate "C"), $1) then 1 else 2 end as rank
               from customer where strpos(lower(name collate "C"), $1) > 0 or customer_id::text = $1
           ) found
           where $2::integer is null or rank > $2 or rank = $2 and name > $3
           order by rank, name limit $4"#,
        text.to_ascii_lowercase(),
        after.map(|after| after.rank),
        after.map(|after| after.name.as_str()),
        page.read_limit(),
    )
    .fetch_all(db)
    .await?;
    let listed = rows.into_iter().map(|row| ListedCustomer {
        customer: Customer {
            customer_id: row.customer_id,
            name: row.name,
            created_at: row.created_at,
        },
        clients: row.clients,
        rank: row.rank,
    });
    Ok(listed.collect())
}

/// Gives a customer another name; false where another one has it.
pub(super) async fn update_name(
    db: &mut PgConnection,
    customer_id: CustomerId,
    name: &str,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update customer set name = $2 where customer_id = $1
             and not exists (select from customer other where other.name = $2 and other.customer_id <> $1)",
        customer_id.0,
        name,
    )
    .execute(db)
    .await;
    match updated {
        Ok(updated) => Ok(updated.rows_affected() == 1),
        // Another one got the name meanwhile.
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("customer_name_key") => Ok(false),
        Err(error) => Err(error),
    }
}
