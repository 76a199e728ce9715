//! Company sign-in: to the identity provider, and back from it.
//!
//! The way there is a link and no form: browsers apply `form-action` to redirects. What comes back comes from another site,
//! so the cookie of the visit is `Lax`, and the answer is a page that goes on by itself: the browser sends a `Strict` cookie
//! only from a page of ours.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SubsecRound, Utc};
use console_pages::pages::{Confirmed, Onward, SignIn};
use console_pages::{Form, Message, Section, flashes, paths};
use serde_json::json;

use super::cookies::Cookie;
use super::error::Error;
use super::page;
use super::sign_in::{self, outside, visitor};
use super::state::Console;
use super::visit::{Viewer, Visit, data, set_cookie};
use crate::app::App;
use crate::audit::{Act, Actor};
use crate::ids::KeptFormId;
use crate::staff::kept_forms;
use crate::staff::provider::{self, Finished, Provider, ProviderError, Purpose, Returned};
use crate::staff::sessions::{self, SessionId};
use crate::staff::{self, Account, accounts};
use crate::wire::query::Query;
use crate::wire::refused::Refused;
use crate::wire::request_context::RequestContext;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::SIGN_IN_COMPANY).get(get_sign_in).head(get_sign_in))
        .service(
            page(paths::SIGN_IN_COMPANY_CALLBACK)
                .get(get_callback)
                .head(get_callback),
        )
        .service(page(paths::CONFIRM).get(get_confirm).head(get_confirm))
        .service(page(paths::CONFIRM_FORM).get(get_kept_form).head(get_kept_form))
        .service(page(paths::ACCOUNT_COMPANY).get(get_link).head(get_link));
}

/// The provider; without one there are no such pages.
fn provider_of(console: &Console) -> Result<&Provider, Error> {
    console.provider.as_ref().ok_or(Error::NotFound)
}

/// `GET /sign-in/company`
async fn get_sign_in(request: HttpRequest) -> Result<HttpResponse, Error> {
    let (app, console) = data(&request)?;
    let query = Query::parse(request.query_string(), &["next"]).map_err(|_| Error::Invalid)?;
    let visitor = visitor(&console, &request);
    let next = sign_in::open_next(&visitor, query.get("next").unwrap_or_default());
    let act = Act::new(Actor::System, app.clock.now().trunc_subsecs(6));
    begin(&app, &console, &request, &act, (Purpose::SignIn, None, next)).await
}

/// `GET /confirm`: asks the provider who it is once more, for the form that waits.
async fn get_confirm(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["form"])?;
    let form: Option<KeptFormId> = query.id("form").map_err(|_| Error::Invalid)?;
    let next = form.map_or_else(
        || paths::OVERVIEW.to_owned(),
        |id| paths::confirm_form(&id.to_string()),
    );
    from_session(&visit, Purpose::Confirm, &next).await
}

/// `GET /confirm/{kept_form_id}`: what was to be done before the provider asked. It is done by pressing the button.
async fn get_kept_form(visit: Visit<Viewer>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: KeptFormId = path.parse().map_err(|_| Error::NotFound)?;
    let (number, now) = (visit.session().number, visit.now());
    let kept = visit
        .read(async |db| kept_forms::find(db, number, id, now).await)
        .await?;
    let Some(kept) = kept else {
        return Ok(visit.see_other(paths::OVERVIEW, Some(flashes::FORM_EXPIRED)));
    };
    let page = Confirmed {
        path: kept.path,
        form_name: kept.form_name,
        kept: kept.fields,
    };
    visit.page(Section::Account, &page)
}

/// `GET /account/company`: links the account to whoever signs in at the provider now.
async fn get_link(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    if !visit.session().is_elevated(visit.now()) {
        return Ok(visit.see_other(paths::ACCOUNT, Some(flashes::SESSION_OLD)));
    }
    from_session(&visit, Purpose::Link, paths::ACCOUNT).await
}

async fn from_session(visit: &Visit<Viewer>, purpose: Purpose, next: &str) -> Result<HttpResponse, Error> {
    let what = (purpose, Some(visit.session().number), next);
    begin(visit.app(), visit.console(), visit.request(), &visit.act(), what).await
}

async fn begin(
    app: &App,
    console: &Console,
    request: &HttpRequest,
    act: &Act,
    (purpose, session, next): (Purpose, Option<crate::ids::SessionNumber>, &str),
) -> Result<HttpResponse, Error> {
    let provider = provider_of(console)?;
    let begun = provider::begin(provider, &app.db, act, purpose, (session, Some(next))).await;
    let begun = match begun {
        Ok(begun) => begun,
        Err(ProviderError::Failure(failure)) => return Err(failure.into()),
        Err(ProviderError::Refused(_)) => return Err(Error::NotFound),
    };
    set_cookie(request, Cookie::Company, Some(begun.visit_id.expose()));
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, begun.url))
        .finish())
}

