//! The guard alone, for a reverse proxy (`auth_request`), which understands 2xx, 401 and 403 only.

use actix_web::dev::RequestHead;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::bearer::{Guarded, Refusal, admit, admit_at_once};
use super::refusal::standing_headers;
use crate::app::App;
use crate::clients::Scope;
use crate::wire::form::query_parameter;
use crate::wire::problem::Problem;
use crate::wire::request_log::RequestContext;

/// Where it is asked.
pub const PATH: &str = "/auth/check";

/// `GET /auth/check`: 204 and who calls, or why not.
pub async fn get_auth_check(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let trace = RequestContext::of(&request);
    match demanded_scope(request.head()) {
        Ok(scope) => {
            let result = admit(&app, request.head(), &trace, scope).await;
            answer(result, &app, &trace)
        }
        Err(problem) => problem.respond(),
    }
}

/// The same, without a word to the database or to the router; `None` where that does not do.
#[must_use]
pub fn check_at_once(
    app: &web::Data<App>,
    request: &RequestHead,
    trace: &RequestContext,
) -> Option<HttpResponse> {
    if request.uri.path() != PATH || !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let scope = demanded_scope(request).ok()?;
    let result = admit_at_once(app, request, trace, scope)?;
    Some(answer(result, app, trace))
}

/// The scope that the query demands, if it does.
fn demanded_scope(request: &RequestHead) -> Result<Option<Scope>, Problem> {
    let query = request.uri.query().unwrap_or_default();
    let scope = query_parameter(query, "scope").map(|text| text.parse());
    scope
        .transpose()
        .map_err(|_| Problem::bad_request("unknown-scope", "The parameter scope names no scope."))
}

fn answer(result: Result<Guarded, Refusal>, app: &App, trace: &RequestContext) -> HttpResponse {
    let refusal = match result {
        Ok(call) => return let_through(&call),
        Err(refusal) => refusal,
    };
    refusal.note(app, trace);
    let status = match &refusal {
        Refusal::NoToken | Refusal::InvalidRequest(_) | Refusal::InvalidToken(_) => StatusCode::UNAUTHORIZED,
        Refusal::InsufficientScope(_)
        | Refusal::InvalidCurrentUser
        | Refusal::OtherUser
        | Refusal::NoCustomer
        | Refusal::RateLimitExceeded(_) => StatusCode::FORBIDDEN,
        Refusal::Failure(failure) => {
            StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    refusal.respond_with(status)
}

/// Who calls, for the backend behind the proxy; a header is absent where there is nothing to say.
fn let_through(call: &Guarded) -> HttpResponse {
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
    add(X_CLIENT_ID, call.client_id().as_str());
    add(X_TOKEN_SCOPE, &call.token.scopes.joined());
    if let Some(customer_id) = call.token.customer_id {
        let mut text = Uuid::encode_buffer();
        add(
            X_CUSTOMER_ID,
            customer_id.0.as_hyphenated().encode_lower(&mut text),
        );
    }
    if let Some(user) = &call.current_user {
        add(X_USER_EMAIL, user.as_str());
    }
    if let Some(standing) = call.standing {
        for header in standing_headers(standing, 1) {
            response.insert_header(header);
        }
    }
    response.finish()
}
