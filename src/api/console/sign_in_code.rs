//! The second step of signing in: the code.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SubsecRound;
use console_pages::pages::{SignIn, SignInCode};
use console_pages::{Form, Message, paths};

use super::error::Error;
use super::forms::{Fields, check_origin};
use super::sign_in::{begin, open_next, visitor};
use super::state::Reader;
use super::visit::{data, find_session, see_other};
use crate::staff::SignInError;
use crate::staff::second_factor::{Accepted, Factor};
use crate::staff::sessions::{Session, Stage};
use crate::wire::query::Query;
use crate::wire::refused::Refused;

/// The name of the form.
const FORM: &str = "sign-in-code";

/// The session of a request whose password was right and whose code is still asked for.
async fn waiting(request: &HttpRequest) -> Result<Option<Session>, Error> {
    let (app, console) = data(request)?;
    let now = app.clock.now().trunc_subsecs(6);
    let session = find_session(&app, &console, request, now).await?;
    Ok(session.filter(|session| session.stage == Stage::Code))
}

fn show(request: &HttpRequest, session: &Session, page: &SignInCode) -> Result<HttpResponse, Error> {
    let (app, console) = data(request)?;
    let reader = Reader {
        request,
        session: None,
        form_key: Some(&session.form_key),
        flash: None,
        now: app.clock.now().trunc_subsecs(6),
    };
    console.render(&reader, None, page)
}

/// `GET /sign-in/code`
pub(super) async fn get_sign_in_code(request: HttpRequest) -> Result<HttpResponse, Error> {
    let query = Query::parse(request.query_string(), &["next"]).map_err(|_| Error::Invalid)?;
    let (_, console) = data(&request)?;
    let Some(session) = waiting(&request).await? else {
        return Ok(see_other(&console, &request, paths::SIGN_IN, None));
    };
    let page = SignInCode {
        form: Form::new(),
        next: query.get("next").map(str::to_owned),
    };
    show(&request, &session, &page)
}

/// `POST /sign-in/code`
pub(super) async fn post_sign_in_code(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let (app, console) = data(&request)?;
    check_origin(console.url(), request.headers())?;
    let Some(session) = waiting(&request).await? else {
        return Ok(see_other(&console, &request, paths::SIGN_IN, None));
    };
    let forms: &[(&str, &[&str])] = &[(FORM, &["code", "next"])];
    let fields = Fields::read(request.headers(), payload, &session.form_key, forms).await?;
    let checked = match fields.secret("code") {
        Some(code) => {
            app.sign_in
                .check_code(&session.account, &code, Accepted::AnyCode)
                .await
        }
        None => Err(SignInError::Refused("staff_wrong_code")),
    };
    match checked {
        Ok(factor) => {
            let visitor = visitor(&console, &request);
            let next = open_next(&visitor, fields.get("next"));
            let with = match factor {
                Factor::App => "code",
                Factor::RecoveryCode => "recovery_code",
            };
            begin(&app, &console, &request, &session.account, (with, next)).await
        }
        Err(SignInError::Failure(failure)) => Err(failure.into()),
        Err(SignInError::Refused(reason)) => {
            app.metrics.staff_sign_ins.inc([reason]);
            let page = SignInCode {
                form: Form::new().error("code", Message::text(SignIn::REFUSED)),
                next: fields.text("next").map(str::to_owned),
            };
            Ok(Refused::because(reason).mark(show(&request, &session, &page)?))
        }
    }
}
