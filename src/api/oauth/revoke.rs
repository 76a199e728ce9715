//! `POST /revoke` (RFC 7009).

use actix_web::{HttpResponse, web};

use super::error::{Error, forbid_caching};
use super::presented::OAuthRequest;
use crate::oauth::revocation::revoke_own;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/revoke").post(post_revoke));
}

/// `POST /revoke`: 200 also for a token that is unknown or has expired (s2.2).
async fn post_revoke(request: OAuthRequest) -> Result<HttpResponse, Error> {
    let client = request.authenticated_client().await?;
    let token = request.required("token", "The parameter token is missing.")?;
    revoke_own(request.server(), &client, token).await?;
    let mut response = HttpResponse::Ok();
    forbid_caching(&mut response);
    Ok(response.finish())
}
