//! Forgetting one person.

use serde_json::json;
use sqlx::PgConnection;

use super::store;
use crate::db::Db;
use crate::ids::{ApplicantId, CustomerId};
use crate::oauth::UserEmail;
use crate::recruiting::acting::Acting;
use crate::recruiting::error::Error;
use crate::recruiting::reports::REPORTS_AT_ONCE;

/// Who is to be forgotten.
pub enum Person {
    /// A customer's candidate, as Talentsoft names one.
    Applicant(CustomerId, ApplicantId),
    /// Whoever has this address, in any case of letters, with whatever customer.
    Address(UserEmail),
}

/// Deletes the person's invitations with all that hangs on them: links, results, reports, events to deliver; answers how
/// many invitations it were. Nobody is no error: erasing twice is erasing once. What fails on the way is to be done again.
pub async fn erase(db: &Db, acting: &Acting, person: &Person) -> Result<usize, Error> {
    if let (Some(own), Person::Applicant(customer_id, _)) = (acting.customer_id, person)
        && own != *customer_id
    {
        return Ok(0);
    }
    // The reports first, which may be large; none that is added meanwhile stays.
    while db
        .run(async |connection| delete_reports(connection, acting, person).await)
        .await?
        > 0
    {}
    db.transaction(async |transaction| delete_invitations(transaction, acting, person).await)
        .await
}

/// Answers how many there were.
async fn delete_reports(
    connection: &mut PgConnection,
    acting: &Acting,
    person: &Person,
) -> Result<u64, Error> {
    let deleted = match person {
        Person::Applicant(customer_id, applicant_id) => {
            let applicant = (*customer_id, *applicant_id);
            store::delete_reports_of_applicant(connection, applicant, REPORTS_AT_ONCE).await?
        }
        Person::Address(email) => {
            let address = (acting.customer_id, email.as_str());
            store::delete_reports_of_address(connection, address, REPORTS_AT_ONCE).await?
        }
    };
    Ok(deleted)
}

async fn delete_invitations(
    connection: &mut PgConnection,
    acting: &Acting,
    person: &Person,
) -> Result<usize, Error> {
    let customers = match person {
        Person::Applicant(customer_id, applicant_id) => {
            store::delete_applicant(connection, *customer_id, *applicant_id).await?
        }
        Person::Address(email) => {
            store::delete_address(connection, acting.customer_id, email.as_str()).await?
        }
    };
    let erased = customers.len();
    // One event for each customer, which is all that may be said.
    for group in customers.chunk_by(|one, other| one == other) {
        if let Some(customer_id) = group.first() {
            let detail = json!({ "customer_id": customer_id, "invitations": group.len() });
            acting
                .record(connection, "erased", ("candidate", customer_id), detail)
                .await?;
        }
    }
    Ok(erased)
}
