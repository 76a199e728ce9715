//! Invitations: found by what may be known of one, and what has happened to it. Neither names the candidate.

use actix_web::{HttpResponse, web};
use console_pages::pages::{
    CustomerRef, Invitation, InvitationEvent, InvitationEventKind, InvitationRow, InvitationStatus,
    Invitations,
};
use console_pages::{Form, Message, Section, errors, paths};
use sqlx::PgConnection;

use super::{Error, Operator, Visit, page};
use crate::clients;
use crate::ids::InvitationId;
use crate::people::PersonRef;
use crate::recruiting::history::{self, FoundInvitation, History, Known};
use crate::recruiting::invitations::Status;
use crate::webhooks::{self, DeliveryState, EventFilter, EventInfo};

/// Most invitations that are shown as found.
const MOST_FOUND: i64 = 50;
/// Most deliveries that are shown of an invitation.
const MOST_EVENTS: i64 = 200;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            page(paths::INVITATIONS)
                .get(get_invitations)
                .head(get_invitations)
                .post(post_find),
        )
        .service(page(paths::INVITATION).get(get_invitation).head(get_invitation));
}

/// `GET /invitations`: by our identifier, or by that of the application.
async fn get_invitations(visit: Visit<Operator>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["invitation", "application"])?;
    let text = |name: &str| query.get(name).map(str::trim).unwrap_or_default();
    let (invitation, application) = (text("invitation"), text("application"));
    let form = Form::new()
        .with("invitation", invitation)
        .with("application", application);
    let known = match (invitation, application) {
        ("", "") => None,
        ("", application) => Some(
            application
                .parse()
                .map(Known::Application)
                .map_err(|_| "application"),
        ),
        (invitation, _) => Some(
            invitation
                .parse()
                .map(Known::Invitation)
                .map_err(|_| "invitation"),
        ),
    };
    match known {
        None => visit.page(Section::Invitations, &Invitations { form, found: None }),
        Some(Ok(known)) => show_found(&visit, form, &known).await,
        Some(Err(field)) => {
            let form = form.error(field, Message::text(errors::IDENTIFIER));
            visit.page(Section::Invitations, &Invitations { form, found: None })
        }
    }
}

/// `POST /invitations`: by the candidate's address, which is in no URL.
async fn post_find(visit: Visit<Operator>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "invitations-find", &["email"]).await?;
    match fields.get("email").trim().parse() {
        Ok(email) => show_found(&visit, Form::new(), &Known::Address(email)).await,
        Err(_) => {
            let form = Form::new().error("email", Message::text(errors::EMAIL));
            visit.page(Section::Invitations, &Invitations { form, found: None })
        }
    }
}

async fn show_found(visit: &Visit<Operator>, form: Form, known: &Known) -> Result<HttpResponse, Error> {
    let act = visit.act();
    let found = visit
        .read(async |db| {
            let mut rows = Vec::new();
            for found in history::find_known(db, &act, known, MOST_FOUND).await? {
                rows.push(row(db, &found).await?);
            }
            Ok::<_, Error>(rows)
        })
        .await?;
    let found = Some(found);
    visit.page(Section::Invitations, &Invitations { form, found })
}

async fn row(db: &mut PgConnection, found: &FoundInvitation) -> Result<InvitationRow, Error> {
    let customer = clients::find_customer_by_id(db, found.customer_id).await?;
    Ok(InvitationRow {
        invitation_id: found.invitation_id.to_string(),
        application_id: found.application_id.to_string(),
        customer: CustomerRef {
            customer_id: found.customer_id.to_string(),
            name: customer.name.clone(),
        },
        campaign: found.campaign.to_string(),
        status: match found.status {
            Status::Invited => InvitationStatus::Invited,
            Status::Started => InvitationStatus::Started,
            Status::Completed => InvitationStatus::Completed,
            Status::Expired => InvitationStatus::Expired,
            Status::Cancelled => InvitationStatus::Cancelled,
        },
        invited_at: found.created_at,
    })
}

/// `GET /invitations/{invitation_id}`
async fn get_invitation(visit: Visit<Operator>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let invitation_id: InvitationId = path.parse().map_err(|_| Error::NotFound)?;
    let act = visit.act();
    let filter = EventFilter {
        invitation_id: Some(invitation_id),
        ..EventFilter::default()
    };
    let (history, row, deliveries) = visit
        .read(async |db| {
            let history = history::find_history(db, &act, invitation_id).await?;
            let history = history.ok_or(Error::NotFound)?;
            let row = row(db, &history.invitation).await?;
            let deliveries = webhooks::list_events(db, &filter, MOST_EVENTS).await?;
            Ok::<_, Error>((history, row, deliveries))
        })
        .await?;
    let mut events = steps(&history);
    events.extend(deliveries.iter().map(delivery));
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    visit.page(
        Section::Invitations,
        &Invitation {
            row,
            expires_at: Some(history.expires_at),
            person: Some(PersonRef::Invitation(invitation_id).to_string()),
            events,
        },
    )
}

/// What happened to the invitation itself.
fn steps(history: &History) -> Vec<InvitationEvent> {
    use InvitationEventKind as Kind;
    let event = |at, kind| InvitationEvent {
        at,
        kind,
        detail: None,
        path: None,
    };
    let invitation = &history.invitation;
    let mut events = vec![event(invitation.created_at, Kind::Invited)];
    let status = match invitation.status {
        Status::Invited => None,
        Status::Started | Status::Completed => Some(Kind::Progressed),
        Status::Expired => Some(Kind::Expired),
        Status::Cancelled => Some(Kind::Cancelled),
    };
    events.extend(status.map(|kind| InvitationEvent {
        detail: Some(invitation.status.to_string()),
        ..event(history.status_changed_at, kind)
    }));
    events.extend(history.result_at.map(|at| event(at, Kind::Result)));
    events.extend(history.reports_at.iter().map(|at| event(*at, Kind::Report)));
    events.extend(history.superseded_by.map(|other| InvitationEvent {
        path: Some(paths::invitation(&other.to_string())),
        ..event(history.status_changed_at, Kind::Superseded)
    }));
    events
}

/// A callback or a webhook about the invitation.
fn delivery(event: &EventInfo) -> InvitationEvent {
    let kind = match event.state {
        DeliveryState::Pending => InvitationEventKind::Waiting,
        DeliveryState::Delivered => InvitationEventKind::Delivered,
        DeliveryState::Parked => InvitationEventKind::Parked,
    };
    InvitationEvent {
        at: event
            .delivered_at
            .or(event.parked_at)
            .unwrap_or(event.occurred_at),
        kind,
        detail: Some(match &event.last_error {
            Some(error) => format!("{}: {error}", event.r#type),
            None => event.r#type.clone(),
        }),
        path: Some(paths::callback(&event.event_id.to_string())),
    }
}
