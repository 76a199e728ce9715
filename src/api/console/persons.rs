//! Persons: found by their address, what is held of one, and erasing it. Paths have our reference of a person alone.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use console_pages::pages::{ErasePerson, EraseReceipt, Held, Person, Persons};
use console_pages::{Form, Message, Section, errors, paths};
use serde::{Deserialize, Serialize};

use super::{Admin, Error, Fields, Operator, RoleMarker, Visit, customer_choice, page};
use crate::clients;
use crate::ids::{ApplicantId, CustomerId, ReceiptId};
use crate::people::{self, ErasedCounts, PersonRef};
use crate::recruiting::history::{self, Known};
use crate::recruiting::reports::{self, Detached};
use crate::text::{EmailAddress, Name};

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            page(paths::PERSONS)
                .get(get_persons)
                .head(get_persons)
                .post(post_find),
        )
        .service(page(paths::PERSON).get(get_person).head(get_person))
        .service(
            page(paths::PERSON_ERASE)
                .get(get_erase)
                .head(get_erase)
                .post(post_erase),
        );
}

/// `GET /persons`
async fn get_persons(visit: Visit<Operator>) -> Result<HttpResponse, Error> {
    show_finder(&visit, Form::new(), false).await
}

async fn show_finder(visit: &Visit<Operator>, form: Form, is_unknown: bool) -> Result<HttpResponse, Error> {
    let typed = form.value("customer_id").to_owned();
    let customers = visit
        .read(async |db| customer_choice::offer(db, &typed).await)
        .await?;
    visit.page(
        Section::Persons,
        &Persons {
            form,
            customers,
            is_unknown,
        },
    )
}

/// How somebody looks for a person.
enum Wanted {
    Address(EmailAddress),
    Applicant(CustomerId, ApplicantId),
}

/// Reads what was entered; the name of the field that is wrong, and what is said of it.
async fn wanted(
    visit: &Visit<Operator>,
    fields: &Fields,
) -> Result<Result<Wanted, (&'static str, Message)>, Error> {
    let Some(applicant) = fields.text("applicant") else {
        let email = fields.get("email").trim().parse();
        let wrong = ("email", Message::text(errors::EMAIL));
        return Ok(email.map(Wanted::Address).map_err(|_| wrong));
    };
    let typed = fields.get("customer_id");
    let customer = visit
        .read(async |db| customer_choice::resolve(db, typed).await)
        .await?;
    let customer_id = match customer {
        Ok(customer_id) => customer_id,
        Err(message) => return Ok(Err(("customer_id", message))),
    };
    let applicant = applicant.parse();
    let wrong = ("applicant", Message::text(errors::IDENTIFIER));
    Ok(applicant
        .map(|applicant| Wanted::Applicant(customer_id, applicant))
        .map_err(|_| wrong))
}

/// `POST /persons`: to the person's page, whose path has our reference. What was entered of the person is not shown again.
async fn post_find(visit: Visit<Operator>, payload: web::Payload) -> Result<HttpResponse, Error> {
    const FIELDS: &[&str] = &["email", "customer_id", "applicant"];
    let fields = visit.form(payload, "persons-find", FIELDS).await?;
    let form = fields.shown(&["customer_id"]);
    let wanted = match wanted(&visit, &fields).await? {
        Ok(wanted) => wanted,
        Err((field, message)) => return show_finder(&visit, form.error(field, message), false).await,
    };
    match find_reference(&visit, wanted).await? {
        Some(reference) => Ok(visit.see_other(&paths::person(&reference.to_string()), None)),
        None => show_finder(&visit, form, true).await,
    }
}

async fn find_reference(visit: &Visit<Operator>, wanted: Wanted) -> Result<Option<PersonRef>, Error> {
    let act = visit.act();
    let found = visit
        .read(async |db| match wanted {
            Wanted::Address(email) => people::find_person(db, &act, &email).await,
            Wanted::Applicant(customer_id, applicant_id) => {
                let known = Known::Applicant(customer_id, applicant_id);
                let found = history::find_known(db, &act, &known, 1).await?;
                Ok(found
                    .first()
                    .map(|found| PersonRef::Invitation(found.invitation_id)))
            }
        })
        .await;
    Ok(found?)
}

/// `GET /persons/{reference}`
async fn get_person(visit: Visit<Operator>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let person = find(&visit, &path).await?;
    visit.page(Section::Persons, &person)
}

