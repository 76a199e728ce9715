//! The metadata document (RFC 8414), where a partner has one.

use std::rc::Rc;

use serde_json::Value;

use super::expect::{is_missing, json_media_type};
use crate::check::{Check, Level};
use crate::http::Answer;
use crate::not_passed::{Otherwise, Verdict, failed, require, see};
use crate::plan::BaseUrl;
use crate::session::{JWT_BEARER, Session};

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "metadata.offered",
        level: Level::Optional,
        rule: "R60, R68",
        expects: "GET /.well-known/oauth-authorization-server, with the path of the API behind it, is 200 with a JSON object.",
        why: "A client can find the endpoints by itself.",
        mend: "Nothing has to be done: the contract does not ask for it. What is answered should be a JSON object, or 404.",
        run: |session| Box::pin(async { document(session).await.map(drop) }),
    },
    Check {
        id: "metadata.content-type",
        level: Level::Required,
        rule: "R60",
        expects: "Its media type is application/json.",
        why: "Clients look at it.",
        mend: "Set Content-Type: application/json.",
        run: |session| Box::pin(async { json_media_type(&read(session).await?.0) }),
    },
    Check {
        id: "metadata.issuer",
        level: Level::Required,
        rule: "R61",
        expects: "issuer is the URL under which the document was found, without query and fragment (or the URL of --audience).",
        why: "A document that speaks for somebody else lets that one take over a client.",
        mend: "Set issuer to the base URL given to Talentsoft, byte for byte.",
        run: |session| Box::pin(issuer(session)),
    },
    Check {
        id: "metadata.members",
        level: Level::Required,
        rule: "R62",
        expects: "token_endpoint and response_types_supported are there.",
        why: "RFC 8414 section 2 requires them.",
        mend: "Add them; a server without an authorization endpoint has no response types.",
        run: |session| Box::pin(members(session)),
    },
    Check {
        id: "metadata.grant-types",
        level: Level::Required,
        rule: "R62, R65",
        expects: "grant_types_supported lists client_credentials, and neither password nor implicit.",
        why: "Without the list a client has to assume authorization_code and implicit.",
        mend: "List exactly the grants that you offer.",
        run: |session| Box::pin(grant_types(session)),
    },
    Check {
        id: "metadata.user-grant",
        level: Level::Recommended,
        rule: "R62",
        expects: "grant_types_supported lists the user grant where it is offered, and only there.",
        why: "A client that trusts the list would otherwise not use it, or fail.",
        mend: "List urn:ietf:params:oauth:grant-type:jwt-bearer if you take assertions.",
        run: |session| Box::pin(user_grant(session)),
    },
    Check {
        id: "metadata.no-none",
        level: Level::Required,
        rule: "R63",
        expects: "No list of signing algorithms has none.",
        why: "An unsigned JWT authenticates nobody.",
        mend: "Take none out of every list.",
        run: |session| Box::pin(no_none(session)),
    },
    Check {
        id: "metadata.endpoints",
        level: Level::Recommended,
        rule: "R64, R68",
        expects: "Every endpoint is a URL at the host of the API (or of --audience).",
        why: "Credentials go there.",
        mend: "Name endpoints at your own host.",
        run: |session| Box::pin(endpoints(session)),
    },
];

/// The document itself.
async fn document(session: &Session) -> Result<(Rc<Answer>, Value), Otherwise> {
    let answer = session.metadata_answer().await?;
    if is_missing(&answer) {
        return Err(Otherwise::NotOffered(format!(
            "there is no metadata document ({}), and the contract does not ask for one",
            answer.status
        )));
    }
    require(answer.status == 200, || {
        format!("it was answered {} instead of 200", answer.brief())
    })?;
    let value = answer.json()?;
    require(value.is_object(), || "the JSON is no object".to_owned())?;
    Ok((answer, value))
}

