//! `/platform/v1/customers/{customer_id}/candidates/{applicant_id}`: erasing a candidate.

use actix_web::web;

use super::Call;
use super::error::Error;
use super::people::erase_person;
use crate::api::reply::Reply;
use crate::people::Person;
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
    let erased = erase_person(&call, &call.act(), &person, None).await?;
    if erased.is_nothing() {
        return Err(Error::UnknownCandidate);
    }
    Ok(Reply::no_content())
}