/// What is held of the person of a path.
async fn find<R: RoleMarker>(visit: &Visit<R>, path: &str) -> Result<Person, Error> {
    let reference: PersonRef = path.parse().map_err(|_| Error::NotFound)?;
    let act = visit.act();
    visit
        .read(async |db| {
            let held = people::list_held(db, &act, reference)
                .await?
                .ok_or(Error::NotFound)?;
            let mut customers = Vec::new();
            let invited = held.invitations.iter().map(|held| held.customer_id);
            for customer_id in invited.chain(held.profiles.iter().map(|held| held.customer_id)) {
                let name = clients::find_customer_by_id(db, customer_id).await?.name;
                if !customers.contains(&name) {
                    customers.push(name);
                }
            }
            let invitations = match reference {
                PersonRef::Invitation(id) => vec![id.to_string()],
                PersonRef::Profile(_) => Vec::new(),
            };
            Ok(Person {
                reference: reference.to_string(),
                customers,
                latest_at: held.invitations.iter().map(|held| held.last_at).max(),
                held: counts(&held),
                invitations,
            })
        })
        .await
}

fn counts(held: &people::Held) -> Held {
    Held {
        invitations: held.invitations.iter().map(|held| held.invitations).sum(),
        reports: held
            .invitations
            .iter()
            .map(|held| held.results + held.reports - held.uploads)
            .sum(),
        uploads: held.invitations.iter().map(|held| held.uploads).sum(),
        callbacks: held.callbacks,
        profiles: i64::try_from(held.profiles.len()).unwrap_or(i64::MAX),
    }
}

/// `GET /persons/{reference}/erase`
async fn get_erase(visit: Visit<Admin>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let person = find(&visit, &path).await?;
    show_erase(&visit, &person, Form::new())
}

fn show_erase(visit: &Visit<Admin>, person: &Person, form: Form) -> Result<HttpResponse, Error> {
    let (reference, held) = (person.reference.clone(), person.held);
    visit.page(
        Section::Persons,
        &ErasePerson {
            reference,
            held,
            form,
        },
    )
}

/// `POST /persons/{reference}/erase`: everything, with every customer. The answer is a receipt, which names nobody.
async fn post_erase(
    mut visit: Visit<Admin>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    const FIELDS: &[&str] = &["reference", "erase_reason"];
    let fields = visit.form(payload, "person-erase", FIELDS).await?;
    visit
        .require_elevation(Section::Persons, &fields, ("person-erase", FIELDS))
        .await?;
    let person = match find(&visit, &path).await {
        Ok(person) => person,
        Err(error) => return show_receipt(&visit, visit.came_of(&fields, error).await?),
    };
    let mut form = fields.shown(FIELDS);
    if fields.get("reference").trim() != person.reference {
        form = form.error("reference", Message::text(errors::REFERENCE));
    }
    let reason: Option<Name> = fields.get("erase_reason").parse().ok();
    let Some(reason) = reason.filter(|_| form.errors().is_empty()) else {
        let is_missing = fields.text("erase_reason").is_none();
        let form = if is_missing {
            form.error("erase_reason", Message::text(errors::REASON))
        } else {
            form
        };
        return show_erase(&visit, &person, form);
    };
    let receipt = erase(&visit, &fields, &person, &reason).await?;
    show_receipt(&visit, receipt)
}

/// What a receipt says: all of it, so that the same form is answered by the same receipt.
#[derive(Deserialize, Serialize)]
struct Receipt {
    number: ReceiptId,
    reference: String,
    #[serde(serialize_with = "crate::clock::serialize")]
    at: DateTime<Utc>,
    by: String,
    counts: ErasedCounts,
    uploads: i64,
}

fn show_receipt(visit: &Visit<Admin>, receipt: Receipt) -> Result<HttpResponse, Error> {
    let counts = receipt.counts;
    let page = EraseReceipt {
        number: receipt.number.to_string(),
        reference: receipt.reference,
        at: receipt.at,
        by: receipt.by,
        held: Held {
            invitations: counts.erased_invitations,
            reports: counts.erased_results + counts.erased_reports - receipt.uploads,
            uploads: receipt.uploads,
            callbacks: counts.erased_callbacks,
            profiles: i64::try_from(counts.erased_profiles).unwrap_or(i64::MAX),
        },
    };
    visit.page(Section::Persons, &page)
}

/// Erases the person; uploads, which may be large, after the rest.
async fn erase(
    visit: &Visit<Admin>,
    fields: &Fields,
    person: &Person,
    reason: &Name,
) -> Result<Receipt, Error> {
    let reference: PersonRef = person.reference.parse().map_err(|_| Error::NotFound)?;
    let act = visit.act();
    let mut uploads = Detached::default();
    let receipt = visit
        .change_once(fields, async |db| {
            let found = people::person_of(db, &act, reference)
                .await?
                .ok_or(Error::NotFound)?;
            let erased = people::erase(db, &act, &found, Some(reason)).await?;
            let receipt = Receipt {
                // Somebody else has erased the person at this moment.
                number: erased.receipt_id.ok_or(Error::NotFound)?,
                reference: person.reference.clone(),
                at: visit.now(),
                by: visit.session().account.name.to_string(),
                counts: erased.counts(),
                uploads: erased.invitations.uploads,
            };
            uploads = erased.uploads;
            Ok::<_, Error>(receipt)
        })
        .await?;
    reports::delete_detached(visit.db(), &uploads).await;
    Ok(receipt)
}
