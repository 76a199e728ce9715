//! `/platform/v1/invitations/{id}/reports`: by URL, or by upload.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::invitations::invitation_id;
use crate::api::call::{BodyDigest, Reply, acting, answer, finish, read_json};
use crate::api::guard::Access;
use crate::api::guard::scopes::Platform;
use crate::api::idempotency::Key;
use crate::app::App;
use crate::audit::Act;
use crate::ids::ReportId;
use crate::recruiting;
use crate::recruiting::reports::{
    LinkedReport, MAX_REPORT_BYTES, MediaType, NewReport, Upload, add_linked_report, begin_upload,
    finish_upload,
};
use crate::wire::body::{BodyError, is_media_type};
use crate::wire::chunks::Chunks;
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

/// The report is where Talentsoft fetches it.
fn created(call: &Call<'_>, report_id: ReportId) -> Result<Reply, Error> {
    let invitation_id = invitation_id(call.path)?;
    let location = format!("/assessments/invitations/{invitation_id}/reports/{report_id}");
    Reply::created(&ReportBody { report_id }, location)
}

/// `POST /platform/v1/invitations/{id}/reports`: what the body is says its media type.
async fn post_report(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let payload = payload.into_inner();
    answer(&access, &request, async {
        let acting = acting(&app, &access);
        let is_upload = |media_type: &MediaType| is_media_type(request.headers(), media_type.as_str());
        let call = Call {
            app: &app,
            acting: &acting,
            request: &request,
            path: &path,
        };
        match MediaType::ALL.into_iter().find(is_upload) {
            Some(media_type) => {
                let key = Key::of(access.client_id(), &request, media_type.as_str())?;
                upload(call, key, media_type, payload).await
            }
            None => {
                let key = Key::of(access.client_id(), &request, "application/json")?;
                link(call, key, payload).await
            }
        }
    })
    .await
}

/// What both ways need.
struct Call<'a> {
    app: &'a App,
    acting: &'a Act,
    request: &'a HttpRequest,
    path: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkedBody {
    name: String,
    url: String,
    #[serde(default)]
    is_global: bool,
}

async fn link(call: Call<'_>, key: Key<'_>, payload: Payload) -> Result<Reply, Error> {
    let (body, digest) = match read_json::<LinkedBody>(call.request, payload).await {
        Err(Error::Recruiting(recruiting::Error::Body(BodyError::MediaType(_)))) => {
            let taken = "application/json, application/pdf or text/html";
            return Err(BodyError::MediaType(taken).into());
        }
        read => read?,
    };
    key.once(call.app, digest, async |connection| {
        described(call.request)?;
        let new = NewReport::new(&body.name, body.is_global)?;
        let linked = LinkedReport::new(new, &body.url)?;
        let invitation_id = invitation_id(call.path)?;
        let report_id = add_linked_report(connection, call.acting, invitation_id, &linked).await?;
        created(&call, report_id)
    })
    .await
}

/// Takes the document chunk by chunk, then shows it. Under a key also what is refused from the start is read to its end: the
/// key is for one body, and whether it is this one only its digest says.
async fn upload(
    call: Call<'_>,
    key: Key<'_>,
    media_type: MediaType,
    payload: Payload,
) -> Result<Reply, Error> {
    let length = call.request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > MAX_REPORT_BYTES) {
        return Err(BodyError::TooLarge.into());
    }
    let begun = match begin(&call, media_type).await {
        Err(error) if key.is_sent() && error.is_refusal() => Err(error),
        begun => Ok(begun?),
    };
    let chunks = Chunks::new(payload, MAX_REPORT_BYTES);
    let (begun, digest) = receive(call.app, begun, chunks).await?;
    let received = begun.as_ref().ok().cloned();
    let reply = key
        .once(call.app, digest, async |connection| {
            let upload = begun?;
            let report_id = finish_upload(connection, call.acting, &upload).await?;
            created(&call, report_id)
        })
        .await;
    let is_shown = reply.as_ref().is_ok_and(Reply::is_news);
    if let Some(upload) = received.filter(|_| !is_shown) {
        discard(call.app, upload).await;
    }
    reply
}

/// What the query says of an upload. It is checked beside a JSON body too, which says the same itself.
fn described(request: &HttpRequest) -> Result<NewReport, Error> {
    let query = Query::parse(request.query_string(), &["name", "is_global"])?;
    let is_global = match query.get("is_global") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Error::InvalidParameter("is_global is true or false")),
    };
    let name = query.get("name").unwrap_or(DEFAULT_NAME);
    Ok(NewReport::new(name, is_global)?)
}

async fn begin(call: &Call<'_>, media_type: MediaType) -> Result<Upload, Error> {
    let new = described(call.request)?;
    let invitation_id = invitation_id(call.path)?;
    Ok(begin_upload(&call.app.db, call.acting, invitation_id, &new, media_type).await?)
}

/// Reads the body to its end, and writes it where an upload was begun.
async fn receive(
    app: &App,
    mut begun: Result<Upload, Error>,
    mut chunks: Chunks,
) -> Result<(Result<Upload, Error>, BodyDigest), Error> {
    let mut digest = Context::new(&SHA256);
    let received = async {
        while let Some(chunk) = chunks.next().await? {
            digest.update(&chunk);
            if let Ok(upload) = &mut begun {
                upload.write(&app.db, &chunk).await?;
            }
        }
        Ok(())
    };
    match (received.await, begun) {
        (Ok(()), begun) => Ok((begun, finish(&digest.finish()))),
        (Err(error), begun) => {
            if let Ok(upload) = begun {
                discard(app, upload).await;
            }
            Err(error)
        }
    }
}

/// Forgets an upload; what cannot be forgotten now is forgotten by housekeeping.
async fn discard(app: &App, upload: Upload) {
    let _ = upload.discard(&app.db).await;
}
