//! Deliveries: callbacks to Talentsoft and webhooks to the platform. What is parked is retried or discarded by an operator.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use console_pages::pages::{
    self, CallbackDetail, Callbacks, Paging, Receiver, RetryParked, delivery_choices,
};
use console_pages::{Form, Message, Section, errors, flashes, paths};
use uuid::Uuid;

use super::{Error, Operator, Viewer, Visit, page};
use crate::clock::within_years;
use crate::ids::InvitationId;
use crate::page::Page;
use crate::text::Name;
use crate::webhooks::{
    self, DeliveryState, Destination, DiscardSelection, EventFilter, EventInfo, RetrySelection,
};

/// Rows of a page.
const ROWS: i64 = 50;
/// The service's names of states, and the page's.
const STATES: &[(&str, pages::DeliveryState)] = &[
    ("pending", pages::DeliveryState::Waiting),
    ("delivered", pages::DeliveryState::Delivered),
    ("parked", pages::DeliveryState::Parked),
];

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::CALLBACKS).get(get_callbacks).head(get_callbacks))
        .service(
            page(paths::CALLBACKS_RETRY)
                .get(get_retry)
                .head(get_retry)
                .post(post_retry_parked),
        )
        .service(page(paths::CALLBACK).get(get_callback).head(get_callback))
        .service(page(paths::CALLBACK_RETRY).post(post_retry))
        .service(page(paths::CALLBACK_DISCARD).post(post_discard));
}

/// `GET /callbacks`: newest first.
async fn get_callbacks(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let query = visit.read_query_with_list(&["invitation", "cursor"], &["state"])?;
    let states: Vec<DeliveryState> = query
        .ids("state")
        .collect::<Result<_, _>>()
        .map_err(|_| Error::Invalid)?;
    let invitation_id: Option<InvitationId> = query.id("invitation").map_err(|_| Error::Invalid)?;
    let page = Page {
        after: visit.cursor(&query, paths::CALLBACKS)?,
        limit: ROWS,
    };
    let filter = EventFilter {
        states: states.clone(),
        invitation_id,
        event_id: None,
    };
    let ((events, next), parked) = visit
        .read(async |db| {
            let events = webhooks::page_events(db, &filter, &page).await?;
            Ok::<_, webhooks::Error>((events, webhooks::count_parked(db, None).await?))
        })
        .await?;
    let invitation = query.get("invitation").unwrap_or_default();
    let states: Vec<String> = states.iter().map(ToString::to_string).collect();
    visit.page(
        Section::Callbacks,
        &Callbacks {
            state_choices: delivery_choices(STATES),
            rows: events.iter().map(row).collect(),
            paging: paging(&visit, &states, invitation, (page.after, next))?,
            parked: Some(parked),
            invitation: invitation.to_owned(),
            states,
        },
    )
}

fn paging(
    visit: &Visit<Viewer>,
    states: &[String],
    invitation: &str,
    (cursor, next): (Option<i64>, Option<i64>),
) -> Result<Paging, Error> {
    let at = |cursor: &str| {
        let states = states.iter().map(|state| ("state", state.as_str()));
        let pairs: Vec<_> = states
            .chain([("invitation", invitation), ("cursor", cursor)])
            .collect();
        paths::with_query(paths::CALLBACKS, &pairs)
    };
    Ok(Paging {
        newer: cursor.map(|_| at("")),
        older: visit.older(next, paths::CALLBACKS, at)?,
    })
}

fn row(event: &EventInfo) -> pages::Callback {
    let state = match event.state {
        DeliveryState::Pending if event.attempts > 0 => pages::DeliveryState::Retrying,
        DeliveryState::Pending => pages::DeliveryState::Waiting,
        DeliveryState::Delivered => pages::DeliveryState::Delivered,
        DeliveryState::Parked => pages::DeliveryState::Parked,
    };
    pages::Callback {
        callback_id: event.event_id.to_string(),
        event: event.r#type.clone(),
        invitation_id: event.invitation_id.to_string(),
        status: event.status.clone(),
        receiver: match event.destination {
            Destination::Callback => Receiver::Talentsoft,
            Destination::Platform => Receiver::Platform,
        },
        state,
        occurred_at: event.occurred_at,
        attempts: event.attempts.into(),
        next_at: event.due_at,
        ended_at: event.delivered_at.or(event.parked_at),
        last_error: event.last_error.clone(),
    }
}

/// `GET /callbacks/{callback_id}`
async fn get_callback(visit: Visit<Viewer>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let event_id = event_id(&path)?;
    show(&visit, event_id, Form::new()).await
}

fn event_id(path: &str) -> Result<Uuid, Error> {
    path.parse().map_err(|_| Error::NotFound)
}

