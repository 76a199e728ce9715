//! Invitations on the wire, as Talentsoft asks for them.

use actix_web::{HttpRequest, HttpResponse, web};

use super::dialect::{Dialect, refresh};
use super::{answer, customer_of, noted};
use crate::api::guard::Access;
use crate::api::guard::scopes::{Assessments, Videos};
use crate::app::App;
use crate::recruiting::invitations::{Batch, Inviter, RefreshQuery, invite, read_rows};
use crate::wire::body::read_json;

/// Longest batch, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Registers the endpoints; `/interview` is the guide's short name.
pub fn configure(config: &mut web::ServiceConfig) {
    for path in ["/videos/interviews", "/interview"] {
        config.service(invitations::<Videos>(path));
    }
    config.service(invitations::<Assessments>("/assessments/invitations"));
}

fn invitations<D: Dialect>(path: &str) -> actix_web::Resource {
    web::resource(path)
        .post(post_invitations::<D>)
        .get(get_invitations::<D>)
        .head(get_invitations::<D>)
}

/// `POST /videos/interviews`, `/assessments/invitations`: invites candidates, and answers row by row (contract s4, s5).
async fn post_invitations<D: Dialect>(
    app: web::Data<App>,
    access: Access<D>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let inviter = Inviter {
        client_id: access.client_id(),
        customer_id: customer_of(&access, &app, &request)?,
        kind: D::KIND,
        user: access.current_user.as_ref(),
    };
    let invite = async {
        let payload = payload.into_inner();
        let body = read_json(request.headers(), payload, MAX_BYTES).await?;
        let batch = Batch::parse(&body)?;
        let sent = read_rows(&app, inviter.client_id, &batch).await?;
        let outcomes = invite(&app, &inviter, &sent).await?;
        Ok((sent, outcomes))
    };
    let (sent, outcomes) = noted(&request, invite.await)?;
    let rows = sent
        .iter()
        .zip(&outcomes)
        .map(|(sent, outcome)| D::row(sent, outcome));
    Ok(answer(&access, &rows.collect::<Vec<_>>(), None))
}

/// `GET /videos/interviews`, `/assessments/invitations`: where invitations stand (contract s4, s5).
async fn get_invitations<D: Dialect>(
    app: web::Data<App>,
    access: Access<D>,
    request: HttpRequest,
) -> Result<HttpResponse, actix_web::Error> {
    let customer_id = customer_of(&access, &app, &request)?;
    let read = async {
        let query = RefreshQuery::parse(request.query_string())?;
        refresh::<D>(&app.db, customer_id, &query, &app.service.issuer).await
    };
    let (states, next) = noted(&request, read.await)?;
    Ok(answer(&access, &states, next.as_deref()))
}
