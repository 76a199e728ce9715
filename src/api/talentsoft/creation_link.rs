//! `GET /videos/campaigncreationlink`, `/assessments/campaigncreationlink`: where recruiters make campaigns (contract s4).

use actix_web::{Resource, web};
use serde_json::json;

use super::error::Error;
use super::{Api, Assessments, Videos};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::recruiting::creation_links::find_creation_link;
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(creation_link::<Videos>("/videos/campaigncreationlink"))
        .service(creation_link::<Videos>("/campaigncreationlink"))
        .service(creation_link::<Assessments>("/assessments/campaigncreationlink"));
}

fn creation_link<A: Api>(path: &str) -> Resource {
    web::resource(path)
        .get(get_creation_link::<A>)
        .head(get_creation_link::<A>)
}

/// The link for the caller's customer and user.
async fn get_creation_link<A: Api>(call: Call<A>) -> Result<Reply, Error> {
    let customer_id = call.customer_id()?;
    Query::expect_none(call.query())?;
    let user = call.caller().current_user.as_ref();
    let link = call
        .read(async |db| find_creation_link(db, customer_id, A::KIND, user).await)
        .await?;
    Reply::ok(&json!({ "campaign_creation_link": link }))
}
