//! The visit: the one argument of every handler of a page for signed-in people, and proof that its reader may see it.
//!
//! What a role does not include is answered like what is not there. A form is read by [`Visit::form`] alone, which checks
//! where it comes from first.

use std::cell::Cell;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, LOCATION};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use chrono::{DateTime, SubsecRound, Utc};
use console_pages::{Flash, FlashKind, Language, Message, Page, Section, flashes, has_text, paths};
use sqlx::PgConnection;

use super::cookies::Cookie;
use super::error::Error;
use super::forms::{Fields, FormFields, check_origin};
use super::sign_in;
use super::state::{Console, Reader};
use crate::api::call;
use crate::app::App;
use crate::audit::Act;
use crate::db::{Db, PgTransaction};
use crate::error::Failure;
use crate::staff::Role;
use crate::staff::sessions::{self, Session, SessionId, Stage};
use crate::wire::query::Query;
use crate::wire::request_context::RequestContext;

/// The least role that a page is for.
pub trait RoleMarker: 'static {
    /// The role.
    const ROLE: Role;
}

/// A page for everybody who has signed in.
pub enum Viewer {}
/// A page for operators and admins.
pub enum Operator {}
/// A page for admins.
pub enum Admin {}

impl RoleMarker for Viewer {
    const ROLE: Role = Role::Viewer;
}
impl RoleMarker for Operator {
    const ROLE: Role = Role::Operator;
}
impl RoleMarker for Admin {
    const ROLE: Role = Role::Admin;
}

/// The cookies that the answer to a request sets, whatever answers it.
#[derive(Default)]
pub(super) struct NewCookies(pub Vec<(Cookie, Option<String>)>);

/// Has the answer to this request set a cookie, or remove it.
pub(super) fn set_cookie(request: &HttpRequest, cookie: Cookie, value: Option<String>) {
    let mut extensions = request.extensions_mut();
    if extensions.get::<NewCookies>().is_none() {
        extensions.insert(NewCookies::default());
    }
    if let Some(cookies) = extensions.get_mut::<NewCookies>() {
        cookies.0.push((cookie, value));
    }
}

/// A request by somebody who has signed in and has at least role `R`.
pub struct Visit<R: RoleMarker> {
    app: web::Data<App>,
    console: web::Data<Console>,
    request: HttpRequest,
    pub(super) session: Session,
    now: DateTime<Utc>,
    is_query_read: Cell<bool>,
    role: PhantomData<R>,
}

impl<R: RoleMarker> Visit<R> {
    /// The application.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The application, for an answer that outlives its handler.
    #[must_use]
    pub fn shared_app(&self) -> web::Data<App> {
        self.app.clone()
    }

    /// The console.
    #[must_use]
    pub fn console(&self) -> &Console {
        &self.console
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.app.db
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The query, which has these parameters and no others, each once, and no character that the database does not take.
    pub fn read_query(&self, names: &[&'static str]) -> Result<Query<'_>, Error> {
        self.read_query_with_list(names, &[])
    }

    /// The same, where these others may be there several times.
    pub fn read_query_with_list(
        &self,
        names: &[&'static str],
        repeatable: &[&'static str],
    ) -> Result<Query<'_>, Error> {
        self.is_query_read.set(true);
        let query = self.request.query_string();
        let query = Query::parse_with_list(query, names, repeatable).and_then(Query::without_null);
        query.map_err(|_| Error::Invalid)
    }

    /// The present instant, to the precision of the database.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the person has at least this role.
    #[must_use]
    pub fn may(&self, role: Role) -> bool {
        self.session.account.role >= role
    }

    /// Who acts, when and from where.
    #[must_use]
    pub fn act(&self) -> Act {
        Act {
            address: Some(RequestContext::of(&self.request).peer().nearest()),
            ..Act::new(self.session.actor(), self.now)
        }
    }

    /// Reads from the database on one connection.
    pub async fn read<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.app.db.read(work).await
    }

    /// Changes the database in one transaction; what that enqueued for webhooks is delivered at once.
    pub async fn change<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        call::change(&self.app, work).await
    }

    /// Reads the form of this name, which has these fields and no others, after it has proved to come from a page of ours in
    /// this session.
    pub async fn form(&self, payload: web::Payload, form: &str, fields: &[&str]) -> Result<Fields, Error> {
        let headers = self.request.headers();
        Fields::read(headers, payload, &self.session.form_key, &[(form, fields)]).await
    }

    /// Reads one of several forms; [`Fields::form`] says which.
    pub async fn one_of_forms(
        &self,
        payload: web::Payload,
        forms: &[FormFields<'_>],
    ) -> Result<Fields, Error> {
        Fields::read(self.request.headers(), payload, &self.session.form_key, forms).await
    }

    /// Answers with a page. One that has read no query has none.
    pub fn page(&self, section: Section, page: &impl Page) -> Result<HttpResponse, Error> {
        let is_safe = matches!(*self.request.method(), Method::GET | Method::HEAD);
        if is_safe && !self.is_query_read.get() && !self.request.query_string().is_empty() {
            return Err(Error::Invalid);
        }
        let flash = take_flash(&self.console, &self.request);
        let reader = Reader {
            request: &self.request,
            session: Some(&self.session),
            form_key: Some(&self.session.form_key),
            flash: flash.as_ref(),
            now: self.now,
        };
        self.console.render(&reader, Some(section), page)
    }

    /// Sends the browser to a path of `console_pages::paths`, by GET; the next page says what was done, by an identifier of
    /// `console_pages::flashes`.
    #[must_use]
    pub fn see_other(&self, path: &str, flash: Option<&'static str>) -> HttpResponse {
        see_other(&self.console, &self.request, path, flash)
    }

    /// Whether the session still is what it was: for streams, which outlive their request.
    pub async fn is_still_open(&self) -> bool {
        let (hash, now) = (self.session.hash, self.app.clock.now());
        let found = self
            .app
            .db
            .read(async |db| sessions::find(db, hash, now).await)
            .await;
        matches!(found, Ok(Some(session)) if session.account.role >= R::ROLE)
    }
}

impl<R: RoleMarker> Visit<R> {
    /// The session has another cookie from now on.
    pub(super) fn renew(&mut self, session_id: &SessionId) {
        self.session.hash = session_id.hash();
        self.session.elevated_until = Some(self.now + sessions::ELEVATION);
        set_cookie(&self.request, Cookie::Session, Some(session_id.expose()));
    }
}

/// Sends the browser to a path by GET.
pub(super) fn see_other(
    console: &Console,
    request: &HttpRequest,
    path: &str,
    flash: Option<&'static str>,
) -> HttpResponse {
    if let Some(flash) = flash {
        set_cookie(request, Cookie::Flash, Some(flash.to_owned()));
    }
    HttpResponse::SeeOther()
        .insert_header((LOCATION, console.to(path)))
        .finish()
}

/// What the page before had to say, once.
pub(super) fn take_flash(console: &Console, request: &HttpRequest) -> Option<Flash> {
    let id = Cookie::Flash.read(console.url(), request.headers())?;
    set_cookie(request, Cookie::Flash, None);
    // Whoever writes a cookie can have no other text shown, and none that is not there.
    let is_known = id.starts_with("flash-") && !id.contains('.') && has_text(Language::En, &id);
    let warns = [
        flashes::SESSION_ENDED,
        flashes::SESSION_OLD,
        flashes::FORM_EXPIRED,
        flashes::SECRET_NOT_RESTORABLE,
        flashes::SECRET_EXISTS,
    ];
    let kind = if warns.contains(&id.as_str()) {
        FlashKind::Warning
    } else {
        FlashKind::Ok
    };
    is_known.then(|| Flash {
        kind,
        text: Message::Text(id.into(), Vec::new()),
    })
}

impl<R: RoleMarker> FromRequest for Visit<R> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { admit(request).await })
    }
}

