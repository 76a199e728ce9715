//! Creation links: where a customer's recruiters make campaigns on the partner's own site (contract s4).

mod store;

use std::str::FromStr;

use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use url::form_urlencoded;

use super::campaigns::CampaignKind;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::CustomerId;
use crate::text::{EmailAddress, PlainHttp, parse_url};

/// Longest template, in bytes.
const MAX_BYTES: usize = 2000;
/// What stands for the customer's identifier.
const CUSTOMER_ID: &str = "{customer_id}";
/// What stands for the email address of who asks.
const USER_EMAIL: &str = "{user_email}";

/// A URL in which `{customer_id}` and `{user_email}` stand for what only the asking shows: https (http on this machine),
/// printable ASCII of at most 2000 bytes, with nothing to fill in before its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct UrlTemplate(String);

/// A template that was set.
#[derive(Clone, Debug, Serialize)]
pub struct CreationLink {
    /// The kind of the campaigns that are made there.
    pub kind: CampaignKind,
    /// Where they are made.
    pub url_template: UrlTemplate,
}

/// The text cannot be the template of a creation link; the words say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTemplate(&'static str);

/// Why an operation on creation links did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such customer.
    #[error("no such customer")]
    UnknownCustomer,
    /// No link is set for this customer and kind.
    #[error("no link to create a campaign is set; campaigns are created with the partner")]
    NotSet,
    /// The link depends on the user, and the call names none.
    #[error("this link is made for a user: send the header X-Current-User, or use a user's token")]
    CurrentUserNeeded,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::constraint);
        match constraint {
            Some("creation_link_customer_id_fkey") => Self::UnknownCustomer,
            _ => Self::Failure(error.into()),
        }
    }
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
    type Err = InvalidTemplate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |words| Err(InvalidTemplate(words));
        if text.len() > MAX_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refused(
                "the link must be a URL of at most 2000 printable ASCII characters, without spaces",
            );
        }
        let fixed = text.replace(CUSTOMER_ID, "0").replace(USER_EMAIL, "0");
        if fixed.contains(['{', '}']) {
            return refused("the link must have nothing but {customer_id} and {user_email} in braces");
        }
        let Ok(url) = parse_url(&fixed, PlainHttp::OnLoopback) else {
            return refused(
                "the link must be an https URL without credentials and without `\\` (http only for localhost)",
            );
        };
        // Who chooses a part of the host chooses where recruiters go.
        if !is_host_fixed(text, url.scheme()) {
            return refused("the link must have {customer_id} and {user_email} in its path and query only");
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whether scheme and host stand there in full, in their usual form.
fn is_host_fixed(template: &str, scheme: &str) -> bool {
    template.split_once("://").is_some_and(|(before, rest)| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        before.eq_ignore_ascii_case(scheme) && !host.is_empty() && !host.contains('{')
    })
}

/// A customer's template for one kind of campaigns, or `None`; locked until the end of the transaction, so that changes of one
/// customer's links take turns.
pub async fn lock_creation_link(
    db: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
) -> Result<Option<UrlTemplate>, Error> {
    if !store::lock_customer(db, customer_id).await? {
        return Err(Error::UnknownCustomer);
    }
    Ok(store::find_creation_link(db, customer_id, kind).await?)
}

/// Sets a customer's link for one kind of campaigns; `None` takes it away. What is set already is no change.
pub async fn set_creation_link(
    db: &mut PgConnection,
    act: &Act,
    customer_id: CustomerId,
    kind: CampaignKind,
    template: Option<&UrlTemplate>,
) -> Result<(), Error> {
    let before = lock_creation_link(db, customer_id, kind).await?;
    if before.as_ref() == template {
        return Ok(());
    }
    let action = match template {
        Some(template) => {
            store::upsert_creation_link(db, customer_id, kind, template).await?;
            "set_creation_link"
        }
        None => {
            store::delete_creation_link(db, customer_id, kind).await?;
            "cleared_creation_link"
        }
    };
    let detail = json!({
        "kind": kind,
        "before": { "url_template": before },
        "after": { "url_template": template },
    });
    Ok(act.record(db, action, ("customer", &customer_id), detail).await?)
}

/// A customer's template for one kind of campaigns; `None`: none is set.
pub async fn find_template(
    db: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
) -> Result<Option<UrlTemplate>, Error> {
    Ok(store::find_creation_link(db, customer_id, kind).await?)
}

/// The templates of a customer, that of videos first.
pub async fn list_creation_links(
    db: &mut PgConnection,
    customer_id: CustomerId,
) -> Result<Vec<CreationLink>, Error> {
    Ok(store::list_creation_links(db, customer_id).await?)
}

/// The URL at which a user of a customer makes campaigns of a kind; where the client acts as an application, `user` is `None`.
pub async fn find_creation_link(
    db: &mut PgConnection,
    customer_id: CustomerId,
    kind: CampaignKind,
    user: Option<&EmailAddress>,
) -> Result<String, Error> {
    let template = store::find_creation_link(db, customer_id, kind).await?;
    template.ok_or(Error::NotSet)?.fill_in(customer_id, user)
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
            "https://meet.partner.example\\new",
            "https://meet.partner.example/\\{user_email}",
            "https://meet.partner.example/?by=\\{user_email}",
            "https://*.partner.example/",
            long.as_str(),
        ] {
            assert!(bad.parse::<UrlTemplate>().is_err(), "{bad}");
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
