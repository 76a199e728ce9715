//! The direct link to where a customer's recruiters make campaigns on the partner's own site (contract s4).

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use url::{Host, Url, form_urlencoded};

use super::campaign::CampaignKind;
use super::store;
use crate::audit::{self, Actor, Subject};
use crate::db::Db;
use crate::error::Failure;
use crate::ids::CustomerId;
use crate::recruiting::error::Error;
use crate::text::EmailAddress;

/// Longest template, in bytes.
const MAX_BYTES: usize = 2000;
/// What stands for the customer's identifier.
const CUSTOMER_ID: &str = "{customer_id}";
/// What stands for the email address of who asks.
const USER_EMAIL: &str = "{user_email}";

/// A URL in which `{customer_id}` and `{user_email}` stand for what only the asking shows: https (http on this machine),
/// printable ASCII of at most 2000 bytes, with nothing to fill in before its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate(String);

/// A template that was set.
#[derive(Clone, Debug, Serialize)]
pub struct CreationLink {
    /// `video` or `assessment`.
    pub kind: String,
    /// The template.
    pub url_template: String,
}

impl UrlTemplate {
    /// The template as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL for who asks. The address is percent-encoded.
    fn fill_in(&self, customer_id: CustomerId, user: Option<&EmailAddress>) -> Result<String, Error> {
        let url = self.0.replace(CUSTOMER_ID, &customer_id.to_string());
        if !url.contains(USER_EMAIL) {
            return Ok(url);
        }
        let user = user.ok_or(Error::CurrentUserNeeded)?;
        let encoded: String = form_urlencoded::byte_serialize(user.as_str().as_bytes()).collect();
        Ok(url.replace(USER_EMAIL, &encoded))
    }
}

impl FromStr for UrlTemplate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |words| Err(Error::InvalidTemplate(words));
        if text.len() > MAX_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refused("the link is a URL of at most 2000 printable ASCII characters, without spaces");
        }
        let fixed = text.replace(CUSTOMER_ID, "0").replace(USER_EMAIL, "0");
        if fixed.contains(['{', '}']) {
            return refused("the link may have {customer_id} and {user_email} in braces, and nothing else");
        }
        let Some(url) = Url::parse(&fixed).ok().filter(is_secure) else {
            return refused("the link is an https URL without credentials (http only for localhost)");
        };
        // Who chooses a part of the host chooses where recruiters go.
        if !is_host_fixed(text, url.scheme()) {
            return refused("the link may have {customer_id} and {user_email} in its path and query only");
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_secure(url: &Url) -> bool {
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let has_user = !url.username().is_empty() || url.password().is_some();
    (url.scheme() == "https" || url.scheme() == "http" && is_local) && !has_user
}

/// Whether scheme and host stand there in full, in their usual form.
fn is_host_fixed(template: &str, scheme: &str) -> bool {
    template.split_once("://").is_some_and(|(before, rest)| {
        let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        before.eq_ignore_ascii_case(scheme) && !host.is_empty() && !host.contains('{')
    })
}

/// Sets a customer's link for one kind of campaigns, or with `None` takes it away.
pub async fn set_creation_link(
    db: &Db,
    customer_id: CustomerId,
    link: (CampaignKind, Option<&UrlTemplate>),
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(), Error> {
    let (kind, template) = link;
    db.transaction(async |transaction| {
        let action = match template {
            Some(template) => {
                store::upsert_creation_link(transaction, customer_id, kind, template.as_str()).await?;
                "set_creation_link"
            }
            None if store::delete_creation_link(transaction, customer_id, kind).await? => {
                "cleared_creation_link"
            }
            None => return Ok(()),
        };
        let subject = Subject {
            kind: "customer",
            id: &customer_id,
        };
        let detail = json!({ "kind": kind.as_str(), "url_template": template.map(UrlTemplate::as_str) });
        Ok(audit::record(transaction, now, actor, action, subject, detail).await?)
    })
    .await
}

/// The templates of a customer, videos first.
pub async fn list_creation_links(db: &Db, customer_id: CustomerId) -> Result<Vec<CreationLink>, Error> {
    db.run(async |connection| Ok(store::list_creation_links(connection, customer_id).await?))
        .await
}

/// The link for who asks.
pub async fn find_creation_link(
    db: &Db,
    customer_id: CustomerId,
    kind: CampaignKind,
    user: Option<&EmailAddress>,
) -> Result<String, Error> {
    let template = db
        .run(async |connection| {
            Ok::<_, Error>(store::find_creation_link(connection, customer_id, kind).await?)
        })
        .await?
        .ok_or(Error::NoCreationLink)?;
    let template: UrlTemplate = template
        .parse()
        .map_err(|error: Error| Failure::internal(error))?;
    template.fill_in(customer_id, user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_a_secure_url_with_known_names_behind_its_host() {
        for good in [
            "https://meet.partner.example/new",
            "https://Meet.Partner.Example:8443/{customer_id}/new?by={user_email}&again={user_email}",
            "https://meet.partner.example?by={user_email}",
            "http://localhost:8080/new#{customer_id}",
            "http://127.0.0.1/",
        ] {
            assert_eq!(good.parse::<UrlTemplate>().unwrap().as_str(), good);
        }
        let long = format!("https://meet.partner.example/{}", "x".repeat(2000));
        for bad in [
            "",
            "meet.partner.example/new",
            "http://meet.partner.example/new",
            "javascript:alert(1)",
            "https://user@meet.partner.example/",
            "https://{customer_id}.partner.example/",
            "https://{user_email}/",
            "https://partner.example:{customer_id}/",
            "https://meet.partner.example{user_email}",
            "{customer_id}://meet.partner.example/",
            "https:{customer_id}://meet.partner.example/",
            "https:///{customer_id}/",
            "https:{customer_id}",
            "https://meet.partner.example/{user}",
            "https://meet.partner.example/{",
            "https://meet.partner.example/{{customer_id}}",
            "https://meet.partner.example/a b",
            "https://meet.partner.example/é",
            "https://meet.partner.example/\n",
            long.as_str(),
        ] {
            assert!(
                matches!(bad.parse::<UrlTemplate>(), Err(Error::InvalidTemplate(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_filled_in_stays_in_its_place() {
        let customer_id: CustomerId = "0190a5d0-0000-7000-8000-000000000001".parse().unwrap();
        let template: UrlTemplate = "https://a.example/{customer_id}?by={user_email}&x=1"
            .parse()
            .unwrap();
        let user = "o'neil&x=2#é/../{customer_id}@site".parse().unwrap();
        assert_eq!(
            template.fill_in(customer_id, Some(&user)).unwrap(),
            "https://a.example/0190a5d0-0000-7000-8000-000000000001?by=o%27neil%26x%3D2%23%C3%A9%2F..%2F%7B\
             customer_id%7D%40site&x=1"
        );
        assert!(matches!(
            template.fill_in(customer_id, None),
            Err(Error::CurrentUserNeeded)
        ));
        let plain: UrlTemplate = "https://a.example/{customer_id}".parse().unwrap();
        assert!(plain.fill_in(customer_id, None).is_ok());
    }
}