async fn admit<R: RoleMarker>(request: HttpRequest) -> Result<Visit<R>, Error> {
    let (app, console) = data(&request)?;
    let now = app.clock.now().trunc_subsecs(6);
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_safe {
        check_origin(console.url(), request.headers())?;
    }
    let found = find_session(&app, &console, &request, now).await?;
    let Some(session) = found.filter(|session| session.stage == Stage::SignedIn) else {
        let answer = if is_safe && !wants_stream(&request) {
            sign_in::lead(&console, &request, now)
        } else {
            sign_in::refuse(&console, &request, now)
        };
        return Err(answer?.into());
    };
    if session.account.role < R::ROLE {
        return Err(Error::NotFound);
    }
    if sessions::is_to_be_noted(&session, now) && !wants_stream(&request) && !is_by_itself(&request) {
        let noted = app
            .db
            .change(async |db| sessions::note_seen(db, session.hash, now).await)
            .await;
        // A database that takes no changes is no reason to show nothing.
        if let Err(Failure::Internal(cause)) = noted {
            return Err(Failure::Internal(cause).into());
        }
    }
    Ok(Visit {
        app,
        console,
        request,
        session,
        now,
        is_query_read: Cell::new(false),
        role: PhantomData,
    })
}

/// The application and the console of a request.
pub(super) fn data(request: &HttpRequest) -> Result<(web::Data<App>, web::Data<Console>), Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let console = request.app_data::<web::Data<Console>>().cloned();
    let missing = || Failure::internal("the application state is missing");
    Ok((app.ok_or_else(missing)?, console.ok_or_else(missing)?))
}

/// The session of a request, whatever its stage.
pub(super) async fn find_session(
    app: &App,
    console: &Console,
    request: &HttpRequest,
    now: DateTime<Utc>,
) -> Result<Option<Session>, Error> {
    let cookie = Cookie::Session.read(console.url(), request.headers());
    let Some(session_id) = cookie.as_deref().and_then(SessionId::parse) else {
        return Ok(None);
    };
    let hash = session_id.hash();
    Ok(app
        .db
        .read(async |db| sessions::find(db, hash, now).await)
        .await?)
}

/// Whether the request is for server-sent events: they are refused by a status, not by a page.
fn wants_stream(request: &HttpRequest) -> bool {
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

/// Whether a page reloads a part of itself, which nobody need be looking at: it keeps no session alive.
fn is_by_itself(request: &HttpRequest) -> bool {
    request.headers().contains_key("x-live")
}

/// The path of a request without the prefix, with its query.
pub(super) fn own_path(console: &Console, request: &HttpRequest) -> String {
    let path = request.path();
    // What only begins with the same letters is below another path.
    let below = path.strip_prefix(console.url().base());
    let own = below
        .filter(|own| own.is_empty() || own.starts_with('/'))
        .unwrap_or(path);
    let own = if own.is_empty() { paths::OVERVIEW } else { own };
    match request.query_string() {
        "" => own.to_owned(),
        query => format!("{own}?{query}"),
    }
}