/// The same for the checks that build on it.
async fn read(session: &Session) -> Result<(Rc<Answer>, Value), Otherwise> {
    document(session).await.map_err(|otherwise| match otherwise {
        Otherwise::Failed(_) => see("metadata.offered"),
        other => other,
    })
}

async fn issuer(session: &Session) -> Verdict {
    let (_, document) = read(session).await?;
    let Some(issuer) = document.get("issuer").and_then(Value::as_str) else {
        return failed("there is no issuer");
    };
    let Ok(url) = issuer.parse::<BaseUrl>() else {
        return failed(format!("issuer is {issuer}, which is no plain http or https URL"));
    };
    let plan = &session.plan;
    let is_expected = |name: &str| issuer.trim_end_matches('/') == name.trim_end_matches('/');
    require(
        is_expected(plan.url.as_str()) || is_expected(&plan.audience),
        || format!("issuer is {issuer}"),
    )?;
    require(url.is_https() || url.is_on_this_machine(), || {
        format!("issuer is {issuer}, and not https")
    })
}

async fn members(session: &Session) -> Verdict {
    let (_, document) = read(session).await?;
    require(
        document.get("token_endpoint").is_some_and(Value::is_string),
        || "there is no token_endpoint".to_owned(),
    )?;
    let types = document.get("response_types_supported");
    require(types.is_some_and(Value::is_array), || {
        "there is no response_types_supported".to_owned()
    })
}

/// The texts of a list.
fn list<'a>(document: &'a Value, name: &str) -> Option<Vec<&'a str>> {
    let values = document.get(name)?.as_array()?;
    Some(values.iter().filter_map(Value::as_str).collect())
}

async fn grant_types(session: &Session) -> Verdict {
    let (_, document) = read(session).await?;
    let Some(grants) = list(&document, "grant_types_supported") else {
        return failed("there is no grant_types_supported");
    };
    require(grants.contains(&"client_credentials"), || {
        "client_credentials is not listed".to_owned()
    })?;
    match grants
        .iter()
        .find(|grant| ["password", "implicit"].contains(grant))
    {
        None => Ok(()),
        Some(grant) => failed(format!("{grant} is listed")),
    }
}

async fn user_grant(session: &Session) -> Verdict {
    let (_, document) = read(session).await?;
    let Some(grants) = list(&document, "grant_types_supported") else {
        return Err(see("metadata.grant-types"));
    };
    let is_listed = grants.contains(&JWT_BEARER);
    match session.user_token().await {
        Ok(_) => require(is_listed, || {
            "an assertion is accepted, and the grant is not listed".to_owned()
        }),
        Err(Otherwise::NotOffered(_)) => {
            require(!is_listed, || "the grant is listed, and not offered".to_owned())
        }
        Err(other) => Err(other),
    }
}

async fn no_none(session: &Session) -> Verdict {
    let (_, document) = read(session).await?;
    let names = document
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys());
    for name in names.filter(|name| name.ends_with("_signing_alg_values_supported")) {
        let algorithms = list(&document, name).unwrap_or_default();
        if algorithms.iter().any(|alg| alg.eq_ignore_ascii_case("none")) {
            return failed(format!("{name} lists none"));
        }
    }
    Ok(())
}

async fn endpoints(session: &Session) -> Verdict {
    let (_, document) = read(session).await?;
    let plan = &session.plan;
    let own = [
        Some(plan.url.origin()),
        plan.audience.parse().ok().map(|url: BaseUrl| url.origin()),
    ];
    let members = document.as_object().into_iter().flatten();
    for (name, value) in members.filter(|(name, _)| name.ends_with("_endpoint")) {
        let origin = value
            .as_str()
            .and_then(|text| text.parse::<BaseUrl>().ok())
            .map(|url| url.origin());
        require(origin.is_some() && own.contains(&origin), || {
            format!("{name} is {value}, which is not at the host of the API")
        })?;
    }
    Ok(())
}