async fn show<R: super::RoleMarker>(
    visit: &Visit<R>,
    event_id: Uuid,
    form: Form,
) -> Result<HttpResponse, Error> {
    let (event, attempts) = visit
        .read(async |db| {
            let event = webhooks::find_event(db, event_id).await?;
            Ok::<_, webhooks::Error>((event, webhooks::list_attempts(db, event_id).await?))
        })
        .await?;
    let attempts = attempts.into_iter().map(|attempt| pages::Attempt {
        at: attempt.at,
        status: None,
        milliseconds: i64::try_from(attempt.milliseconds).ok(),
        error: attempt.error,
        answer: None,
        by: None,
    });
    visit.page(
        Section::Callbacks,
        &CallbackDetail {
            callback: row(&event),
            attempts: attempts.collect(),
            form,
        },
    )
}

/// `POST /callbacks/{callback_id}/retry`: at once, and for three days more.
async fn post_retry(
    visit: Visit<Operator>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "callback-retry", &[]).await?;
    let event_id = event_id(&path)?;
    let act = visit.act();
    let retried = visit
        .change_once(&fields, async |db| {
            webhooks::retry(db, &act, RetrySelection::One(event_id)).await
        })
        .await;
    after(
        &visit,
        event_id,
        retried.map(|_| flashes::RETRIED),
        &paths::callback(&event_id.to_string()),
    )
}

/// `POST /callbacks/{callback_id}/discard`: its receiver is never told, and the audit trail says why.
async fn post_discard(
    visit: Visit<Operator>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let fields = visit
        .form(payload, "callback-discard", &["discard_reason"])
        .await?;
    let event_id = event_id(&path)?;
    let Ok(reason) = fields.get("discard_reason").parse::<Name>() else {
        let form = fields
            .shown(&["discard_reason"])
            .error("discard_reason", Message::text(errors::REASON));
        return show(&visit, event_id, form).await;
    };
    let (act, selection) = (visit.act(), DiscardSelection::One(event_id));
    let discarded = visit
        .change_once(&fields, async |db| {
            webhooks::discard(db, &act, &selection, 1, Some(&reason)).await
        })
        .await;
    if matches!(discarded, Err(webhooks::Error::NotParked(_))) {
        let found = visit
            .read(async |db| webhooks::find_event(db, event_id).await)
            .await;
        if matches!(found, Err(webhooks::Error::UnknownEvent(_))) {
            // Somebody else was faster.
            return Ok(visit.see_other(paths::CALLBACKS, None));
        }
    }
    after(
        &visit,
        event_id,
        discarded.map(|_| flashes::DISCARDED),
        paths::CALLBACKS,
    )
}

/// Where the browser goes after something was done with an event.
fn after(
    visit: &Visit<Operator>,
    event_id: Uuid,
    done: Result<&'static str, webhooks::Error>,
    path: &str,
) -> Result<HttpResponse, Error> {
    match done {
        Ok(flash) => Ok(visit.see_other(path, Some(flash))),
        Err(webhooks::Error::NotParked(_)) => {
            let path = paths::callback(&event_id.to_string());
            Ok(visit.see_other(&path, Some(flashes::NOT_OPEN)))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /callbacks/retry`: how many are parked since a day.
async fn get_retry(visit: Visit<Operator>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["since"])?;
    let Some(since) = query.get("since") else {
        let form = Form::new();
        return visit.page(Section::Callbacks, &RetryParked { form, count: None });
    };
    let form = Form::new().with("since", since);
    let Some(since) = begin_of(since) else {
        let form = form.error("since", Message::text(errors::DAY));
        return visit.page(Section::Callbacks, &RetryParked { form, count: None });
    };
    let count = visit
        .read(async |db| webhooks::count_parked(db, Some(since)).await)
        .await?;
    let count = Some(count);
    visit.page(Section::Callbacks, &RetryParked { form, count })
}

/// The beginning of a day, in UTC.
fn begin_of(day: &str) -> Option<DateTime<Utc>> {
    let day: NaiveDate = day.parse().ok()?;
    within_years(day.and_time(NaiveTime::MIN).and_utc())
}

/// `POST /callbacks/retry`: all that were parked since that day.
async fn post_retry_parked(visit: Visit<Operator>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "callbacks-retry", &["since"]).await?;
    let since = begin_of(fields.get("since")).ok_or(Error::Invalid)?;
    let act = visit.act();
    visit
        .change(async |db| webhooks::retry(db, &act, RetrySelection::ParkedSince(since)).await)
        .await?;
    Ok(visit.see_other(paths::CALLBACKS, Some(flashes::RETRIED_ALL)))
}

impl From<webhooks::Error> for Error {
    fn from(error: webhooks::Error) -> Self {
        match error {
            webhooks::Error::UnknownEvent(_) => Self::NotFound,
            webhooks::Error::NotParked(_) => Self::Invalid,
            webhooks::Error::Failure(failure) => Self::Failure(failure),
        }
    }
}
