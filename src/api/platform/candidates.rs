//! `/platform/v1/customers/{customer_id}/candidates/{applicant_id}`: forgetting a candidate.

use actix_web::web;

use super::Call;
use super::error::Error;
use crate::api::reply::Reply;
use crate::recruiting::people::{Person, erase};
use crate::recruiting::reports;
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/platform/v1/customers/{customer_id}/candidates/{applicant_id}")
            .delete(delete_candidate),
    );
}

/// `DELETE /platform/v1/customers/{customer_id}/candidates/{applicant_id}`.
async fn delete_candidate(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let customer_id = path.0.parse().map_err(|_| Error::UnknownCandidate)?;
    let applicant_id = path.1.parse().map_err(|_| Error::UnknownCandidate)?;
    let person = Person::Applicant(customer_id, applicant_id);
    let act = call.act();
    let erased = call
        .change(async |db| Ok::<_, Error>(erase(db, &act, &person).await?))
        .await?;
    reports::delete_detached(call.db(), &erased.uploads).await;
    if erased.invitations == 0 {
        return Err(Error::UnknownCandidate);
    }
    Ok(Reply::no_content())
}
