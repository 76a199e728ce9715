//! Signing in and out: name and password, then the code.
//!
//! Forms for signing in have no session yet; they are bound to a cookie of their own, so that no other site signs somebody in
//! as somebody else. Each step has a new session, so that no cookie that was set before is worth anything afterwards.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SubsecRound, Utc};
use console_pages::pages::{Onward, SignIn};
use console_pages::{Flash, FlashKind, Form, Message, Page, flashes, paths};
use serde_json::json;

use super::cookies::Cookie;
use super::error::Error;
use super::forms::{Fields, check_origin};
use super::state::{Console, Reader};
use super::visit::{Viewer, Visit, data, own_path, see_other, set_cookie, take_flash};
use crate::app::App;
use crate::audit::{Act, Actor};
use crate::staff::sessions::{self, Asked, Origin, SessionId, Stage};
use crate::staff::{Account, SignInError};
use crate::wire::query::Query;
use crate::wire::refused::Refused;
use crate::wire::request_context::RequestContext;

/// The name of the form for name and password.
const FORM: &str = "sign-in";
/// Signed in by the identity provider, as the audit trail says it.
pub(super) const COMPANY: &str = "company";
/// The longest path that is opened after signing in.
const MAX_NEXT_BYTES: usize = 1000;

/// Leads who opens a page without a session to signing in, and back again.
pub(super) fn lead(
    console: &Console,
    request: &HttpRequest,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Error> {
    let path = own_path(console, request);
    let header = |name: &str| request.headers().get(name).map(HeaderValue::as_bytes);
    let has_cookie = Cookie::Session.read(console.url(), request.headers()).is_some();
    if !has_cookie && header("sec-fetch-site") == Some(b"cross-site") {
        // A link from elsewhere comes without the cookie; from a page of ours the browser sends it.
        return outside(console, request, now, None, &Onward { path });
    }
    let visitor = visitor(console, request);
    let next = sign_next(&visitor, &path).unwrap_or_default();
    let path = paths::with_query(paths::SIGN_IN, &[("next", &next)]);
    let flash = has_cookie.then_some(flashes::SESSION_ENDED);
    Ok(see_other(console, request, &path, flash))
}

/// Refuses all else without a session, and asks to sign in.
pub(super) fn refuse(
    console: &Console,
    request: &HttpRequest,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Error> {
    let visitor = visitor(console, request);
    let flash = Flash {
        kind: FlashKind::Warning,
        text: Message::text(flashes::SESSION_ENDED),
    };
    let reader = Reader {
        request,
        session: None,
        form_key: Some(&visitor.form_key()),
        flash: Some(&flash),
        now,
    };
    let mut response = console.render(&reader, None, &page(console, Form::new(), None))?;
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    Ok(Refused::because("console_signed_out").mark(response))
}

/// The cookie that forms for signing in are bound to; it is set where there is none.
pub(super) fn visitor(console: &Console, request: &HttpRequest) -> SessionId {
    let cookie = Cookie::Visitor.read(console.url(), request.headers());
    cookie.as_deref().and_then(SessionId::parse).unwrap_or_else(|| {
        let fresh = SessionId::generate();
        set_cookie(request, Cookie::Visitor, Some(fresh.expose()));
        fresh
    })
}

/// What opens after signing in, as it goes through the browser: a path that was asked for here, and proof of that.
fn sign_next(visitor: &SessionId, path: &str) -> Option<String> {
    let is_worth_it = path != paths::OVERVIEW && path.len() <= MAX_NEXT_BYTES;
    is_worth_it.then(|| format!("{}.{path}", visitor.form_key().token(path)))
}

/// The path in what came back; the overview where it is not one that we sent.
pub(super) fn open_next<'a>(visitor: &SessionId, next: &'a str) -> &'a str {
    let signed = next.split_once('.');
    let own = signed
        .filter(|(token, path)| path.starts_with('/') && visitor.form_key().accepts(path, token).is_some());
    own.map_or(paths::OVERVIEW, |(_, path)| path)
}

pub(super) fn page(console: &Console, form: Form, next: Option<String>) -> SignIn {
    SignIn {
        form,
        next,
        company: console.company(),
    }
}

/// A page for who is not signed in.
pub(super) fn outside(
    console: &Console,
    request: &HttpRequest,
    now: DateTime<Utc>,
    visitor: Option<&SessionId>,
    page: &impl Page,
) -> Result<HttpResponse, Error> {
    let flash = take_flash(console, request);
    let form_key = visitor.map(SessionId::form_key);
    let reader = Reader {
        request,
        session: None,
        form_key: form_key.as_ref(),
        flash: flash.as_ref(),
        now,
    };
    console.render(&reader, None, page)
}

/// `GET /sign-in`
pub(super) async fn get_sign_in(request: HttpRequest) -> Result<HttpResponse, Error> {
    let (app, console) = data(&request)?;
    let now = app.clock.now().trunc_subsecs(6);
    let query = Query::parse(request.query_string(), &["next"]).map_err(|_| Error::Invalid)?;
    let visitor = visitor(&console, &request);
    let next = query.get("next").map(str::to_owned);
    let page = page(&console, Form::new(), next);
    outside(&console, &request, now, Some(&visitor), &page)
}

