//! `/admin/v1/clients`: registered, listed, shown, changed, and their tokens revoked.

mod describe;
mod secrets;
mod settings;

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use url::form_urlencoded;

use super::error::Error;
use super::precondition::Expected;
use super::{Call, MAX_JSON_BYTES, locate};
use crate::api::call::{read_json, read_json_as, read_nothing};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::audit::Act;
use crate::clients::{self, ClientFilter, ClientInfo, ClientSettings, Enabled, NewClient, Scope};
use crate::crypto::secret::SecretHashing;
use crate::ids::{ClientId, CustomerId};
use crate::page::MAX_LIMIT;
use crate::wire::body;
use crate::wire::query::Query;

use self::describe::{client_tag, describe_client, describe_listed, describe_secret, insert};
use self::secrets::NewSecretBody;
use self::settings::SettingsPatch;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/clients")
                .get(get_clients)
                .head(get_clients)
                .post(post_client),
        )
        .service(
            web::resource("/admin/v1/clients/{client_id}")
                .get(get_client)
                .head(get_client)
                .patch(patch_client),
        )
        .service(web::resource("/admin/v1/clients/{client_id}/revoke-tokens").post(post_revoke_tokens));
    secrets::configure(config);
}

/// The identifier in a path; what is none names no client.
fn client_id(path: &str) -> Result<ClientId, Error> {
    path.parse().map_err(|_| Error::UnknownPath("client"))
}

/// Refuses what would give, keep or strengthen access to `/admin/v1` itself.
fn refuse_admin(settings: &ClientSettings) -> Result<(), Error> {
    if settings.scopes.contains(Scope::Admin) {
        return Err(Error::AdminClient);
    }
    Ok(())
}

#[derive(Serialize)]
struct ClientsBody {
    clients: Vec<Value>,
    next_cursor: Option<String>,
}

/// `GET /admin/v1/clients`: in the order of their identifiers; those that a text finds, the best first.
async fn get_clients(call: Call) -> Result<Reply, Error> {
    let names = ["text", "customer_id", "scope", "is_enabled", "limit", "cursor"];
    let query = Query::parse(call.query(), &names)?.without_null()?;
    let page = query.page(MAX_LIMIT)?;
    let filter = ClientFilter {
        customer_id: query.id::<CustomerId>("customer_id")?,
        is_enabled: query.get("is_enabled").map(parse_flag).transpose()?,
        scope: query.get("scope").map(parse_scope).transpose()?,
        text: query.get("text").map(str::to_owned),
    };
    let act = call.act();
    let (clients, next) = call
        .read(async |db| clients::page_clients(db, &act, &filter, &page).await)
        .await?;
    let clients = clients.iter().map(describe_listed).collect::<Result<_, _>>()?;
    Reply::ok(&ClientsBody {
        clients,
        next_cursor: next.map(|cursor| cursor.to_string()),
    })
}

fn parse_flag(text: &str) -> Result<bool, Error> {
    text.parse()
        .map_err(|_| Error::InvalidParameter("is_enabled must be true or false"))
}

fn parse_scope(text: &str) -> Result<Scope, Error> {
    text.parse()
        .map_err(|_| Error::InvalidParameter("scope must be one of the scopes in the API document"))
}

/// `GET /admin/v1/clients/{client_id}`.
async fn get_client(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let client_id = client_id(&path)?;
    let client = call
        .read(async |db| clients::find_client(db, &client_id).await)
        .await?;
    reply(&client)
}

