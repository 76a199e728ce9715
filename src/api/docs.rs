//! The API document and a page to read it, both served from the binary: they work offline.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use actix_web::{HttpResponse, web};
use utoipa_swagger_ui::{Config, serve};

use crate::app::App;

/// The public URL of the service in the document's examples.
const EXAMPLE_URL: &str = "https://api.partner.example";

/// The OpenAPI 3.1 document.
pub const OPENAPI: &str = include_str!("../../docs/openapi.yaml");

/// The Content-Security-Policy of the page: its own scripts and styles only, and calls to this service only.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Registers the endpoints.
pub fn configure(config: &mut web::ServiceConfig) {
    // Relative, so that it also works behind a path prefix.
    let page = Arc::new(Config::new(["../openapi.yaml"]).use_base_layout());
    config
        .service(web::resource("/openapi.yaml").get(get_openapi).head(get_openapi))
        .service(web::resource("/docs").get(get_docs).head(get_docs))
        .service(
            web::resource("/docs/{file:.*}")
                .app_data(web::Data::from(page))
                .get(get_docs_file)
                .head(get_docs_file),
        );
}

/// `GET /openapi.yaml`: with the public URL of this service wherever the document names one.
async fn get_openapi(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/yaml"))
        .body(OPENAPI.replace(EXAMPLE_URL, app.settings.public_url.as_str()))
}

/// `GET /docs`: redirects to `/docs/`, to which the page's links are relative.
async fn get_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "docs/"))
        .finish()
}

/// `GET /docs/…`: the page, its scripts and its styles.
async fn get_docs_file(file: web::Path<String>, page: web::Data<Config<'static>>) -> HttpResponse {
    match serve(&file, page.into_inner()) {
        Ok(Some(file)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, file.content_type))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((CACHE_CONTROL, "max-age=3600"))
            .body(file.bytes.into_owned()),
        Ok(None) | Err(_) => HttpResponse::NotFound().finish(),
    }
}
