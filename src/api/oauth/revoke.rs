//! `POST /revoke` (RFC 7009).

use actix_web::HttpResponse;

use super::error::{Error, forbid_caching};
use super::presented::OAuthRequest;
use crate::audit::{Act, Actor};
use crate::oauth::revocation::{find_own, revoke_with_others};

/// `POST /revoke`: 200 also for a token that is unknown or has expired (s2.2).
pub(super) async fn post_revoke(request: &OAuthRequest<'_>) -> Result<HttpResponse, Error> {
    let client = request.authenticated_client().await?;
    let token = request.required("token", "The parameter token is missing.")?;
    let server = request.server();
    if let Some(token) = find_own(server, &client, token)? {
        let actor = Actor::Client(token.client_id.clone());
        let act = Act::new(actor, server.clock.database_now());
        revoke_with_others(server, &act, &token).await?;
    }
    let mut response = HttpResponse::Ok();
    forbid_caching(&mut response);
    Ok(response.finish())
}
