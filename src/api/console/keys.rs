//! The keys that seal, without their bytes: replaced by new ones, and removed where one leaked.

use actix_web::{HttpResponse, web};
use console_pages::pages::{self, KeyPurpose, NewKey, RemoveKey};
use console_pages::{Form, Message, Section, errors, flashes, paths};

use super::{Admin, Error, Viewer, Visit, page};
use crate::keys::{self, KeyInfo, KeyState, Purpose, SealingKeyId};

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::KEYS).get(get_keys).head(get_keys))
        .service(page(paths::KEYS_NEW).get(get_new).head(get_new).post(post_new))
        .service(
            page(paths::KEY_REMOVE)
                .get(get_remove)
                .head(get_remove)
                .post(post_remove),
        );
}

/// `GET /keys`
async fn get_keys(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let act = visit.act();
    let (keys, dependents) = visit
        .read(async |db| {
            Ok::<_, keys::Error>((keys::list(db, &act).await?, keys::count_dependents(db).await?))
        })
        .await?;
    let dependents_of = |id| dependents.iter().find(|(known, _)| *known == id);
    let shown = keys.iter().map(|info| pages::Key {
        dependents: dependents_of(info.id).map(|(_, count)| *count),
        ..key(info)
    });
    visit.page(
        Section::Keys,
        &pages::Keys {
            keys: shown.collect(),
            master_key: visit.app().ring.master_key().id().to_string(),
        },
    )
}

fn key(key: &KeyInfo) -> pages::Key {
    pages::Key {
        key_id: key.id.to_string(),
        purpose: match key.purpose {
            Purpose::Token => KeyPurpose::Token,
            Purpose::Secret => KeyPurpose::Secret,
            Purpose::Link => KeyPurpose::Link,
        },
        state: match key.state {
            KeyState::Pending => pages::KeyState::Pending,
            KeyState::Active => pages::KeyState::Active,
            KeyState::OpensOnly => pages::KeyState::OpensOnly,
        },
        master_key: key.master_key_id.clone(),
        created_at: key.created_at,
        active_at: key.active_at,
        dependents: None,
    }
}

/// `GET /keys/new`
async fn get_new(visit: Visit<Admin>) -> Result<HttpResponse, Error> {
    visit.page(Section::Keys, &NewKey::default())
}

/// `POST /keys/new`: what earlier keys sealed stays valid.
async fn post_new(mut visit: Visit<Admin>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "key-new", &["purpose"]).await?;
    visit
        .require_elevation(Section::Keys, &fields, ("key-new", &["purpose"]))
        .await?;
    let Ok(purpose) = fields.get("purpose").parse::<Purpose>() else {
        let form = Form::new().error("purpose", Message::text(errors::CHOICE));
        return visit.page(Section::Keys, &NewKey { form });
    };
    let (act, app) = (visit.act(), visit.shared_app());
    visit
        .change_once(&fields, async |db| {
            keys::rotate(db, &act, app.ring.master_key(), purpose)
                .await
                .map(drop)
        })
        .await?;
    Ok(visit.see_other(paths::KEYS, Some(flashes::KEY_MADE)))
}

/// `GET /keys/{key_id}/remove`
async fn get_remove(visit: Visit<Admin>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let key = find(&visit, &path).await?;
    let form = Form::new();
    visit.page(Section::Keys, &RemoveKey { key, form })
}

/// The key of a path.
async fn find(visit: &Visit<Admin>, path: &str) -> Result<pages::Key, Error> {
    let act = visit.act();
    let keys = visit.read(async |db| keys::list(db, &act).await).await?;
    let found = keys.iter().find(|key| key.id.to_string() == path);
    found.map(key).ok_or(Error::NotFound)
}

/// `POST /keys/{key_id}/remove`: every replica refuses what the key sealed within a second.
async fn post_remove(
    mut visit: Visit<Admin>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "key-remove", &["reference"]).await?;
    visit
        .require_elevation(Section::Keys, &fields, ("key-remove", &["reference"]))
        .await?;
    let key = match find(&visit, &path).await {
        Ok(key) => key,
        Err(error) => {
            visit.came_of::<()>(&fields, error).await?;
            return Ok(visit.see_other(paths::KEYS, Some(flashes::KEY_REMOVED)));
        }
    };
    let wrong = |message| {
        let form = fields
            .shown(&["reference"])
            .error("reference", Message::text(message));
        visit.page(
            Section::Keys,
            &RemoveKey {
                key: key.clone(),
                form,
            },
        )
    };
    if fields.get("reference").trim() != key.key_id {
        return wrong(errors::REFERENCE);
    }
    let key_id: SealingKeyId = path.parse().map_err(|_| Error::NotFound)?;
    let act = visit.act();
    let removed = visit
        .change_once(&fields, async |db| keys::retire(db, &act, key_id).await)
        .await;
    match removed {
        Ok(()) => Ok(visit.see_other(paths::KEYS, Some(flashes::KEY_REMOVED))),
        Err(keys::Error::Failure(failure)) => Err(failure.into()),
        Err(_) => wrong(errors::KEY_NEEDED),
    }
}

impl From<keys::Error> for Error {
    fn from(error: keys::Error) -> Self {
        match error {
            keys::Error::Failure(failure) => Self::Failure(failure),
            _ => Self::Invalid,
        }
    }
}
