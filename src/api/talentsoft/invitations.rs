//! `/videos/interviews`, `/assessments/invitations`: inviting candidates, and how far they are (contract s4, s5).

use actix_web::{Resource, web};

use super::error::Error;
use super::refresh::{Dialect, refresh};
use super::{Assessments, Videos};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::recruiting::invitations::{Batch, Inviter, RefreshQuery, invite, read_rows};
use crate::wire::body::read_json;

/// Longest batch, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Registers the endpoints; `/interview` is the guide's short name.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(invitations::<Videos>("/videos/interviews"))
        .service(invitations::<Videos>("/interview"))
        .service(invitations::<Assessments>("/assessments/invitations"));
}

fn invitations<D: Dialect>(path: &str) -> Resource {
    web::resource(path)
        .post(post_invitations::<D>)
        .get(get_invitations::<D>)
        .head(get_invitations::<D>)
}

/// Invites candidates, and answers row by row.
async fn post_invitations<D: Dialect>(call: Call<D>, payload: web::Payload) -> Result<Reply, Error> {
    let inviter = Inviter {
        client_id: call.caller().client_id(),
        customer_id: call.customer_id()?,
        kind: D::KIND,
        now: call.app().clock.now(),
        user: call.caller().current_user.as_ref(),
    };
    let recruiting = &call.app().recruiting;
    let body = read_json(call.headers(), payload.into_inner(), MAX_BYTES).await?;
    let sent = read_rows(recruiting, inviter.client_id, &Batch::parse(&body)?).await?;
    let outcomes = invite(recruiting, call.db(), &inviter, &sent).await?;
    let rows = sent.iter().zip(&outcomes);
    let rows: Vec<_> = rows.map(|(sent, outcome)| D::row(sent, outcome)).collect();
    Reply::ok(&rows)
}

/// Where invitations stand.
async fn get_invitations<D: Dialect>(call: Call<D>) -> Result<Reply, Error> {
    let customer_id = call.customer_id()?;
    let query = RefreshQuery::parse(call.query())?;
    let public_url = &call.app().settings.public_url;
    let (states, next) = refresh::<D>(call.db(), customer_id, &query, public_url.as_str()).await?;
    Ok(Reply::ok::<Error>(&states)?.with_next(next))
}
