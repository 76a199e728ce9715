//! The secrets of a client: a rotation as it goes on, a new secret shown once, and one compared.

use std::net::IpAddr;

use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use console_pages::errors::ServiceError;
use console_pages::pages::{
    Added, AddressUse, FirstUse, NewSecret, Secret, SecretMatch, SecretOnce, SecretState, Secrets,
};
use console_pages::{Form, Hourly, Message, OneTimeSecret, Section, paths};
use sqlx::PgConnection;

use super::client_form;
use super::client_settings::read_secret;
use super::clients::client_id;
use super::elevation::Kept;
use super::shown::HOURS;
use super::words::InWords;
use super::{Error, Fields, Operator, RoleMarker, Viewer, Visit, page};
use crate::audit::Act;
use crate::clients::{self, Enabled, Grant, HashedSecret, Scope, SecretInfo, SecretUses, Strength};
use crate::crypto::secret::PresentedSecret;
use crate::ids::{ClientId, SecretId};
use crate::wire::request_context::RequestContext;

/// By how many seconds uses are shown late at most: they are written every 5 seconds.
const LATE_BY_SECONDS: i64 = 5;
/// Most days after which a secret expires: ten years.
const MAX_EXPIRY_DAYS: i64 = 3_650;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::CLIENT_SECRETS).get(get_secrets).head(get_secrets))
        .service(
            page(paths::CLIENT_SECRETS_NEW)
                .get(get_new)
                .head(get_new)
                .post(post_new),
        )
        .service(page(paths::CLIENT_SECRETS_CHECK).post(post_check));
}

/// `GET /clients/{client_id}/secrets`
async fn get_secrets(visit: Visit<Viewer>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    show(&visit, &client_id(&path)?, None).await
}

async fn show<R: RoleMarker>(
    visit: &Visit<R>,
    client_id: &ClientId,
    found: Option<SecretMatch>,
) -> Result<HttpResponse, Error> {
    let act = visit.act();
    let mut secrets = visit
        .read(async |db| read_secrets(db, &act, client_id).await)
        .await?;
    secrets.reverse();
    let page = Secrets {
        client_id: client_id.to_string(),
        secrets,
        late_by_seconds: LATE_BY_SECONDS,
        found,
    };
    visit.page(Section::Clients, &page)
}

/// The secrets of a client in the order in which they were added, with how they are used.
pub(super) async fn read_secrets(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
) -> Result<Vec<Secret>, Error> {
    let client = clients::find_client(db, client_id).await?;
    let is_restored_here = client_form::refuse_admin(&client, Enabled::Yes).is_ok();
    let secrets = clients::list_secrets(db, act, client_id).await?;
    let uses = clients::list_secret_uses(db, act, client_id, HOURS).await?;
    let first_uses = clients::list_first_uses(db, act, client_id).await?;
    let uses_of = |secret_id| uses.iter().find(|uses| uses.secret_id == secret_id);
    let first_use_of = |secret_id| first_uses.iter().find(|first| first.secret_id == secret_id);
    Ok(secrets
        .iter()
        .map(|info| Secret {
            restorable_until: info.restorable_until.filter(|_| is_restored_here),
            first_use: first_use_of(info.secret_id).map(|first| FirstUse {
                at: first.at,
                is_exact: first.is_exact,
            }),
            ..shown_secret(info, uses_of(info.secret_id))
        })
        .collect())
}

