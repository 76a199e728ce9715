//! One's own account: sessions, language and colours, password, second factor.

use actix_web::{HttpResponse, web};
use console_pages::pages::{
    Account as AccountPage, OwnSession, RecoveryCodes, SecondFactorSetup, language_choices, staff_errors,
    theme_choices,
};
use console_pages::{Form, Message, OneTimeSecret, Section, flashes, paths};

use super::elevation::Kept;
use super::{Error, Fields, Viewer, Visit, page};
use crate::ids::SessionNumber;
use crate::staff::second_factor::{self, RecoveryCode, TotpKey};
use crate::staff::sessions::{self, SessionInfo};
use crate::staff::{self, accounts, hash_password};

const PREFERENCES: (&str, &[&str]) = ("account-preferences", &["language", "theme"]);
const PASSWORD: (&str, &[&str]) = ("account-password", &["new_password"]);
const SECOND_FACTOR: (&str, &[&str]) = ("second-factor", &["action"]);
const CONFIRM_APP: (&str, &[&str]) = ("second-factor-confirm", &["code"]);
const RECOVERY_CODES: (&str, &[&str]) = ("recovery-codes", &[]);
const SESSION_END: (&str, &[&str]) = ("sessions-end", &["session"]);
const OTHERS_END: (&str, &[&str]) = ("sessions-end-others", &[]);

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::ACCOUNT).get(get_account).head(get_account))
        .service(page(paths::ACCOUNT_PREFERENCES).post(post_preferences))
        .service(page(paths::ACCOUNT_PASSWORD).post(post_password))
        .service(page(paths::ACCOUNT_SECOND_FACTOR).post(post_second_factor))
        .service(page(paths::ACCOUNT_RECOVERY_CODES).post(post_recovery_codes))
        .service(page(paths::ACCOUNT_SESSIONS_END).post(post_sessions_end));
}

/// `GET /account`
async fn get_account(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    show(&visit, Form::new()).await
}

async fn show(visit: &Visit<Viewer>, form: Form) -> Result<HttpResponse, Error> {
    let account = &visit.session().account;
    let (staff_id, now) = (account.staff_id, visit.now());
    let (sessions, recovery_codes) = visit
        .read(async |db| {
            let sessions = sessions::list(db, staff_id, now).await?;
            let codes = second_factor::count_recovery_codes(db, staff_id).await?;
            Ok::<_, staff::Error>((sessions, codes))
        })
        .await?;
    let language = account.language.map_or("", <&str>::from);
    let theme = account.theme.map_or("system", <&str>::from);
    let page = AccountPage {
        sign_in_name: account.sign_in_name.to_string(),
        has_password: account.has_password,
        has_second_factor: account.has_second_factor,
        recovery_codes,
        is_linked: account.is_linked,
        company: visit.console().company(),
        sessions: sessions
            .into_iter()
            .map(|session| own_session(visit, session))
            .collect(),
        form: form.with("language", language).with("theme", theme),
        languages: language_choices(),
        themes: theme_choices(),
    };
    visit.page(Section::Account, &page)
}

fn own_session(visit: &Visit<Viewer>, session: SessionInfo) -> OwnSession {
    OwnSession {
        is_this: session.session_number == visit.session().number,
        number: session.session_number.to_string(),
        user_agent: session.user_agent,
        address: session.address,
        created_at: session.created_at,
        seen_at: session.seen_at,
    }
}

/// `POST /account/preferences`
async fn post_preferences(visit: Visit<Viewer>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, PREFERENCES.0, PREFERENCES.1).await?;
    let language = fields.text("language").map(str::parse).transpose();
    let theme = fields
        .text("theme")
        .filter(|theme| *theme != "system")
        .map(str::parse)
        .transpose();
    let (Ok(language), Ok(theme)) = (language, theme) else {
        return Err(Error::Invalid);
    };
    let staff_id = visit.session().account.staff_id;
    visit
        .change(async |db| accounts::set_preferences(db, staff_id, language, theme).await)
        .await?;
    let mut response = visit.see_other(paths::ACCOUNT, Some(flashes::SAVED));
    let changed = staff::Account {
        language,
        theme,
        ..visit.session().account.clone()
    };
    visit.console().remember_look(&changed, &mut response);
    Ok(response)
}

/// `POST /account/password`: ends the other sessions.
async fn post_password(mut visit: Visit<Viewer>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, PASSWORD.0, PASSWORD.1).await?;
    let there = visit
        .require_elevation(Section::Account, &fields, (PASSWORD.0, &[]))
        .await?;
    if there == Kept::WithoutSecrets {
        return show(&visit, Form::new()).await;
    }
    let weak = || Form::new().error("new_password", Message::text(staff_errors::PASSWORD_WEAK));
    let Some(password) = fields.secret("new_password") else {
        return show(&visit, weak()).await;
    };
    let hashed = match hash_password(&visit.app().sign_in.passwords, password).await {
        Err(staff::Error::WeakPassword) => return show(&visit, weak()).await,
        hashed => hashed?,
    };
    let (act, staff_id, hash) = (
        visit.act(),
        visit.session().account.staff_id,
        visit.session().hash,
    );
    visit
        .change(async |db| accounts::set_password(db, &act, staff_id, Some(&hashed), Some(&hash)).await)
        .await?;
    Ok(visit.see_other(paths::ACCOUNT, Some(flashes::PASSWORD_SET)))
}

