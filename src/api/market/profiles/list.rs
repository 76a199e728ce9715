//! `GET /profiles/{subdomain}` (P1): a list of profiles, streamed.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder, web};

use super::super::error::Error;
use super::super::stream::{More, Parts, Reading, Streamed};
use super::{Call, request, subdomain};
use crate::app::App;
use crate::error::Failure;
use crate::profiles::{PROFILES_PER_READ, Profile, ProfileIds, list_profile_ids, read_profiles};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/profiles/{subdomain}")
            .get(get_profiles)
            .head(get_profiles),
    );
}

async fn get_profiles(call: Call, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let listing = request::read(call.query())?;
    let subdomain = subdomain(&call, &path)?;
    let act = call.act();
    let ids = call
        .read_from_standby(async |db| list_profile_ids(db, &act, &subdomain, &listing).await)
        .await?;
    if *call.request().method() == Method::HEAD {
        return Ok(begin().finish());
    }
    let list = ProfileList {
        app: call.shared_app().into_inner(),
        ids,
        written: 0,
        is_first: true,
    };
    Ok(begin().body(Streamed::begin(list, "{\"data\":[").await?))
}

fn begin() -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::OK);
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response
}

/// A list on its way out.
struct ProfileList {
    app: Arc<App>,
    /// Which profiles, in order.
    ids: ProfileIds,
    /// How many of them are written.
    written: usize,
    is_first: bool,
}

impl ProfileList {
    /// Where the next read ends.
    fn end(&self) -> usize {
        self.ids
            .profile_ids
            .len()
            .min(self.written.saturating_add(PROFILES_PER_READ))
    }
}

impl Parts for ProfileList {
    type Part = Vec<Profile>;

    fn read(&self) -> Reading<Vec<Profile>> {
        let (app, subdomain_id) = (Arc::clone(&self.app), self.ids.subdomain_id);
        let wanted = self.ids.profile_ids.get(self.written..self.end());
        let wanted = wanted.unwrap_or_default().to_vec();
        Box::pin(async move {
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            app.db
                .read_from_standby(async |db| read_profiles(db, subdomain_id, &wanted).await)
                .await
        })
    }

    fn write(&mut self, profiles: Vec<Profile>, text: &mut Vec<u8>) -> Result<More, Failure> {
        for profile in &profiles {
            if !std::mem::take(&mut self.is_first) {
                text.push(b',');
            }
            serde_json::to_writer(&mut *text, profile).map_err(Failure::internal)?;
        }
        self.written = self.end();
        if self.written < self.ids.profile_ids.len() {
            return Ok(More::Yes);
        }
        text.extend_from_slice(format!("],\"meta\":{{\"total\":{}}}}}", self.ids.total).as_bytes());
        Ok(More::No)
    }
}
