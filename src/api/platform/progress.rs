//! `/platform/v1/invitations/{id}/status` and `…/result`.

use actix_web::web;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::Error;
use super::invitations::invitation_id;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::{JsonError, read_json};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::recruiting::invitations::{InvitationResult, Status};
use crate::recruiting::progress::{self, change_status, put_result};
use crate::text::json_error;
use crate::wire::query::Query;

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
async fn post_status(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<StatusBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        Reply::ok(&change_status(db, &act, invitation_id(&path)?, body.status).await?)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreBody {
    name: String,
    score: f64,
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
    fn read(self) -> Result<InvitationResult, Error> {
        let mut scores = Vec::new();
        for (at, score) in self.scores.into_iter().enumerate() {
            let score: ScoreBody = serde_json::from_value(Value::Object(score))
                .map_err(|error| JsonError::Invalid(format!("scores[{at}]: {}", json_error(&error))))?;
            scores.push((score.name, score.score));
        }
        let result = InvitationResult::new(self.overall_score, scores, self.video_url.as_deref());
        Ok(result.map_err(progress::Error::from)?)
    }
}

/// `PUT /platform/v1/invitations/{id}/result`.
async fn put_result_of(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<ResultBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let result = body.read()?;
    let invitation_id = invitation_id(&path)?;
    let act = call.act();
    let changed = call
        .change(async |db| put_result(db, &act, invitation_id, &result).await)
        .await?;
    Reply::ok(&changed)
}