/// `POST /account/second-factor`: shows the key of a new app, confirms it, or removes the app.
async fn post_second_factor(mut visit: Visit<Viewer>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.one_of_forms(payload, &[SECOND_FACTOR, CONFIRM_APP]).await?;
    if fields.form() == CONFIRM_APP.0 {
        visit
            .require_elevation(Section::Account, &fields, (CONFIRM_APP.0, &[]))
            .await?;
        return confirm_app(&visit, &fields).await;
    }
    let kept = (SECOND_FACTOR.0, SECOND_FACTOR.1);
    visit.require_elevation(Section::Account, &fields, kept).await?;
    let (act, account) = (visit.act(), visit.session().account.clone());
    match fields.get("action") {
        "begin" => {
            let ring = &visit.app().ring;
            visit
                .change_once(&fields, async |db| {
                    second_factor::begin(db, &act, ring, &account).await.map(drop)
                })
                .await?;
            show_unconfirmed(&visit, Form::new()).await
        }
        "remove" => {
            visit
                .change(async |db| second_factor::remove(db, &act, &account).await)
                .await?;
            end_others(&visit).await?;
            Ok(visit.see_other(paths::ACCOUNT, Some(flashes::SECOND_FACTOR_REMOVED)))
        }
        _ => Err(Error::Invalid),
    }
}

async fn confirm_app(visit: &Visit<Viewer>, fields: &Fields) -> Result<HttpResponse, Error> {
    let (act, account, ring) = (visit.act(), &visit.session().account, &visit.app().ring);
    let codes = match fields.secret("code") {
        Some(code) => {
            visit
                .change(async |db| second_factor::confirm(db, &act, ring, account, &code).await)
                .await?
        }
        None => None,
    };
    if let Some(codes) = codes {
        end_others(visit).await?;
        return show_codes(visit, &codes);
    }
    let wrong = Message::text(SecondFactorSetup::WRONG_CODE);
    show_unconfirmed(visit, Form::new().error("code", wrong)).await
}

/// Shows the key of the app that is being set up.
async fn show_unconfirmed(visit: &Visit<Viewer>, form: Form) -> Result<HttpResponse, Error> {
    let (ring, staff_id) = (&visit.app().ring, visit.session().account.staff_id);
    let key = visit
        .read(async |db| second_factor::find_unconfirmed(db, ring, staff_id).await)
        .await?;
    match key {
        Some(key) => show_key(visit, &key, form),
        None => Ok(visit.see_other(paths::ACCOUNT, None)),
    }
}

/// Ends the sessions that began with fewer factors, or with others.
async fn end_others(visit: &Visit<Viewer>) -> Result<(), Error> {
    let (staff_id, hash) = (visit.session().account.staff_id, visit.session().hash);
    visit
        .change(async |db| sessions::end_others(db, staff_id, Some(&hash)).await)
        .await?;
    Ok(())
}

fn show_key(visit: &Visit<Viewer>, key: &TotpKey, form: Form) -> Result<HttpResponse, Error> {
    let name = visit.session().account.sign_in_name.as_str();
    let page = SecondFactorSetup {
        key: OneTimeSecret::new(key.expose_text().to_string()),
        url: OneTimeSecret::new(key.expose_url(name).to_string()),
        form,
    };
    visit.page(Section::Account, &page)
}

fn show_codes(visit: &Visit<Viewer>, codes: &[RecoveryCode]) -> Result<HttpResponse, Error> {
    let shown = codes
        .iter()
        .map(|code| OneTimeSecret::new(code.expose().to_string()));
    let page = RecoveryCodes {
        codes: shown.collect(),
    };
    visit.page(Section::Account, &page)
}

/// `POST /account/recovery-codes`: shows fresh ones, once.
async fn post_recovery_codes(mut visit: Visit<Viewer>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, RECOVERY_CODES.0, RECOVERY_CODES.1).await?;
    visit
        .require_elevation(Section::Account, &fields, RECOVERY_CODES)
        .await?;
    let (act, account) = (visit.act(), &visit.session().account);
    if !account.has_second_factor {
        return Err(Error::Invalid);
    }
    let codes = visit
        .change(async |db| second_factor::replace_recovery_codes(db, &act, account).await)
        .await?;
    show_codes(&visit, &codes)
}

/// `POST /account/sessions/end`: ends one of one's sessions, or all others.
async fn post_sessions_end(visit: Visit<Viewer>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.one_of_forms(payload, &[SESSION_END, OTHERS_END]).await?;
    let (act, account, hash) = (visit.act(), &visit.session().account, visit.session().hash);
    let number = fields
        .text("session")
        .map(str::parse::<SessionNumber>)
        .transpose();
    let number = number.map_err(|_| Error::Invalid)?;
    if number.is_none() && fields.form() == SESSION_END.0 {
        return Err(Error::Invalid);
    }
    visit
        .change(async |db| {
            let ended = match number {
                Some(number) => sessions::end_numbered(db, account.staff_id, number).await?.into(),
                None => sessions::end_others(db, account.staff_id, Some(&hash)).await?,
            };
            sessions::record_ended(db, &act, account, ended).await
        })
        .await?;
    Ok(visit.see_other(paths::ACCOUNT, Some(flashes::SESSIONS_ENDED)))
}
