//! `/admin/v1/clients/{client_id}/secrets`: added, generated or brought; listed without their values; retired and restored.

use actix_web::http::StatusCode;
use actix_web::web;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::super::{Call, MAX_JSON_BYTES};
use super::describe::describe_secret;
use super::{Error, client_id, refuse_admin};
use crate::api::call::{read_json, read_nothing};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::clients::{self, HashedSecret, NewSecret, Retirement, SecretInfo, SecretState, Strength};
use crate::crypto::secret::{PresentedSecret, SecretHashing};
use crate::ids::{ClientId, SecretId};
use crate::wire::problem::Problem;
use crate::wire::query::Query;

/// Most seconds after which a secret expires: ten years.
const MAX_EXPIRY_SECONDS: i64 = 315_360_000;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/clients/{client_id}/secrets")
                .get(get_secrets)
                .head(get_secrets)
                .post(post_secret),
        )
        .service(web::resource("/admin/v1/clients/{client_id}/secrets/{secret_id}/retire").post(post_retire))
        .service(
            web::resource("/admin/v1/clients/{client_id}/secrets/{secret_id}/restore").post(post_restore),
        );
}

/// The value of a secret that was generated for this request. Whoever brought theirs is not shown it.
pub(super) struct Shown(Option<PresentedSecret>);

impl Shown {
    /// The value.
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_ref().map(PresentedSecret::expose)
    }

    /// The reply, of which no idempotency key keeps the value.
    pub(super) fn keep_out_of(&self, reply: Reply, secret: &SecretInfo) -> Reply {
        if self.0.is_none() {
            return reply;
        }
        let detail = format!(
            "The request was done, and the secret {} was shown in its first answer, which is kept nowhere. If that answer was \
             lost, add another secret and retire this one.",
            secret.secret_id
        );
        reply.kept_as(&Problem::new(
            StatusCode::CONFLICT,
            "secret-already-shown",
            "Conflict",
            detail,
        ))
    }
}

/// A secret to add; without a value, one is generated.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSecretBody {
    client_secret: Option<String>,
    expires_in_seconds: Option<i64>,
}

impl NewSecretBody {
    /// Hashes the secret. A brought one has 32 bytes at least: of a shorter one the digest that an idempotency key keeps of
    /// the request could tell too much.
    pub(super) async fn hash(
        self,
        call: &Call,
        hashing: SecretHashing,
    ) -> Result<(HashedSecret, Shown), Error> {
        let expires_in = self.expires_in_seconds;
        if expires_in.is_some_and(|seconds| !(1..=MAX_EXPIRY_SECONDS).contains(&seconds)) {
            return Err(Error::InvalidExpiry);
        }
        let is_generated = self.client_secret.is_none();
        let secret = match self.client_secret {
            Some(text) => PresentedSecret::new(text)?,
            None => PresentedSecret::generate(),
        };
        let shown = Shown(is_generated.then(|| secret.clone()));
        let new = NewSecret {
            secret,
            strength: Strength::Strong,
            expires_in: expires_in.map(TimeDelta::seconds),
        };
        let hashed = clients::hash_secret(&call.app().oauth.passwords, new, hashing).await?;
        Ok((hashed, shown))
    }
}

#[derive(Serialize)]
struct SecretsBody {
    secrets: Vec<SecretInfo>,
}

/// `GET /admin/v1/clients/{client_id}/secrets`: in the order in which they were added.
async fn get_secrets(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let client_id = client_id(&path)?;
    let secrets = call
        .read(async |db| clients::list_secrets(db, &call.act(), &client_id).await)
        .await?;
    Reply::ok(&SecretsBody { secrets })
}

/// `POST /admin/v1/clients/{client_id}/secrets`: adds one beside the others.
async fn post_secret(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<NewSecretBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let client_id = client_id(&path)?;
    let client = call
        .read(async |db| clients::find_client(db, &client_id).await)
        .await?;
    refuse_admin(&client.settings)?;
    let (new, shown) = body.hash(&call, client.secret_hashing).await?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        // It may have become one meanwhile, at the command line.
        refuse_admin(&clients::lock_client(db, &client_id).await?.settings)?;
        let secret = clients::add_secret(db, &act, &call.app().ring, &client_id, &new).await?;
        let mut reply = Reply::ok::<Error>(&describe_secret(&secret, &shown)?)?;
        reply.status = StatusCode::CREATED;
        Ok(shown.keep_out_of(reply, &secret))
    })
    .await
}

/// A client and one of its secrets, as a path names them.
fn ids(path: &(String, String)) -> Result<(ClientId, SecretId), Error> {
    let secret_id = path.1.parse().map_err(|_| Error::UnknownPath("secret"))?;
    Ok((client_id(&path.0)?, secret_id))
}

/// Whether the retirement that a query asks for can be taken back.
fn retirement(query: &str) -> Result<Retirement, Error> {
    match Query::parse(query, &["final"])?.get("final") {
        None | Some("false") => Ok(Retirement::Restorable),
        Some("true") => Ok(Retirement::Final),
        Some(_) => Err(Error::InvalidParameter("final must be true or false")),
    }
}

/// `POST /admin/v1/clients/{client_id}/secrets/{secret_id}/retire`: retiring a retired one is retiring it once.
async fn post_retire(
    call: Call,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    let retirement = retirement(call.query())?;
    let key = Key::of(&call, "")?;
    let digest = read_nothing(call.headers(), payload, MAX_JSON_BYTES).await?;
    let (client_id, secret_id) = ids(&path)?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        let retiring = clients::retire_secret(db, &act, &client_id, secret_id, retirement).await;
        let secrets = clients::list_secrets(db, &act, &client_id).await?;
        let retired = secrets
            .into_iter()
            .find(|secret| secret.secret_id == secret_id && secret.state == SecretState::Retired);
        match (retiring, retired) {
            (Ok(()) | Err(clients::Error::UnknownSecret(..)), Some(retired)) => Reply::ok(&retired),
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(Error::UnknownPath("secret")),
        }
    })
    .await
}

/// `POST /admin/v1/clients/{client_id}/secrets/{secret_id}/restore`: takes a retirement back, within a day.
async fn post_restore(
    call: Call,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "")?;
    let digest = read_nothing(call.headers(), payload, MAX_JSON_BYTES).await?;
    let (client_id, secret_id) = ids(&path)?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        refuse_admin(&clients::lock_client(db, &client_id).await?.settings)?;
        Reply::ok(&clients::restore_secret(db, &act, &client_id, secret_id).await?)
    })
    .await
}
