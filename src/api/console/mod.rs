//! The console: pages for the partner's admins, on a listener of its own.
//!
//! `Visit` is the argument of every handler; `console_pages` has the pages and their paths. It calls the operations that
//! `api/admin` and `cli` call, and knows neither. A screen is a file here, whose `configure` registers its routes.

mod account;
mod assets;
mod audit;
mod callbacks;
mod client_form;
mod client_settings;
mod clients;
mod company;
mod conflicts;
mod cookies;
mod cursors;
mod customer_choice;
mod customers;
mod elevation;
mod error;
mod forms;
mod invitations;
mod keys;
mod libraries;
mod live;
mod market;
mod market_imports;
mod members;
mod once;
mod overview;
mod persons;
mod problem;
mod refusals;
mod retirement;
mod secrets;
mod settings;
mod shown;
mod sign_in;
mod sign_in_code;
mod state;
mod visit;
mod words;

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, LOCATION};
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpMessage, HttpResponse, Resource, web};
use console_pages::paths;

pub use error::Error;
pub use forms::{Fields, FormFields};
pub use live::Streams;
pub use problem::unrouted;
pub use settings::{ConsoleSettings, ConsoleUrl, InvalidConsoleUrl};
pub use state::Console;
pub use visit::{Admin, Operator, RoleMarker, Viewer, Visit};

use crate::wire::refused::Refused;
use visit::NewCookies;

/// Registers the pages below no prefix: a test compares them with the access matrix.
pub fn configure(config: &mut web::ServiceConfig) {
    sign_in_routes(config);
    overview::configure(config);
    callbacks::configure(config);
    invitations::configure(config);
    persons::configure(config);
    market::configure(config);
    keys::configure(config);
    audit::configure(config);
    members::configure(config);
    customers::configure(config);
    // Before those with an identifier in the same place.
    client_settings::configure(config);
    clients::configure(config);
    secrets::configure(config);
    retirement::configure(config);
    live::configure(config);
    refusals::configure(config);
    account::configure(config);
    company::configure(config);
}

fn sign_in_routes(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::ASSET).get(assets::get_asset).head(assets::get_asset))
        .service(
            page(paths::SIGN_IN)
                .get(sign_in::get_sign_in)
                .head(sign_in::get_sign_in)
                .post(sign_in::post_sign_in),
        )
        .service(
            page(paths::SIGN_IN_CODE)
                .get(sign_in_code::get_sign_in_code)
                .head(sign_in_code::get_sign_in_code)
                .post(sign_in_code::post_sign_in_code),
        )
        .service(page(paths::SIGN_OUT).post(sign_in::post_sign_out));
}

/// The resource at a path of `console_pages::paths`.
fn page(path: &str) -> Resource {
    web::resource(path)
}

/// Registers the pages below the prefix too: a proxy may take it off, or not.
pub fn configure_for(console: &Console, config: &mut web::ServiceConfig) {
    let base = console.url().base();
    if !base.is_empty() {
        let overview = console.to(paths::OVERVIEW);
        let redirect = move || {
            let overview = overview.clone();
            async {
                HttpResponse::PermanentRedirect()
                    .insert_header((LOCATION, overview))
                    .finish()
            }
        };
        config
            .service(web::resource(base).get(redirect))
            .service(web::scope(base).wrap(from_fn(add_cookies)).configure(configure));
    }
    config.service(web::scope("").wrap(from_fn(add_cookies)).configure(configure));
}

/// Adds the cookies that were set while the request was answered, whatever answered it.
async fn add_cookies(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let cookies = response.request().extensions_mut().remove::<NewCookies>();
    let console = response.request().app_data::<web::Data<Console>>().cloned();
    if let (Some(NewCookies(cookies)), Some(console)) = (cookies, console) {
        let mut carrier = HttpResponse::Ok().finish();
        for (cookie, value) in cookies {
            match value {
                Some(value) => cookie.set(console.url(), &mut carrier, &value),
                None => cookie.clear(console.url(), &mut carrier),
            }
        }
        for (name, value) in carrier.headers() {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(response)
}

/// Refuses a request for another host: names that somebody points here are not ours.
#[must_use]
pub fn refuse_other_hosts(console: &Console, request: &RequestHead) -> Option<(HttpResponse, &'static str)> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| console.url().is_host(host)) {
        return None;
    }
    let response = HttpResponse::build(StatusCode::MISDIRECTED_REQUEST).finish();
    Some((Refused::because("console_host").mark(response), "other_host"))
}
