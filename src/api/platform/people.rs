//! `/platform/v1/people/erase`: erasing a person, whatever the platform knows it by.

use actix_web::web;
use serde::Deserialize;

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::read_json;
use crate::api::reply::Reply;
use crate::audit::Act;
use crate::ids::{ApplicantId, CustomerId, ProfileId};
use crate::people::{Erased, Person, Receipt, erase};
use crate::recruiting::reports;
use crate::text::Name;
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/platform/v1/people/erase").post(post_erase));
}

/// Who is erased: one of an address, a customer's candidate, and a profile; and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonBody {
    email: Option<String>,
    customer_id: Option<CustomerId>,
    applicant_id: Option<ApplicantId>,
    profile_id: Option<ProfileId>,
    reason: Option<String>,
}

impl PersonBody {
    /// The person, and the customer with whom alone it is erased.
    fn read(&self) -> Result<(Person, Option<CustomerId>), Error> {
        let of_customer = self.customer_id;
        match (&self.email, self.applicant_id, self.profile_id) {
            (Some(email), None, None) => {
                let email = email.trim().parse().map_err(|_| Error::InvalidPerson)?;
                Ok((Person::Address(email), of_customer))
            }
            (None, Some(applicant_id), None) => {
                let customer_id = of_customer.ok_or(Error::InvalidPerson)?;
                Ok((Person::Applicant(customer_id, applicant_id), of_customer))
            }
            (None, None, Some(profile_id)) => Ok((Person::Profile(profile_id), of_customer)),
            _ => Err(Error::InvalidPerson),
        }
    }
}

/// `POST /platform/v1/people/erase`. The question is personal, so it is in the body. The answer is a receipt. Nobody is no
/// error.
async fn post_erase(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<PersonBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let (person, customer_id) = body.read()?;
    let reason = body.reason.as_deref().map(str::parse).transpose();
    let reason: Option<Name> = reason.map_err(|_| Error::InvalidReason)?;
    let mut act = call.act();
    if let Some(customer_id) = customer_id {
        if !act.reaches(customer_id) {
            return Reply::ok(&Receipt::default());
        }
        act.customer_id = Some(customer_id);
    }
    let erased = erase_person(&call, &act, &person, reason.as_ref()).await?;
    Reply::ok(&erased.receipt())
}

/// Erases a person, and deletes its uploads after that.
pub(super) async fn erase_person(
    call: &Call,
    act: &Act,
    person: &Person,
    reason: Option<&Name>,
) -> Result<Erased, Error> {
    let erased = call
        .change(async |db| Ok::<_, Error>(erase(db, act, person, reason).await?))
        .await?;
    reports::delete_detached(call.db(), &erased.uploads).await;
    Ok(erased)
}
