//! `/platform/v1/invitations/{id}/status` and `…/result`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::invitations::invitation_id;
use crate::api::call::{Reply, acting, answer, read_json};
use crate::api::guard::Access;
use crate::api::guard::scopes::Platform;
use crate::api::idempotency::Key;
use crate::app::App;
use crate::recruiting::Error;
use crate::recruiting::invitations::Status;
use crate::recruiting::progress::{NewResult, Score, change_status, put_result};
use crate::wire::body::json_error;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/platform/v1/invitations/{invitation_id}/status").post(post_status))
        .service(web::resource("/platform/v1/invitations/{invitation_id}/result").put(put_result_of));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusBody {
    status: Status,
}

/// `POST /platform/v1/invitations/{id}/status`.
async fn post_status(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    answer(&access, &request, async {
        let key = Key::of(access.client_id(), &request, "application/json")?;
        let (body, digest) = read_json::<StatusBody>(&request, payload.into_inner()).await?;
        let acting = acting(&app, &access);
        key.once(&app, digest, async |connection| {
            Reply::ok(&change_status(connection, &acting, invitation_id(&path)?, body.status).await?)
        })
        .await
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultBody {
    overall_score: Option<f64>,
    /// Objects, for what is derived for a structure would also take an array of its members.
    #[serde(default)]
    scores: Vec<Map<String, Value>>,
    video_url: Option<String>,
}

impl ResultBody {
    fn read(self) -> Result<NewResult, Error> {
        let scores: Result<Vec<Score>, _> = self
            .scores
            .into_iter()
            .map(|score| serde_json::from_value(Value::Object(score)))
            .collect();
        let scores = scores.map_err(|error| Error::InvalidJson(json_error(&error)))?;
        NewResult::new(self.overall_score, scores, self.video_url.as_deref())
    }
}

/// `PUT /platform/v1/invitations/{id}/result`.
async fn put_result_of(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    answer(&access, &request, async {
        let (body, _) = read_json::<ResultBody>(&request, payload.into_inner()).await?;
        let result = body.read()?;
        let invitation_id = invitation_id(&path)?;
        let acting = acting(&app, &access);
        let changed = app
            .db
            .transaction(async |transaction| put_result(transaction, &acting, invitation_id, &result).await)
            .await?;
        Reply::ok(&changed)
    })
    .await
}