fn shown_secret(info: &SecretInfo, uses: Option<&SecretUses>) -> Secret {
    let hours = uses.map(|uses| uses.hours.as_slice()).unwrap_or_default();
    let addresses = uses.map(|uses| uses.addresses.as_slice()).unwrap_or_default();
    Secret {
        secret_id: info.secret_id.to_string(),
        state: match info.state {
            clients::SecretState::Live => SecretState::Live,
            clients::SecretState::Expired => SecretState::Expired,
            clients::SecretState::Retired => SecretState::Retired,
        },
        created_at: info.created_at,
        expires_at: info.expires_at,
        retired_at: info.retired_at,
        first_use: None,
        last_used_at: info.last_used_at,
        uses: Hourly {
            since: hours.first().map(|hour| hour.hour).unwrap_or_default(),
            counts: hours.iter().map(|hour| hour.count).collect(),
        },
        addresses: addresses
            .iter()
            .filter_map(|used| {
                Some(AddressUse {
                    address: used.address.clone()?,
                    last_at: used.last_at,
                    uses: used.count,
                })
            })
            .take(5)
            .collect(),
        restorable_until: None,
    }
}

/// `GET /clients/{client_id}/secrets/new`
async fn get_new(visit: Visit<Operator>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let key = SecretId::generate(visit.now()).to_string();
    show_new(&visit, &client_id(&path)?, Form::new(), key).await
}

async fn show_new(
    visit: &Visit<Operator>,
    client_id: &ClientId,
    form: Form,
    idempotency_key: String,
) -> Result<HttpResponse, Error> {
    let act = visit.act();
    let secrets = visit
        .read(async |db| clients::list_secrets(db, &act, client_id).await)
        .await?;
    let live = secrets
        .iter()
        .filter(|secret| secret.state == clients::SecretState::Live)
        .count();
    let new = NewSecret {
        client_id: client_id.to_string(),
        form,
        idempotency_key,
        live: i64::try_from(live).unwrap_or(i64::MAX),
    };
    visit.page(Section::Clients, &new)
}

/// After how long a secret is to expire.
fn expiry(fields: &Fields) -> Result<Option<TimeDelta>, Message> {
    let Some(text) = fields.text("expires_in_days") else {
        return Ok(None);
    };
    let days = text
        .parse()
        .ok()
        .filter(|days| (1..=MAX_EXPIRY_DAYS).contains(days));
    let must_be = || ServiceError::ExpiryDays.message().with("most", MAX_EXPIRY_DAYS);
    Ok(Some(TimeDelta::days(days.ok_or_else(must_be)?)))
}

/// A secret as a form describes it, and whether it was brought.
fn read_new(fields: &Fields) -> Result<(clients::NewSecret, bool), (&'static str, Message)> {
    let (secret, is_brought) = read_secret(fields).map_err(|error| ("client_secret", error))?;
    let expires_in = expiry(fields).map_err(|error| ("expires_in_days", error))?;
    let new = clients::NewSecret {
        secret,
        strength: Strength::Strong,
        expires_in,
    };
    Ok((new, is_brought))
}

/// `POST /clients/{client_id}/secrets/new`: the answer shows a generated secret, once.
async fn post_new(
    mut visit: Visit<Operator>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    let names = ["client_secret", "expires_in_days", "idempotency_key"];
    let fields = visit.form(payload, "secret-new", &names).await?;
    let kept: &[&str] = &["expires_in_days", "idempotency_key"];
    let there = visit
        .require_elevation(Section::Clients, &fields, ("secret-new", kept))
        .await?;
    if there == Kept::WithoutSecrets {
        return get_new(visit, path).await;
    }
    let key: SecretId = fields
        .get("idempotency_key")
        .parse()
        .map_err(|_| Error::Invalid)?;
    let form = fields.shown(&["expires_in_days"]);
    let (new, is_brought) = match read_new(&fields) {
        Ok(new) => new,
        Err((field, message)) => {
            return show_new(&visit, &client_id, form.error(field, message), key.to_string()).await;
        }
    };
    let value = new.secret.clone();
    match add(&visit, &client_id, new, key).await {
        Ok(is_new) => {
            let added = match (is_new, is_brought) {
                (false, _) => Added::Before(key.to_string()),
                (true, true) => Added::Brought,
                (true, false) => Added::Generated(OneTimeSecret::new(value.expose().to_owned())),
            };
            once(&visit, &client_id, added).await
        }
        Err(clients::Error::Failure(failure)) => Err(failure.into()),
        Err(clients::Error::UnknownClient(_)) => Err(Error::NotFound),
        Err(clients::Error::SecretIdTaken) => Err(Error::Invalid),
        Err(refused) => {
            let form = form.error("client_secret", refused.in_words());
            show_new(&visit, &client_id, form, key.to_string()).await
        }
    }
}