/// `GET /sign-in/company/callback`
async fn get_callback(request: HttpRequest) -> Result<HttpResponse, Error> {
    let (app, console) = data(&request)?;
    let now = app.clock.now().trunc_subsecs(6);
    provider_of(&console)?;
    set_cookie(&request, Cookie::Company, None);
    match come_back(&app, &console, &request, now).await {
        Ok(response) => Ok(response),
        Err(ProviderError::Failure(failure)) => Err(failure.into()),
        Err(ProviderError::Refused(reason)) => {
            app.metrics.staff_sign_ins.inc([reason]);
            let form = Form::new().error("sign_in_name", Message::text(SignIn::REFUSED));
            let visitor = visitor(&console, &request);
            let page = sign_in::page(&console, form, None);
            let mut response = outside(&console, &request, now, Some(&visitor), &page)?;
            *response.status_mut() = StatusCode::FORBIDDEN;
            Ok(Refused::because(reason).mark(response))
        }
    }
}

impl From<Error> for ProviderError {
    fn from(error: Error) -> Self {
        match error {
            Error::Failure(failure) => Self::Failure(failure),
            _ => Self::Refused("company_state"),
        }
    }
}

impl From<staff::Error> for ProviderError {
    fn from(error: staff::Error) -> Self {
        match error {
            staff::Error::Failure(failure) => Self::Failure(failure),
            _ => Self::Refused("company_unknown"),
        }
    }
}

/// The parameters of the answer (RFC 6749 s4.1.2, RFC 9207); a provider may add others.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let found = pairs.next().map(|(_, value)| value.into_owned());
    // What stands there twice could be read in two ways.
    found.filter(|_| pairs.next().is_none())
}

async fn come_back(
    app: &App,
    console: &Console,
    request: &HttpRequest,
    now: DateTime<Utc>,
) -> Result<HttpResponse, ProviderError> {
    let provider = provider_of(console)?;
    let cookie = Cookie::Company.read(console.url(), request.headers());
    let visit_id = cookie.as_deref().and_then(SessionId::parse);
    let visit_id = visit_id.ok_or(ProviderError::Refused("company_state"))?;
    let [state, code, issuer] = ["state", "code", "iss"].map(|name| parameter(request.query_string(), name));
    let (Some(state), Some(code)) = (state, code) else {
        return Err(ProviderError::Refused("company_denied"));
    };
    let returned = Returned {
        visit_id: &visit_id,
        state: &state,
        code: &code,
        issuer: issuer.as_deref(),
    };
    let act = Act {
        address: Some(RequestContext::of(request).peer().nearest()),
        ..Act::by_system(now)
    };
    let finished = provider::finish(provider, &app.db, &act, &returned).await?;
    let next = finished
        .next_path
        .clone()
        .unwrap_or_else(|| paths::OVERVIEW.to_owned());
    match finished.purpose {
        Purpose::SignIn => {
            let found = app
                .db
                .read(async |db| accounts::find_by_identity(db, &finished.proof.identity).await)
                .await?;
            let known = found.ok_or(ProviderError::Refused("company_unknown"))?;
            if !known.is_enabled {
                return Err(ProviderError::Refused("staff_disabled"));
            }
            sign_in::begin_session(app, console, request, &known, sign_in::COMPANY).await?;
        }
        Purpose::Confirm | Purpose::Link => in_session(app, request, &act, &finished).await?,
    }
    Ok(outside(console, request, now, None, &Onward { path: next })?)
}

/// Confirms who has a session, or links its account. Somebody else at the provider ends the session.
async fn in_session(
    app: &App,
    request: &HttpRequest,
    act: &Act,
    finished: &Finished,
) -> Result<(), ProviderError> {
    let number = finished
        .session_number
        .ok_or(ProviderError::Refused("company_state"))?;
    let session = app
        .db
        .read(async |db| sessions::find_numbered(db, number, act.now).await)
        .await?;
    let session = session.ok_or(ProviderError::Refused("company_no_session"))?;
    let act = Act {
        actor: session.actor(),
        ..act.clone()
    };
    let identity = &finished.proof.identity;
    if finished.purpose == Purpose::Link {
        let staff_id = session.account.staff_id;
        app.db
            .transaction(async |db| accounts::link(db, &act, staff_id, identity).await)
            .await?;
        return Ok(());
    }
    let found = app
        .db
        .read(async |db| accounts::find_by_identity(db, identity).await)
        .await?;
    if found.map(|account: Account| account.staff_id) != Some(session.account.staff_id) {
        app.db
            .transaction(async |db| {
                sessions::end(db, session.hash).await?;
                let subject = ("staff", &session.account.sign_in_name as &dyn std::fmt::Display);
                act.record(db, "session_ended", subject, json!({ "reason": "other_person" }))
                    .await?;
                Ok::<_, staff::Error>(())
            })
            .await?;
        return Err(ProviderError::Refused("company_other_person"));
    }
    let renewed = app
        .db
        .transaction(async |db| sessions::elevate(db, &act, session.hash).await)
        .await?;
    if let Some(renewed) = renewed {
        set_cookie(request, Cookie::Session, Some(renewed.expose()));
    }
    Ok(())
}
