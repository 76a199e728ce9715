//! `/platform/v1/invitations/{id}/reports`: by URL, or by upload.

use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::web;
use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::error::Error;
use super::invitations::invitation_id;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::{BodyDigest, JsonError, digest_bytes, read_json};
use crate::api::idempotency::Key;
use crate::api::problems::{ApiError, RefusalCause};
use crate::api::reply::Reply;
use crate::ids::ReportId;
use crate::recruiting::reports::{
    self, LinkedReport, MAX_REPORT_BYTES, MediaType, NewReport, Upload, abandon_upload, add_linked_report,
    begin_upload, delete_detached, finish_upload,
};
use crate::wire::body::BodyError;
use crate::wire::chunks::Chunks;
use crate::wire::content_type::ContentType;
use crate::wire::query::Query;

/// What an upload is called whose name is not said.
const DEFAULT_NAME: &str = "Report";

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/platform/v1/invitations/{invitation_id}/reports").post(post_report));
}

#[derive(Serialize)]
struct ReportBody {
    report_id: ReportId,
}

/// 201, and the URL at which Talentsoft fetches the report.
fn created(call: &Call, path: &str, report_id: ReportId) -> Result<Reply, Error> {
    let invitation_id = invitation_id(path)?;
    let public_url = &call.app().settings.public_url;
    let location = format!("/assessments/invitations/{invitation_id}/reports/{report_id}");
    Reply::created(&ReportBody { report_id }, public_url.join(&location))
}

/// `POST /platform/v1/invitations/{id}/reports`: the media type says whether the body is the document or names its URL.
async fn post_report(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    let Some((media_type, content_type)) = uploaded(call.headers()) else {
        return link(&call, &path, payload).await;
    };
    if media_type == MediaType::Html {
        content_type.check_charset()?;
    }
    upload(&call, &path, media_type, payload).await
}

/// What kind of document the body is, if it is one.
fn uploaded(headers: &HeaderMap) -> Option<(MediaType, ContentType<'_>)> {
    let content_type = ContentType::of(headers)?;
    let is_it = |media_type: &MediaType| content_type.is(media_type.as_str());
    let media_type = MediaType::VARIANTS.iter().copied().find(is_it)?;
    Some((media_type, content_type))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkedBody {
    name: String,
    url: String,
    #[serde(default)]
    is_global: bool,
}

impl LinkedBody {
    fn read(&self) -> Result<LinkedReport, reports::Error> {
        Ok(LinkedReport {
            new: NewReport {
                name: self.name.parse()?,
                is_global: self.is_global,
            },
            url: self.url.parse()?,
        })
    }
}

async fn link(call: &Call, path: &str, payload: web::Payload) -> Result<Reply, Error> {
    let key = Key::of(call, "application/json")?;
    let read = read_json::<LinkedBody>(call.headers(), payload, MAX_JSON_BYTES).await;
    let (body, digest) = read.map_err(|error| match error {
        JsonError::Body(BodyError::MediaType(_)) => {
            BodyError::MediaType("application/json, application/pdf or text/html").into()
        }
        other => other,
    })?;
    let act = call.act();
    key.once(call, digest, async |db| {
        described(call)?;
        let report_id = add_linked_report(db, &act, invitation_id(path)?, &body.read()?).await?;
        created(call, path, report_id)
    })
    .await
}

/// Takes the document chunk by chunk, then shows it.
///
/// Under a key also what is refused from the start is read to its end: the key is for one body, and whether it is this one
/// only its digest says. What is refused now may have been done under the key before, and then that reply is given again.
async fn upload(
    call: &Call,
    path: &str,
    media_type: MediaType,
    payload: web::Payload,
) -> Result<Reply, Error> {
    let key = Key::of(call, media_type.as_str())?;
    let length = call.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > MAX_REPORT_BYTES) {
        return Err(BodyError::TooLarge.into());
    }
    let chunks = Chunks::new(call.headers(), payload.into_inner(), MAX_REPORT_BYTES)?;
    let begun = match begin(call, path, media_type).await {
        Err(error) if key.is_sent() && is_refusal(&error) => Err(error),
        begun => Ok(begun?),
    };
    let (begun, digest) = receive(call, begun, chunks).await?;
    let received = begun.as_ref().ok().cloned();
    let act = call.act();
    let reply = key
        .once(call, digest, async |db| {
            let report_id = finish_upload(db, &act, &begun?).await?;
            created(call, path, report_id)
        })
        .await;
    let is_shown = reply.as_ref().is_ok_and(Reply::is_new);
    if let Some(upload) = received.filter(|_| !is_shown) {
        discard(call, &upload).await;
    }
    reply
}

/// Whether the service refused, rather than failed.
fn is_refusal(error: &Error) -> bool {
    matches!(error.cause(), RefusalCause::Refused(..))
}

/// What the query says of an upload. It is checked beside a JSON body too, which says the same itself.
fn described(call: &Call) -> Result<NewReport, Error> {
    let query = Query::parse(call.query(), &["name", "is_global"])?;
    let is_global = match query.get("is_global") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Error::InvalidParameter("is_global must be true or false")),
    };
    let name = query.get("name").unwrap_or(DEFAULT_NAME).parse();
    Ok(NewReport {
        name: name.map_err(reports::Error::from)?,
        is_global,
    })
}

async fn begin(call: &Call, path: &str, media_type: MediaType) -> Result<Upload, Error> {
    let new = described(call)?;
    let (act, invitation_id) = (call.act(), invitation_id(path)?);
    let begun = call.change(async |db| begin_upload(db, &act, invitation_id, &new, media_type).await);
    Ok(begun.await?)
}

/// Reads the body to its end, and writes it where an upload was begun.
async fn receive(
    call: &Call,
    mut begun: Result<Upload, Error>,
    mut chunks: Chunks,
) -> Result<(Result<Upload, Error>, BodyDigest), Error> {
    let mut digest = Context::new(&SHA256);
    let received = async {
        while let Some(chunk) = chunks.next().await? {
            digest.update(&chunk);
            if let Ok(upload) = &mut begun {
                call.change_in_one_statement(async |db| upload.write(db, &chunk).await)
                    .await?;
            }
        }
        Ok(())
    };
    match (received.await, begun) {
        (Ok(()), begun) => Ok((begun, digest_bytes(&digest.finish()))),
        (Err(error), begun) => {
            if let Ok(upload) = begun {
                discard(call, &upload).await;
            }
            Err(error)
        }
    }
}

/// Deletes an upload; what cannot be deleted now is deleted by housekeeping.
async fn discard(call: &Call, upload: &Upload) {
    let abandoned = call.change_in_one_statement(async |db| abandon_upload(db, upload).await);
    if let Ok(detached) = abandoned.await {
        delete_detached(call.db(), &detached).await;
    }
}