/// Adds a secret with this identifier; false where the same form has added it before.
async fn add(
    visit: &Visit<Operator>,
    client_id: &ClientId,
    new: clients::NewSecret,
    key: SecretId,
) -> Result<bool, clients::Error> {
    let client = visit
        .read(async |db| clients::find_client(db, client_id).await)
        .await?;
    let passwords = &visit.app().oauth.passwords;
    let hashed = clients::hash_secret(passwords, new, client.secret_hashing)
        .await?
        .with_id(key);
    let act = visit.act();
    visit
        .change(async |db| {
            let client = clients::lock_client(db, client_id).await?;
            if client_form::refuse_admin(&client, Enabled::Yes).is_err() {
                return Err(clients::Error::UnknownClient(client_id.clone()));
            }
            let known = clients::list_secrets(db, &act, client_id).await?;
            if known.iter().any(|secret| secret.secret_id == key) {
                return Ok(false);
            }
            clients::add_secret(db, &act, &visit.app().ring, client_id, &hashed).await?;
            Ok(true)
        })
        .await
}

async fn once(visit: &Visit<Operator>, client_id: &ClientId, added: Added) -> Result<HttpResponse, Error> {
    let client = visit
        .read(async |db| clients::find_client(db, client_id).await)
        .await?;
    let scopes: Vec<&str> = client.settings.scopes.iter().map(Scope::as_str).collect();
    let page = SecretOnce {
        client_id: client_id.to_string(),
        is_new_client: false,
        added,
        token_url: visit.app().settings.public_url.join("/connect/token"),
        scope: scopes.join(" "),
        has_client_credentials: client.settings.grants.contains(Grant::ClientCredentials),
    };
    visit.page(Section::Clients, &page)
}

/// `POST /clients/{client_id}/secrets/check`: whether a pasted secret is one of the client's. A wrong one counts as at the token
/// endpoint.
async fn post_check(
    visit: Visit<Operator>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    let fields = visit.form(payload, "secret-check", &["stored_secret"]).await?;
    let found = match fields.secret("stored_secret") {
        Some(secret) => compare(&visit, &client_id, secret).await?,
        None => SecretMatch::None,
    };
    show(&visit, &client_id, Some(found)).await
}

async fn compare(
    visit: &Visit<Operator>,
    client_id: &ClientId,
    secret: PresentedSecret,
) -> Result<SecretMatch, Error> {
    let server = &visit.app().oauth;
    let client = visit
        .read(async |db| clients::find_client(db, client_id).await)
        .await?;
    let address: IpAddr = RequestContext::of(visit.request()).peer().nearest();
    let Ok(attempt) = server
        .limits
        .failures
        .begin_attempt(client_id, Some(address))
        .await
    else {
        return Ok(SecretMatch::TooMany);
    };
    let presented = clients::NewSecret {
        secret,
        strength: Strength::Any,
        expires_in: None,
    };
    let presented: HashedSecret =
        clients::hash_secret(&server.passwords, presented, client.secret_hashing).await?;
    let act = visit.act();
    let (found, secrets) = visit
        .read(async |db| {
            let found = clients::find_secret(db, &act, client_id, &presented).await?;
            Ok::<_, Error>((found, clients::list_secrets(db, &act, client_id).await?))
        })
        .await?;
    let newest = secrets
        .iter()
        .rfind(|secret| secret.state == clients::SecretState::Live)
        .map(|secret| secret.secret_id);
    Ok(match found {
        None => {
            attempt.failed();
            SecretMatch::None
        }
        found if found == newest => SecretMatch::Newest,
        Some(_) => SecretMatch::Older,
    })
}
