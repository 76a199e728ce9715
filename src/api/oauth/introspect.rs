//! `POST /introspect` (RFC 7662): for a client with its credentials, or for the bearer of a token with scope `introspect`.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::header::AUTHORIZATION;

use super::error::{Error, forbid_caching};
use super::presented::OAuthRequest;
use crate::api::guard::{Admission, Caller, Refusal};
use crate::clients::Scope;
use crate::oauth::grant::PresentedClient;
use crate::oauth::introspection::{Requester, introspect};

/// `POST /introspect`: what is sealed in an active token, or `{"active":false}`.
pub(super) async fn post_introspect(request: &OAuthRequest<'_>) -> Result<HttpResponse, Error> {
    let requester = match request.client()? {
        // A bearer token beside credentials may be one that the client sends with all its requests: it does not count.
        PresentedClient::Nothing | PresentedClient::ClientId(_) if has_bearer(request.head) => {
            Box::pin(admit_bearer_alone(request)).await?;
            Requester::Bearer
        }
        presented => Requester::Client(request.authenticate(presented).await?),
    };
    let token = request.required("token", "The parameter token is missing.")?;
    let answer = introspect(request.server(), &requester, token).await?;
    let mut response = HttpResponse::Ok();
    forbid_caching(&mut response);
    Ok(response.json(answer))
}

fn has_bearer(request: &RequestHead) -> bool {
    request.headers.get(AUTHORIZATION).is_some_and(|value| {
        let scheme = value.as_bytes().get(..6);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Bearer"))
    })
}

/// Admits the bearer of a token with scope `introspect`, if the request presents it once (RFC 6750 s2).
async fn admit_bearer_alone(request: &OAuthRequest<'_>) -> Result<Caller, Refusal> {
    if request.parameter("access_token").is_some() {
        return Err(Refusal::InvalidRequest(
            "Send the access token in the Authorization header only, and not as the parameter access_token too.",
        ));
    }
    let admission = Admission {
        server: request.server(),
        request: request.head,
        context: request.context,
        scope: Some(Scope::Introspect.into()),
    };
    admission.decide().await
}