/// `POST /sign-in`
pub(super) async fn post_sign_in(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Error> {
    let (app, console) = data(&request)?;
    let now = app.clock.now().trunc_subsecs(6);
    check_origin(console.url(), request.headers())?;
    let visitor = visitor(&console, &request);
    let names = ["sign_in_name", "password", "next"];
    let fields = Fields::read(request.headers(), payload, &visitor.form_key(), &[(FORM, &names)]).await?;
    let address = RequestContext::of(&request).peer().nearest();
    let checked = match fields.secret("password") {
        Some(password) => {
            app.sign_in
                .check_password(fields.get("sign_in_name"), password, Some(address))
                .await
        }
        None => Err(SignInError::Refused("staff_wrong_password")),
    };
    match checked {
        Ok(account) => {
            let next = fields.get("next");
            if account.has_second_factor {
                return begin_code(&app, &console, &request, &account, next).await;
            }
            let next = open_next(&visitor, next);
            begin(&app, &console, &request, &account, ("password", next)).await
        }
        Err(SignInError::Failure(failure)) => Err(failure.into()),
        Err(SignInError::Refused(reason)) => {
            app.metrics.staff_sign_ins.inc([reason]);
            let refused = Message::text(SignIn::REFUSED);
            let form = fields.shown(&["sign_in_name"]).error("password", refused);
            let page = page(&console, form, fields.text("next").map(str::to_owned));
            let response = outside(&console, &request, now, Some(&visitor), &page)?;
            Ok(Refused::because(reason).mark(response))
        }
    }
}

/// Asks for the code of somebody whose password was right: the session is good for that alone.
async fn begin_code(
    app: &App,
    console: &Console,
    request: &HttpRequest,
    account: &Account,
    next: &str,
) -> Result<HttpResponse, Error> {
    let (act, origin) = circumstances(app, request, account);
    let old = session_of_cookie(console, request);
    let session_id = app
        .db
        .transaction(async |db| {
            if let Some(old) = &old {
                sessions::end(db, old.hash()).await?;
            }
            sessions::begin(db, &act, account.staff_id, Stage::Code, &origin).await
        })
        .await?;
    set_cookie(request, Cookie::Session, Some(session_id.expose()));
    let path = paths::with_query(paths::SIGN_IN_CODE, &[("next", next)]);
    Ok(see_other(console, request, &path, None))
}

/// The session that the browser has, which the next one replaces.
fn session_of_cookie(console: &Console, request: &HttpRequest) -> Option<SessionId> {
    let cookie = Cookie::Session.read(console.url(), request.headers());
    cookie.as_deref().and_then(SessionId::parse)
}

/// Who signs in, when and from where.
fn circumstances(app: &App, request: &HttpRequest, account: &Account) -> (Act, Origin) {
    let now = app.clock.now().trunc_subsecs(6);
    let address = RequestContext::of(request).peer().nearest();
    let agent = request
        .headers()
        .get("user-agent")
        .and_then(|value| value.to_str().ok());
    let origin = Origin {
        address: Some(address),
        user_agent: agent.unwrap_or_default().to_owned(),
        asked: Asked::Now,
    };
    let act = Act {
        address: Some(address),
        ..Act::new(Actor::Staff(account.sign_in_name.shared()), now)
    };
    (act, origin)
}

/// Begins the session of somebody who has proved to be the owner of the account.
pub(super) async fn begin(
    app: &App,
    console: &Console,
    request: &HttpRequest,
    account: &Account,
    (with, next): (&'static str, &str),
) -> Result<HttpResponse, Error> {
    begin_session(app, console, request, account, with).await?;
    let mut response = see_other(console, request, next, None);
    console.remember_look(account, &mut response);
    Ok(response)
}

/// The same, for an answer of one's own.
pub(super) async fn begin_session(
    app: &App,
    console: &Console,
    request: &HttpRequest,
    account: &Account,
    with: &'static str,
) -> Result<(), Error> {
    let (act, mut origin) = circumstances(app, request, account);
    if with == COMPANY {
        origin.asked = Asked::Sometime;
    }
    let old = session_of_cookie(console, request);
    let session_id = app
        .db
        .transaction(async |db| {
            if let Some(old) = &old {
                sessions::end(db, old.hash()).await?;
            }
            let id = sessions::begin(db, &act, account.staff_id, Stage::SignedIn, &origin).await?;
            let detail = json!({ "with": with });
            act.record(db, "signed_in", ("staff", &account.sign_in_name), detail)
                .await?;
            Ok::<_, crate::staff::Error>(id)
        })
        .await?;
    app.metrics.staff_sign_ins.inc([with]);
    set_cookie(request, Cookie::Session, Some(session_id.expose()));
    set_cookie(request, Cookie::Visitor, None);
    Ok(())
}

/// `POST /sign-out`: ends the session.
pub(super) async fn post_sign_out(
    visit: Visit<Viewer>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    visit.form(payload, "sign-out", &[]).await?;
    let hash = visit.session().hash;
    visit.change(async |db| sessions::end(db, hash).await).await?;
    set_cookie(visit.request(), Cookie::Session, None);
    let mut response = visit.see_other(paths::SIGN_IN, Some(flashes::SIGNED_OUT));
    // Pages of the session are not to come back by the back button. Nothing else of the origin is ours to clear.
    let cache = HeaderValue::from_static("\"cache\"");
    response.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        cache,
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_next_is_what_was_asked_for_here() {
        let [one, other] = [SessionId::generate(), SessionId::generate()];
        let next = sign_next(&one, "/clients?x=a.b").unwrap();
        assert_eq!(open_next(&one, &next), "/clients?x=a.b");
        assert_eq!(open_next(&other, &next), "/");
        let token = next.split_once('.').unwrap().0;
        for bad in [
            "",
            "/clients",
            "//evil.example",
            "x./clients",
            ".",
            "https://evil.example",
        ] {
            assert_eq!(open_next(&one, bad), "/");
            assert_eq!(open_next(&one, &format!("{token}.{bad}")), "/", "{bad}");
        }
        assert_eq!(sign_next(&one, "/"), None);
    }
}
