//! `GET /auth/check`: the guard alone, for a reverse proxy.
//!
//! nginx (`auth_request`) and Traefik (`forwardAuth`) ask at the path itself, by GET; the query may demand a scope. nginx
//! understands 2xx, 401 and 403 only.
//!
//! Envoy (`ext_authz`) appends the path and query of the caller's request to a prefix, keeps its method, lets nothing but 200
//! through, and passes every other answer on to the caller. What the caller writes must not choose the scope, so that stands
//! in the prefix: `/auth/check;scope=videos`.

use actix_web::dev::RequestHead;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::admission::{Admission, Caller, RequiredScope};
use super::refusal::Refusal;
use crate::clients::{Scope, ScopeSet};
use crate::oauth::AuthorizationServer;
use crate::wire::problem::Problem;
use crate::wire::query::{QueryError, only_parameter};
use crate::wire::refused::{Recorded, Refused};
use crate::wire::request_context::RequestContext;

const PATH: &str = "/auth/check";
/// The path with that of the caller's request appended.
const PREFIX: &str = "/auth/check{original:[;/].*}";

/// Registers the route that the proxies name.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource(PATH).get(get_auth_check).head(get_auth_check));
}

/// Registers the route to which a path is appended, for every method. It is a pattern, which the router compares with every
/// path that comes to it.
pub fn configure_prefix(config: &mut web::ServiceConfig) {
    config.service(
        web::resource(PREFIX)
            .get(get_auth_check)
            .head(get_auth_check)
            .post(get_auth_check)
            .put(get_auth_check)
            .patch(get_auth_check)
            .delete(get_auth_check)
            .default_service(web::to(get_auth_check)),
    );
}

/// `/auth/check`: 2xx and who calls, or why not.
async fn get_auth_check(server: web::Data<AuthorizationServer>, request: HttpRequest) -> HttpResponse {
    let context = RequestContext::of(&request);
    // The path without its escapes, as the router has matched it.
    let Some(check) = Check::of(request.match_info().as_str(), request.query_string()) else {
        return Problem::of_status(StatusCode::NOT_FOUND).respond();
    };
    match check.admission(&server, request.head(), &context) {
        Ok(admission) => check.respond(admission.decide().await),
        Err(error) => error.respond(),
    }
}

/// The same without the database and before the router, with the pattern of the route; `None` where one of them is needed.
#[must_use]
pub fn check_from_memory(
    server: &AuthorizationServer,
    request: &RequestHead,
    context: &RequestContext,
) -> Option<(HttpResponse, &'static str)> {
    let check = Check::of(request.uri.path(), request.uri.query().unwrap_or_default())?;
    if !check.takes(&request.method) {
        return None;
    }
    let admission = check.admission(server, request, context).ok()?;
    Some((check.respond(admission.decide_from_memory()?), check.route()))
}

