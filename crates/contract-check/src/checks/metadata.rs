//! The authorization server metadata document (RFC 8414), if the partner has one.

use std::rc::Rc;

use serde_json::Value;

use super::expect::{is_absent, json_media_type, status_in};
use crate::check::{Check, Level};
use crate::http::Response;
use crate::not_passed::{NotPassed, blocked_by, failed, require};
use crate::plan::BaseUrl;
use crate::session::{JWT_BEARER, Session};

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "metadata.offered",
        level: Level::Optional,
        rule: "R60, R68",
        expects: "The response to GET /.well-known/oauth-authorization-server, followed by the path of the API, is 200 with a JSON object.",
        why: "A client can discover the endpoints.",
        fix: "No fix is needed, because the contract does not require it. The response should be a JSON object, or 404.",
        run: |session| Box::pin(async { request_document(session).await.map(drop) }),
    },
    Check {
        id: "metadata.content-type",
        level: Level::Required,
        rule: "R60",
        expects: "The media type of the document is application/json.",
        why: "A client may refuse to parse a response of another media type.",
        fix: "Set Content-Type: application/json.",
        run: |session| Box::pin(async { json_media_type(&document(session).await?.0) }),
    },
    Check {
        id: "metadata.issuer",
        level: Level::Required,
        rule: "R61",
        expects: "issuer is the URL for which the document was requested (or that of --audience), without query and fragment.",
        why: "A document for another issuer can direct clients and their credentials to an attacker.",
        fix: "Set issuer to the base URL given to Talentsoft, byte for byte.",
        run: |session| Box::pin(issuer(session)),
    },
    Check {
        id: "metadata.members",
        level: Level::Required,
        rule: "R62",
        expects: "The document has token_endpoint and response_types_supported.",
        why: "RFC 8414 section 2 requires them.",
        fix: "Add them; response_types_supported is an empty array if there is no authorization endpoint.",
        run: |session| Box::pin(members(session)),
    },
    Check {
        id: "metadata.grant-types",
        level: Level::Required,
        rule: "R62, R65",
        expects: "grant_types_supported has client_credentials, and neither password nor implicit.",
        why: "If it is absent, a client has to assume authorization_code and implicit.",
        fix: "List exactly the supported grant types.",
        run: |session| Box::pin(grant_types(session)),
    },
    Check {
        id: "metadata.user-grant",
        level: Level::Recommended,
        rule: "R62",
        expects: "grant_types_supported has the user grant if it is offered, and only then.",
        why: "A client that relies on the list would otherwise not use the grant, or fail.",
        fix: "Add urn:ietf:params:oauth:grant-type:jwt-bearer if assertions are accepted.",
        run: |session| Box::pin(user_grant(session)),
    },
    Check {
        id: "metadata.no-none",
        level: Level::Required,
        rule: "R63",
        expects: "No list of signing algorithms has none.",
        why: "An unsigned JWT authenticates nobody.",
        fix: "Remove none from every list.",
        run: |session| Box::pin(no_none(session)),
    },
    Check {
        id: "metadata.endpoints",
        level: Level::Recommended,
        rule: "R64, R68",
        expects: "Every endpoint is a URL at the origin of the API (or of --audience).",
        why: "Clients send their credentials there.",
        fix: "Use endpoints at your own origin.",
        run: |session| Box::pin(endpoints(session)),
    },
];

/// The response to the request for the document, and the document.
async fn request_document(session: &Session) -> Result<(Rc<Response>, Value), NotPassed> {
    let response = session.metadata_response().await?;
    if is_absent(&response) {
        return Err(NotPassed::NotOffered(format!(
            "there is no metadata document ({}), which the contract allows",
            response.status
        )));
    }
    status_in(&response, &[200])?;
    let document = response.json()?;
    require(document.is_object(), || "the JSON is not an object".to_owned())?;
    Ok((response, document))
}

