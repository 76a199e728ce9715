//! The style sheet, the script and the icon.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use console_pages::assets;

use super::error::Error;

/// `GET /static/{name}`: the name has a hash of what is in the file, so browsers may keep it for good.
pub(super) async fn get_asset(name: web::Path<String>) -> Result<HttpResponse, Error> {
    let asset = assets::find(&name).ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.body))
}