/// What a proxy asks.
#[derive(Clone, Copy)]
enum Check<'a> {
    /// At the path itself, with this query.
    Exact(&'a str),
    /// At the path, with parameters after a semicolon and the caller's path and query appended.
    Appended(&'a str),
}

/// Why a scope cannot be demanded.
enum InvalidDemand {
    Query(QueryError),
    UnknownScope,
}

impl InvalidDemand {
    fn respond(&self) -> HttpResponse {
        let (name, detail) = match self {
            Self::Query(error) => (error.name(), error.to_string()),
            Self::UnknownScope => {
                let detail = format!("scope must be one of {}", ScopeSet::all());
                ("unknown-scope", detail)
            }
        };
        let refused = Refused {
            recorded: Recorded::Unproved,
            ..Refused::because(name)
        };
        refused.mark(Problem::bad_request(name, detail).respond())
    }
}

impl<'a> Check<'a> {
    /// What is asked at a path; `None` at another than those of this route.
    fn of(path: &'a str, query: &'a str) -> Option<Self> {
        let rest = path.strip_prefix(PATH)?;
        match rest.bytes().next() {
            None => Some(Self::Exact(query)),
            Some(b'/') => Some(Self::Appended("")),
            Some(b';') => rest
                .get(1..)
                .and_then(|rest| rest.split('/').next())
                .map(Self::Appended),
            Some(_) => None,
        }
    }

    fn takes(self, method: &Method) -> bool {
        match self {
            Self::Exact(_) => matches!(*method, Method::GET | Method::HEAD),
            Self::Appended(_) => true,
        }
    }

    fn route(self) -> &'static str {
        match self {
            Self::Exact(_) => PATH,
            Self::Appended(_) => PREFIX,
        }
    }

    /// The scope that the proxy demands.
    fn scope(self) -> Result<Option<Scope>, InvalidDemand> {
        let (Self::Exact(parameters) | Self::Appended(parameters)) = self;
        let scope = match only_parameter(parameters, "scope") {
            // The guard refuses a token there.
            Err(QueryError::Unknown { name, .. }) if name == "access_token" => None,
            read => read.map_err(InvalidDemand::Query)?,
        };
        let scope = scope.map(|text| text.parse().map_err(|_| InvalidDemand::UnknownScope));
        scope.transpose()
    }

    fn admission<'r>(
        self,
        server: &'r AuthorizationServer,
        request: &'r RequestHead,
        context: &'r RequestContext,
    ) -> Result<Admission<'r>, InvalidDemand> {
        Ok(Admission {
            server,
            request,
            context,
            scope: self.scope()?.map(RequiredScope::from),
        })
    }

    fn respond(self, decided: Result<Caller, Refusal>) -> HttpResponse {
        match (decided, self) {
            (Ok(caller), Self::Exact(_)) => let_through(&caller, StatusCode::NO_CONTENT),
            (Ok(caller), Self::Appended(_)) => let_through(&caller, StatusCode::OK),
            (Err(refusal), Self::Exact(_)) => {
                let status = status_for_nginx(&refusal);
                // The problem says the status that is sent (R71).
                refusal.complete(refusal.problem().with_status(status).respond())
            }
            (Err(refusal), Self::Appended(_)) => refusal.complete(refusal.problem().respond()),
        }
    }
}

fn status_for_nginx(refusal: &Refusal) -> StatusCode {
    match refusal {
        // A request that presents its token in a wrong way presents none.
        Refusal::NoToken | Refusal::InvalidRequest(_) | Refusal::InvalidToken(_) => StatusCode::UNAUTHORIZED,
        Refusal::InsufficientScope(_)
        | Refusal::MissingEntitlement(_)
        | Refusal::InvalidCurrentUser
        | Refusal::OtherUser
        | Refusal::NoCustomer
        | Refusal::OtherNetwork
        | Refusal::RateLimitExceeded(_) => StatusCode::FORBIDDEN,
        Refusal::Failure(_) => refusal.status(),
    }
}

/// The response that admits a call: it says who calls, for the service behind the proxy. Header fields without a value are
/// left out.
fn let_through(caller: &Caller, status: StatusCode) -> HttpResponse {
    const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");
    const X_TOKEN_SCOPE: HeaderName = HeaderName::from_static("x-token-scope");
    const X_CUSTOMER_ID: HeaderName = HeaderName::from_static("x-customer-id");
    const X_USER_EMAIL: HeaderName = HeaderName::from_static("x-user-email");
    const X_USER_EMAIL_ENCODED: HeaderName = HeaderName::from_static("x-user-email-encoded");
    let mut response = HttpResponse::build(status);
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
        if !user.as_str().is_ascii() {
            // Most servers read a header field as Latin-1, or refuse what is not ASCII.
            let encoded = utf8_percent_encode(user.as_str(), NON_ALPHANUMERIC).to_string();
            add(X_USER_EMAIL_ENCODED, &encoded);
        }
    }
    response.finish()
}
