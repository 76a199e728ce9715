//! Forgetting one person.

use serde_json::json;
use sqlx::PgConnection;

use super::store;
use crate::ids::{ApplicantId, CustomerId};
use crate::oauth::UserEmail;
use crate::recruiting::acting::Acting;
use crate::recruiting::error::Error;

/// Who is to be forgotten.
pub enum Person {
    /// A customer's candidate, as Talentsoft names one.
    Applicant(CustomerId, ApplicantId),
    /// Whoever has this address, in any case of letters, with whatever customer.
    Address(UserEmail),
}

/// Deletes the person's invitations with all that hangs on them: links, results, reports, events to deliver; answers how
/// many invitations it were. Nobody is no error: erasing twice is erasing once.
pub async fn erase(connection: &mut PgConnection, acting: &Acting, person: &Person) -> Result<usize, Error> {
    let customers = match person {
        Person::Applicant(customer_id, _) if acting.customer_id.is_some_and(|own| own != *customer_id) => {
            Vec::new()
        }
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
