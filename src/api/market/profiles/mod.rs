//! The Career Coach Profiles API (Lightcast contract s4). The platform writes what it shows.

mod list;
mod request;

use actix_web::web;
use serde::Serialize;

use super::Profiles;
use super::error::Error;
use crate::api::call;
use crate::api::reply::Reply;
use crate::profiles::{self, Profile, SubdomainName, read_profile};
use crate::wire::query::Query;

type Call = call::Call<Profiles>;

/// Registers the endpoints.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    list::configure(config);
    config.service(
        web::resource("/profiles/{subdomain}/{profile_id}")
            .get(get_profile)
            .head(get_profile),
    );
}

#[derive(Serialize)]
struct Data<'a> {
    data: &'a Profile,
}

/// The subdomain in a path. Whoever calls has a customer, whose subdomains alone it sees.
fn subdomain(call: &Call, name: &str) -> Result<SubdomainName, Error> {
    call.customer_id()?;
    name.parse().map_err(|_| Error::UnknownSubdomain)
}

/// `GET /profiles/{subdomain}/{profileId}` (P2).
async fn get_profile(call: Call, path: web::Path<(String, String)>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let subdomain = subdomain(&call, &path.0)?;
    let profile_id = path.1.parse().ok();
    let act = call.act();
    let profile = call
        .read_from_standby(async |db| read_profile(db, &act, &subdomain, profile_id).await)
        .await?;
    Reply::ok(&Data { data: &profile })
}

impl From<profiles::Error> for Error {
    fn from(error: profiles::Error) -> Self {
        match error {
            profiles::Error::UnknownProfile => Self::UnknownProfile,
            profiles::Error::Failure(failure) => Self::Failure(failure),
            // Nobody adds or removes a subdomain here.
            profiles::Error::UnknownSubdomain
            | profiles::Error::SubdomainExists(_)
            | profiles::Error::SubdomainInUse(_) => Self::UnknownSubdomain,
        }
    }
}
