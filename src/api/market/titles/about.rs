//! `/titles/status`, `/meta`, `/docs`, `/versions`: what there is (T1 to T4, T12).

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::super::envelope::{Attribution, Data, status};
use super::super::error::Error;
use super::super::fields::allowed;
use super::{Call, version, versions};
use crate::api::reply::Reply;
use crate::clients::Entitlement;
use crate::market::versions::VersionNumber;
use crate::wire::query::Query;

/// The data's title in `/meta`.
const ATTRIBUTION: &str = "Titles on open occupational data";

/// The API in Markdown.
const DOCS: &str = include_str!("docs.md");

/// The public URL of the service in the document's examples.
const EXAMPLE_URL: &str = "https://api.partner.example";

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/titles/status").get(get_status).head(get_status))
        .service(web::resource("/titles/meta").get(get_meta).head(get_meta))
        .service(web::resource("/titles/docs").get(get_docs).head(get_docs));
}

/// Registers what is below the versions.
pub(super) fn configure_versions(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("").get(get_versions).head(get_versions))
        .service(web::resource("/{version}").get(get_version).head(get_version));
}

/// `GET /titles/status`: whether there is a version to ask, and a database to read it from.
async fn get_status(call: Call) -> Result<HttpResponse, Error> {
    Query::expect_none(call.query())?;
    Ok(status(&call).await)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    attribution: Attribution,
    latest_version: VersionNumber,
}

/// `GET /titles/meta`: where the latest version's data comes from.
async fn get_meta(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let latest = version(&call, "latest").await?;
    Reply::ok(&Data {
        data: Meta {
            attribution: Attribution {
                title: ATTRIBUTION,
                body: latest.attributions.join(" "),
            },
            latest_version: latest.number,
        },
    })
}

/// `GET /titles/docs`: this API in Markdown.
async fn get_docs(call: Call) -> Result<HttpResponse, Error> {
    Query::expect_none(call.query())?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/markdown; charset=utf-8"))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .body(DOCS.replace(EXAMPLE_URL, call.app().settings.public_url.as_str())))
}

/// `GET /titles/versions`: the newest first.
async fn get_versions(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let versions = versions(&call).await?;
    let numbers: Vec<VersionNumber> = versions.iter().map(|version| version.number).collect();
    Reply::ok(&Data { data: numbers })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionBody<'a> {
    version: VersionNumber,
    fields: Vec<&'static str>,
    title_count: u32,
    removed_title_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping_versions: Option<MappingVersions<'a>>,
}

#[derive(Serialize)]
struct MappingVersions<'a> {
    soc: &'a [String],
    skill: &'a [String],
}

/// `GET /titles/versions/{version}`: what it has. Only who is entitled to mappings sees what they stand on.
async fn get_version(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let version = version(&call, &path).await?;
    let caller = call.caller();
    let is_entitled = caller.entitlements.contains(Entitlement::TitleMapping);
    Reply::ok(&Data {
        data: VersionBody {
            version: version.number,
            fields: allowed(caller).names(),
            title_count: version.title_count,
            removed_title_count: version.removed_title_count,
            mapping_versions: is_entitled.then_some(MappingVersions {
                soc: &version.mapping.occupations,
                skill: &version.mapping.skills,
            }),
        },
    })
}