/// A client as it is now, with its tag.
fn reply(client: &ClientInfo) -> Result<Reply, Error> {
    Ok(Reply::ok::<Error>(&describe_client(client)?)?.with_tag(client_tag(client)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClientBody {
    client_id: Option<String>,
    customer_id: Option<CustomerId>,
    #[serde(default)]
    secret: NewSecretBody,
    #[serde(default)]
    settings: SettingsPatch,
}

impl NewClientBody {
    /// The identifier, or a generated one, and the settings: the defaults, with what the body says.
    fn read(self) -> Result<(ClientId, ClientSettings, NewSecretBody), Error> {
        let client_id = match self.client_id {
            None => ClientId::generate(),
            Some(text) => text.parse().map_err(Error::InvalidClientId)?,
        };
        let named = self.settings.of_new_client();
        let (grants, scopes) = (named.grants()?, named.scopes()?);
        let mut settings = ClientSettings::first(self.customer_id, grants, scopes).ok_or(Error::NoPurpose)?;
        named.apply(&mut settings)?;
        refuse_admin(&settings)?;
        Ok((client_id, settings, self.secret))
    }
}

/// `POST /admin/v1/clients`: registers a client with its first secret.
async fn post_client(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<NewClientBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let (client_id, settings, secret) = body.read()?;
    let (secret, shown) = secret.hash(&call, SecretHashing::fresh()).await?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        if let Some(customer_id) = settings.customer_id {
            clients::find_customer_by_id(db, customer_id).await?;
        }
        let new = NewClient {
            client_id,
            settings,
            secret,
        };
        let (client, secret) = clients::add_client(db, &act, &call.app().ring, new).await?;
        let mut body = describe_client(&client)?;
        insert(&mut body, "secret", describe_secret(&secret, &shown)?);
        let reply = Reply::created::<Error>(&body, locate(&call, &path_of(&client.client_id)))?;
        Ok(shown.keep_out_of(reply.with_tag(client_tag(&client)?), &secret))
    })
    .await
}

/// The path of a client; an identifier may have characters that no path has.
fn path_of(client_id: &ClientId) -> String {
    let segment: String = form_urlencoded::byte_serialize(client_id.as_str().as_bytes()).collect();
    format!("/admin/v1/clients/{}", segment.replace('+', "%20"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientPatch {
    is_enabled: Option<bool>,
    settings: Option<SettingsPatch>,
}

impl ClientPatch {
    /// Makes the changes; the client as it is then.
    async fn apply(self, db: &mut PgConnection, act: &Act, before: ClientInfo) -> Result<ClientInfo, Error> {
        if self.settings.is_some() || self.is_enabled == Some(true) {
            refuse_admin(&before.settings)?;
        }
        if let Some(patch) = self.settings {
            let change = |settings: &mut ClientSettings| {
                patch.apply(settings)?;
                refuse_admin(settings)
            };
            clients::update_client(db, act, &before.client_id, change).await?;
        }
        if let Some(is_enabled) = self.is_enabled {
            let enabled = if is_enabled { Enabled::Yes } else { Enabled::No };
            clients::set_client_enabled(db, act, &before.client_id, enabled).await?;
        }
        Ok(clients::find_client(db, &before.client_id).await?)
    }
}

/// `PATCH /admin/v1/clients/{client_id}`: a JSON merge patch (RFC 7396) of the state that `If-Match` names.
async fn patch_client(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let client_id = client_id(&path)?;
    let types = body::JSON_OR_MERGE_PATCH;
    let (patch, _) = read_json_as::<ClientPatch>(call.headers(), payload, MAX_JSON_BYTES, types).await?;
    let expected = Expected::required(&call)?;
    let act = call.act();
    let client = call
        .change(async |db| {
            let before = clients::lock_client(db, &client_id).await?;
            expected.check(&client_tag(&before)?)?;
            patch.apply(db, &act, before).await
        })
        .await?;
    reply(&client)
}

/// `POST /admin/v1/clients/{client_id}/revoke-tokens`: all tokens that the client got so far.
async fn post_revoke_tokens(
    call: Call,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "")?;
    let digest = read_nothing(call.headers(), payload, MAX_JSON_BYTES).await?;
    let client_id = client_id(&path)?;
    let expected = Expected::if_sent(&call);
    let act = call.act();
    key.once(&call, digest, async |db| {
        expected.check(&client_tag(&clients::lock_client(db, &client_id).await?)?)?;
        clients::revoke_client_tokens(db, &act, &client_id).await?;
        reply(&clients::find_client(db, &client_id).await?)
    })
    .await
}
