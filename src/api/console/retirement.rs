//! A secret of a client that is retired, and one whose retirement is taken back.

use actix_web::{HttpResponse, web};
use console_pages::pages::{RetireSecret, Secret, SecretState};
use console_pages::{Form, Section, flashes, paths};
use sqlx::PgConnection;

use super::clients::client_id;
use super::secrets::read_secrets;
use super::{Error, Operator, Visit, client_form, page};
use crate::audit::Act;
use crate::clients::{self, Enabled, Retirement};
use crate::ids::{ClientId, SecretId};

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            page(paths::CLIENT_SECRET_RETIRE)
                .get(get_retire)
                .head(get_retire)
                .post(post_retire),
        )
        .service(page(paths::CLIENT_SECRET_RESTORE).post(post_restore));
}

/// A client and one of its secrets, as a path names them.
fn ids(path: &(String, String)) -> Result<(ClientId, SecretId), Error> {
    let secret_id = path.1.parse().map_err(|_| Error::NotFound)?;
    Ok((client_id(&path.0)?, secret_id))
}

/// `GET /clients/{client_id}/secrets/{secret_id}/retire`
async fn get_retire(
    visit: Visit<Operator>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (client_id, secret_id) = ids(&path)?;
    let act = visit.act();
    let (client, secrets) = visit
        .read(async |db| {
            let client = clients::find_client(db, &client_id).await?;
            Ok::<_, Error>((client, read_secrets(db, &act, &client_id).await?))
        })
        .await?;
    let secret_id = secret_id.to_string();
    let live = secrets.iter().filter(|secret| secret.state == SecretState::Live);
    let is_last = live.clone().all(|secret| secret.secret_id == secret_id);
    let secret = live.clone().find(|secret| secret.secret_id == secret_id).cloned();
    let secret = secret.ok_or(Error::NotFound)?;
    let is_restored_here = client_form::refuse_admin(&client, Enabled::Yes).is_ok();
    let retire = RetireSecret {
        client_id: client_id.to_string(),
        restorable_seconds: is_restored_here.then(|| restorable_seconds(&visit, &secret)),
        secret,
        is_last,
        form: Form::new(),
    };
    visit.page(Section::Clients, &retire)
}

/// For how long the retirement of a secret could be taken back.
fn restorable_seconds(visit: &Visit<Operator>, secret: &Secret) -> i64 {
    let left = secret.expires_at.map(|expires_at| expires_at - visit.now());
    left.unwrap_or(clients::RESTORABLE_FOR)
        .min(clients::RESTORABLE_FOR)
        .num_seconds()
}

/// `POST /clients/{client_id}/secrets/{secret_id}/retire`: where it leaked, for good and with all tokens.
async fn post_retire(
    mut visit: Visit<Operator>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let (client_id, secret_id) = ids(&path)?;
    let fields = visit.form(payload, "secret-retire", &["mode"]).await?;
    visit
        .require_elevation(Section::Clients, &fields, ("secret-retire", &["mode"]))
        .await?;
    let retirement = match fields.get("mode") {
        "retire" => Retirement::Restorable,
        "leaked" => Retirement::Final,
        _ => return Err(Error::Invalid),
    };
    let act = visit.act();
    visit
        .change(async |db| {
            match clients::retire_secret(db, &act, &client_id, secret_id, retirement).await {
                // The form was sent twice, or somebody else was faster.
                Err(clients::Error::UnknownSecret(..))
                    if is_retired(db, &act, &client_id, secret_id).await? => {}
                retiring => retiring?,
            }
            if retirement == Retirement::Final {
                clients::revoke_client_tokens(db, &act, &client_id).await?;
            }
            Ok::<_, clients::Error>(())
        })
        .await?;
    Ok(visit.see_other(&paths::client_secrets(&path.0), Some(flashes::SECRET_RETIRED)))
}

async fn is_retired(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    secret_id: SecretId,
) -> Result<bool, clients::Error> {
    let secrets = clients::list_secrets(db, act, client_id).await?;
    let mut retired = secrets
        .iter()
        .filter(|secret| secret.state == clients::SecretState::Retired);
    Ok(retired.any(|secret| secret.secret_id == secret_id))
}

/// `POST /clients/{client_id}/secrets/{secret_id}/restore`
async fn post_restore(
    mut visit: Visit<Operator>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let (client_id, secret_id) = ids(&path)?;
    let fields = visit.form(payload, "secret-restore", &[]).await?;
    visit
        .require_elevation(Section::Clients, &fields, ("secret-restore", &[]))
        .await?;
    let act = visit.act();
    let restored = visit
        .change(async |db| {
            let client = clients::lock_client(db, &client_id).await?;
            if client_form::refuse_admin(&client, Enabled::Yes).is_err() {
                return Err(clients::Error::UnknownClient(client_id.clone()));
            }
            clients::restore_secret(db, &act, &client_id, secret_id).await
        })
        .await;
    let flash = match restored {
        Ok(_) => flashes::SECRET_RESTORED,
        Err(clients::Error::SecretNotRestorable(..)) => flashes::SECRET_NOT_RESTORABLE,
        Err(clients::Error::SecretExists(_)) => flashes::SECRET_EXISTS,
        Err(error) => return Err(error.into()),
    };
    Ok(visit.see_other(&paths::client_secrets(&path.0), Some(flash)))
}