/// The same for checks that depend on it, which are skipped if it fails.
async fn document(session: &Session) -> Result<(Rc<Response>, Value), NotPassed> {
    request_document(session)
        .await
        .map_err(|not_passed| match not_passed {
            NotPassed::Failed(_) => blocked_by("metadata.offered"),
            other => other,
        })
}

async fn issuer(session: &Session) -> Result<(), NotPassed> {
    let (_, document) = document(session).await?;
    let Some(issuer) = document.get("issuer").and_then(Value::as_str) else {
        return failed("issuer is absent");
    };
    let Ok(url) = issuer.parse::<BaseUrl>() else {
        return failed(format!(
            "issuer is {issuer}, which is not an http or https URL without query and fragment"
        ));
    };
    let plan = &session.plan;
    let is_expected = |expected: &str| issuer.trim_end_matches('/') == expected.trim_end_matches('/');
    require(
        is_expected(plan.url.as_str()) || is_expected(&plan.audience),
        || format!("issuer is {issuer}"),
    )?;
    require(url.is_https() || url.is_loopback(), || {
        format!("issuer is {issuer}, which is not https")
    })
}

async fn members(session: &Session) -> Result<(), NotPassed> {
    let (_, document) = document(session).await?;
    require(
        document.get("token_endpoint").is_some_and(Value::is_string),
        || "token_endpoint is absent".to_owned(),
    )?;
    let types = document.get("response_types_supported");
    require(types.is_some_and(Value::is_array), || {
        "response_types_supported is absent".to_owned()
    })
}

/// The strings in an array of the document.
fn list<'a>(document: &'a Value, name: &str) -> Option<Vec<&'a str>> {
    let values = document.get(name)?.as_array()?;
    Some(values.iter().filter_map(Value::as_str).collect())
}

async fn grant_types(session: &Session) -> Result<(), NotPassed> {
    let (_, document) = document(session).await?;
    let Some(grants) = list(&document, "grant_types_supported") else {
        return failed("grant_types_supported is absent");
    };
    require(grants.contains(&"client_credentials"), || {
        "grant_types_supported does not have client_credentials".to_owned()
    })?;
    match grants
        .iter()
        .find(|grant| ["password", "implicit"].contains(grant))
    {
        None => Ok(()),
        Some(grant) => failed(format!("grant_types_supported has {grant}")),
    }
}

async fn user_grant(session: &Session) -> Result<(), NotPassed> {
    let (_, document) = document(session).await?;
    let Some(grants) = list(&document, "grant_types_supported") else {
        return Err(blocked_by("metadata.grant-types"));
    };
    let is_listed = grants.contains(&JWT_BEARER);
    match session.user_token().await {
        Ok(_) => require(is_listed, || {
            "assertions are accepted, but the grant is not listed".to_owned()
        }),
        Err(NotPassed::NotOffered(_)) => {
            require(!is_listed, || "the grant is listed, but not offered".to_owned())
        }
        Err(other) => Err(other),
    }
}

async fn no_none(session: &Session) -> Result<(), NotPassed> {
    let (_, document) = document(session).await?;
    let names = document
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys());
    for name in names.filter(|name| name.ends_with("_signing_alg_values_supported")) {
        let algorithms = list(&document, name).unwrap_or_default();
        if algorithms.iter().any(|alg| alg.eq_ignore_ascii_case("none")) {
            return failed(format!("{name} has none"));
        }
    }
    Ok(())
}

async fn endpoints(session: &Session) -> Result<(), NotPassed> {
    let (_, document) = document(session).await?;
    let origin_of = |text: &str| text.parse().ok().map(|url: BaseUrl| url.origin());
    let expected = [Some(session.plan.url.origin()), origin_of(&session.plan.audience)];
    let members = document.as_object().into_iter().flatten();
    for (name, value) in members.filter(|(name, _)| name.ends_with("_endpoint")) {
        let origin = value.as_str().and_then(origin_of);
        require(origin.is_some() && expected.contains(&origin), || {
            format!("{name} is {value}, which is not at the origin of the API")
        })?;
    }
    Ok(())
}
