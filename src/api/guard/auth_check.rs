//! `GET /auth/check`: the guard alone, for a reverse proxy (`auth_request`), which understands 2xx, 401 and 403 only.

use actix_web::dev::RequestHead;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::admission::{Admission, Caller};
use super::refusal::Refusal;
use crate::clients::Scope;
use crate::oauth::AuthorizationServer;
use crate::wire::problem::Problem;
use crate::wire::query::parameter;
use crate::wire::refused::Refused;
use crate::wire::request_context::RequestContext;

const PATH: &str = "/auth/check";

/// Registers the route.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource(PATH).get(get_auth_check).head(get_auth_check));
}

/// `GET /auth/check`: 204 and who calls, or why not.
async fn get_auth_check(server: web::Data<AuthorizationServer>, request: HttpRequest) -> HttpResponse {
    let context = RequestContext::of(&request);
    match admission(&server, request.head(), &context) {
        Ok(admission) => respond(admission.decide().await),
        Err(problem) => refuse_scope(&problem),
    }
}

/// The same without the database and before the router; `None` where one of them is needed.
#[must_use]
pub fn check_from_memory(
    server: &AuthorizationServer,
    request: &RequestHead,
    context: &RequestContext,
) -> Option<HttpResponse> {
    if request.uri.path() != PATH || !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let admission = admission(server, request, context).ok()?;
    Some(respond(admission.decide_from_memory()?))
}

/// The admission that the request asks for; the query may demand a scope.
fn admission<'a>(
    server: &'a AuthorizationServer,
    request: &'a RequestHead,
    context: &'a RequestContext,
) -> Result<Admission<'a>, Problem> {
    let query = request.uri.query().unwrap_or_default();
    let scope: Option<Result<Scope, _>> = parameter(query, "scope").map(|text| text.parse());
    let unknown = |_| Problem::bad_request(UNKNOWN_SCOPE, "The parameter scope names no scope.");
    Ok(Admission {
        server,
        request,
        context,
        scope: scope.transpose().map_err(unknown)?,
    })
}

const UNKNOWN_SCOPE: &str = "unknown-scope";

fn refuse_scope(problem: &Problem) -> HttpResponse {
    Refused::because(UNKNOWN_SCOPE).mark(problem.respond())
}

fn respond(decided: Result<Caller, Refusal>) -> HttpResponse {
    match decided {
        Ok(caller) => let_through(&caller),
        Err(refusal) => {
            let status = match &refusal {
                // A request that presents its token in a wrong way presents none.
                Refusal::NoToken | Refusal::InvalidRequest(_) | Refusal::InvalidToken(_) => {
                    StatusCode::UNAUTHORIZED
                }
                Refusal::InsufficientScope(_)
                | Refusal::InvalidCurrentUser
                | Refusal::OtherUser
                | Refusal::NoCustomer
                | Refusal::RateLimitExceeded(_) => StatusCode::FORBIDDEN,
                Refusal::Failure(_) => refusal.status(),
            };
            // The problem says the status that is sent (R71).
            refusal.complete(refusal.problem().with_status(status).respond())
        }
    }
}

/// The response that admits a call: it says who calls, for the service behind the proxy. Header fields without a value are
/// left out.
fn let_through(caller: &Caller) -> HttpResponse {
    const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");
    const X_TOKEN_SCOPE: HeaderName = HeaderName::from_static("x-token-scope");
    const X_CUSTOMER_ID: HeaderName = HeaderName::from_static("x-customer-id");
    const X_USER_EMAIL: HeaderName = HeaderName::from_static("x-user-email");
    let mut response = HttpResponse::NoContent();
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let mut add = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            response.insert_header((name, value));
        }
    };
    add(X_CLIENT_ID, caller.client_id().as_str());
    add(X_TOKEN_SCOPE, &caller.token.scopes.joined());
    if let Some(customer_id) = caller.token.customer_id {
        let mut text = Uuid::encode_buffer();
        add(
            X_CUSTOMER_ID,
            customer_id.0.as_hyphenated().encode_lower(&mut text),
        );
    }
    if let Some(user) = &caller.current_user {
        add(X_USER_EMAIL, user.as_str());
    }
    response.finish()
}
