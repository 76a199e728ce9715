//! A candidate to invite (contract s4), and where callbacks about one may go.

use url::Url;

use crate::clients::CallbackHosts;
use crate::error::Failure;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, ClientId};
use crate::recruiting::Recruiting;
use crate::text::{EmailAddress, PersonName, PlainHttp, parse_url};

/// A candidate to invite. Personal data: it has no `Debug`.
#[derive(Clone)]
pub struct Candidate {
    /// To what.
    pub campaign_id: CampaignId,
    /// Who, as Talentsoft names the person.
    pub applicant_id: ApplicantId,
    /// For which application.
    pub application_id: ApplicationId,
    /// Family name and given name, one of which may be empty.
    pub name: PersonName,
    /// Where the candidate is reached.
    pub email: EmailAddress,
    /// Where else: at most 50 characters.
    pub phone: Option<String>,
    /// Where Talentsoft wants to be told of changes.
    pub callback_url: Option<Url>,
}

/// Where callbacks of a client may go.
#[derive(Clone, Debug)]
pub struct CallbackRule {
    /// Hosts, in lower case.
    pub hosts: CallbackHosts,
    /// Whether they may be called by plain HTTP.
    pub plain_http: PlainHttp,
}

/// A callback URL that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCallbackUrl {
    /// It cannot be called.
    #[error(
        "callback_url must be an https URL of at most 2000 bytes, without user, password, line breaks and `\\`"
    )]
    NotUrl,
    /// It names a host that is not on the client's list.
    #[error(
        "callback_url names a host that this client may not be called back at; ask the partner to allow it"
    )]
    ForbiddenHost,
}

impl CallbackRule {
    /// Reads a callback URL, and holds it against the rule.
    pub fn parse(&self, text: &str) -> Result<Url, InvalidCallbackUrl> {
        let url = parse_url(text, self.plain_http).map_err(|_| InvalidCallbackUrl::NotUrl)?;
        let host = url.host_str().unwrap_or_default();
        if self.hosts.as_slice().iter().any(|allowed| allowed == host) {
            Ok(url)
        } else {
            Err(InvalidCallbackUrl::ForbiddenHost)
        }
    }
}

/// The rule of a client.
pub async fn callback_rule(recruiting: &Recruiting, client_id: &ClientId) -> Result<CallbackRule, Failure> {
    let client = recruiting.clients.find(client_id).await?;
    let hosts = client.map(|client| client.info.settings.callback_hosts.clone());
    Ok(CallbackRule {
        hosts: hosts.unwrap_or_default(),
        plain_http: if recruiting.webhooks.settings.allows_private_addresses {
            PlainHttp::Allowed
        } else {
            PlainHttp::Refused
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_go_to_allowed_hosts_by_https() {
        let rule = CallbackRule {
            hosts: vec!["ats.example".to_owned()].try_into().unwrap(),
            plain_http: PlainHttp::Refused,
        };
        assert!(rule.parse("https://ats.example/hook?x=1").is_ok());
        assert!(rule.parse("https://ATS.example:8443/hook").is_ok());
        for bad in [
            "http://ats.example/",
            "https://user@ats.example/",
            "ftp://ats.example/",
            "nope",
        ] {
            assert_eq!(rule.parse(bad), Err(InvalidCallbackUrl::NotUrl), "{bad}");
        }
        for bad in [
            "https://ats.example.evil.example/",
            "https://evil.example/?ats.example",
        ] {
            assert_eq!(rule.parse(bad), Err(InvalidCallbackUrl::ForbiddenHost), "{bad}");
        }
        assert!(rule.parse("https://ats.example@evil.example/").is_err());
        let plain = CallbackRule {
            plain_http: PlainHttp::Allowed,
            ..rule
        };
        assert!(plain.parse("http://ats.example/").is_ok());
    }
}
