//! `/platform/v1/profiles/{subdomain}`: the profiles that the customer's clients list, written by the platform.

mod batch;

use actix_web::web;

use super::Call;
use super::error::Error;
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::profiles::{
    self, Document, InstitutionUserId, InvalidDocument, Profile, PutProfile, SubdomainName, delete_profile,
    find_profile, lock_profile, put_profiles,
};
use crate::wire::body;
use crate::wire::query::Query;

use self::batch::{Batch, MAX_BATCH_BYTES};

/// Most bytes of one profile: its further attributes, however they are indented, and the known ones.
const MAX_PROFILE_BYTES: usize = 128 * 1024;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/platform/v1/profiles/{subdomain}").post(post_profiles))
        .service(
            web::resource("/platform/v1/profiles/{subdomain}/{institution_user_id}")
                .get(get_profile)
                .head(get_profile)
                .put(put_profile)
                .patch(patch_profile)
                .delete(delete_profile_of),
        );
}

/// The subdomain in a path; what is none names none that there is.
fn subdomain(path: &str) -> Result<SubdomainName, profiles::Error> {
    path.parse().map_err(|_| profiles::Error::UnknownSubdomain)
}

/// Where a profile is read: the subdomain and the user; what is no id names nobody.
fn place(path: &(String, String)) -> Result<(SubdomainName, InstitutionUserId), profiles::Error> {
    let user_id = path.1.parse().map_err(|_| profiles::Error::UnknownProfile)?;
    Ok((subdomain(&path.0)?, user_id))
}

/// `GET /platform/v1/profiles/{subdomain}/{institution_user_id}`.
async fn get_profile(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (subdomain, user_id) = place(&path)?;
    let act = call.act();
    let profile = call
        .read_from_standby(async |db| find_profile(db, &act, &subdomain, &user_id).await)
        .await?;
    Reply::ok(&profile)
}

/// `PUT /platform/v1/profiles/{subdomain}/{institution_user_id}`: creates or replaces a profile.
async fn put_profile(
    call: Call,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let document = read_document(&call, payload, body::JSON).await?;
    let user_id: InstitutionUserId = path.1.parse().map_err(InvalidDocument::from)?;
    check_user(&document, &user_id)?;
    let (subdomain, act) = (subdomain(&path.0)?, call.act());
    let new = PutProfile {
        institution_user_id: user_id,
        content: document.content(act.now)?,
    };
    let (profile, is_new) = call
        .change(async |db| {
            let put = put_profiles(db, &act, &subdomain, std::slice::from_ref(&new)).await?;
            let put = put.first().copied().ok_or(profiles::Error::UnknownProfile)?;
            Ok::<_, Error>((new.into_profile(&put), put.is_new))
        })
        .await?;
    if is_new {
        return Reply::created(&profile, locate(&call, &subdomain, &profile));
    }
    Reply::ok(&profile)
}

/// Where the customer's clients find a profile.
fn locate(call: &Call, subdomain: &SubdomainName, profile: &Profile) -> String {
    let path = format!("/profiles/{subdomain}/{}", profile.profile_id);
    call.app().settings.public_url.join(&path)
}

/// `PATCH /platform/v1/profiles/{subdomain}/{institution_user_id}`: a JSON merge patch (RFC 7396).
async fn patch_profile(
    call: Call,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let patch = read_document(&call, payload, body::JSON_OR_MERGE_PATCH).await?;
    let (subdomain, user_id) = place(&path)?;
    check_user(&patch, &user_id)?;
    let act = call.act();
    let profile = call
        .change(async |db| {
            let present = lock_profile(db, &act, &subdomain, &user_id).await?;
            let mut document = Document::of(&present)?;
            document.merge(patch)?;
            let changed = PutProfile {
                institution_user_id: user_id,
                content: document.content(act.now)?,
            };
            let put = put_profiles(db, &act, &subdomain, std::slice::from_ref(&changed)).await?;
            let put = put.first().copied().ok_or(profiles::Error::UnknownProfile)?;
            Ok::<_, Error>(changed.into_profile(&put))
        })
        .await?;
    Reply::ok(&profile)
}

/// `DELETE /platform/v1/profiles/{subdomain}/{institution_user_id}`.
async fn delete_profile_of(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (subdomain, user_id) = place(&path)?;
    let act = call.act();
    call.change(async |db| delete_profile(db, &act, &subdomain, &user_id).await)
        .await?;
    Ok(Reply::no_content())
}

/// `POST /platform/v1/profiles/{subdomain}`: creates or replaces up to 500 profiles, answered row by row.
async fn post_profiles(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let bytes = body::read_json(call.headers(), payload.into_inner(), MAX_BATCH_BYTES).await?;
    let digest = crate::api::call::digest_of(&bytes);
    let act = call.act();
    let batch = Batch::parse(&bytes)?.read(act.now);
    key.once(&call, digest, async |db| {
        let put = put_profiles(db, &act, &subdomain(&path)?, batch.profiles()).await?;
        Reply::ok(&batch.results(&put))
    })
    .await
}

/// Reads the body of one profile.
async fn read_document(
    call: &Call,
    payload: web::Payload,
    media_type: body::JsonTypes,
) -> Result<Document, Error> {
    let bytes = body::read_json_as(
        call.headers(),
        payload.into_inner(),
        MAX_PROFILE_BYTES,
        media_type,
    )
    .await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| InvalidDocument::NotAnObject)?;
    Ok(Document::parse(text)?)
}

/// Refuses a body that names another user than the path.
fn check_user(document: &Document, user_id: &InstitutionUserId) -> Result<(), Error> {
    match document.institution_user_id()? {
        Some(named) if named != *user_id => Err(Error::OtherUserId),
        Some(_) | None => Ok(()),
    }
}
