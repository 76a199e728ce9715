//! One row of a batch: a candidate as Talentsoft sends one (contract s4).

use url::Url;

use super::batch::{Element, Member, Members};
use crate::ids::{ApplicantId, ApplicationId, CampaignId};
use crate::text::EmailAddress;

/// Longest name and phone number, in characters.
const MAX_NAME_CHARS: usize = 200;
const MAX_PHONE_CHARS: usize = 50;
/// Longest callback URL, in bytes.
const MAX_URL_BYTES: usize = 2000;
/// Longest identifier that is answered as it was sent, in bytes.
const MAX_ECHO_BYTES: usize = 100;

/// A candidate to invite. Personal data: it has no `Debug`.
pub struct Candidate {
    /// To what.
    pub campaign_id: CampaignId,
    /// Who, as Talentsoft names the person.
    pub applicant_id: ApplicantId,
    /// For which application.
    pub application_id: ApplicationId,
    /// Family name.
    pub lastname: String,
    /// Given name.
    pub firstname: String,
    /// Where the candidate is reached.
    pub email: EmailAddress,
    /// Where else.
    pub phone: Option<String>,
    /// Where Talentsoft wants to be told of changes.
    pub callback_url: Option<Url>,
}

/// A row as it came: the identifiers that its answer repeats, and the candidate or what is wrong.
pub struct CandidateRow {
    /// `applicant_id` as sent.
    pub applicant_id: Option<String>,
    /// `application_id` as sent.
    pub application_id: Option<String>,
    /// The candidate, or words for the caller.
    pub candidate: Result<Candidate, String>,
}

/// Where callbacks of a client may go.
pub struct CallbackRule<'a> {
    /// Hosts, in lower case.
    pub hosts: &'a [String],
    /// The developer's setting: plain HTTP too.
    pub may_be_plain: bool,
}

impl CandidateRow {
    /// Reads one element of the batch.
    #[must_use]
    pub fn read(element: &Element, rule: &CallbackRule<'_>) -> Self {
        let Element::Object(members) = element else {
            return Self {
                applicant_id: None,
                application_id: None,
                candidate: Err("a candidate is a JSON object".to_owned()),
            };
        };
        let echo = |name| match members.get(name) {
            Some(Member::Text(text)) if text.len() <= MAX_ECHO_BYTES => Some(text.clone()),
            _ => None,
        };
        Self {
            applicant_id: echo("applicant_id"),
            application_id: echo("application_id"),
            candidate: Candidate::read(members, rule),
        }
    }
}

impl Candidate {
    fn read(object: &Members, rule: &CallbackRule<'_>) -> Result<Self, String> {
        if let Some(name) = object.repeated {
            return Err(format!("{name} stands there more than once"));
        }
        Ok(Self {
            campaign_id: uuid(object, "campaign_id")?,
            applicant_id: uuid(object, "applicant_id")?,
            application_id: uuid(object, "application_id")?,
            lastname: name(object, "lastname")?,
            firstname: name(object, "firstname")?,
            email: required(object, "email")?
                .trim()
                .parse()
                .map_err(|error| format!("email is not right: {error}"))?,
            phone: optional(object, "phone")?
                .map(|text| plain_text("phone", text, MAX_PHONE_CHARS))
                .transpose()?,
            callback_url: optional(object, "callback_url")?
                .map(|text| rule.parse(text))
                .transpose()?,
        })
    }
}

impl CallbackRule<'_> {
    /// Reads a callback URL, and holds it against the rule.
    fn parse(&self, text: &str) -> Result<Url, String> {
        let not_url = || "callback_url should be an https URL of at most 2000 bytes".to_owned();
        if text.len() > MAX_URL_BYTES {
            return Err(not_url());
        }
        let url = Url::parse(text).map_err(|_| not_url())?;
        let is_scheme = url.scheme() == "https" || self.may_be_plain && url.scheme() == "http";
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !is_scheme || has_user {
            return Err(not_url());
        }
        let host = url.host_str().unwrap_or_default();
        if self.hosts.iter().any(|allowed| allowed == host) {
            Ok(url)
        } else {
            Err("callback_url names a host that this client may not be called back at; ask the partner to allow it".to_owned())
        }
    }
}

fn optional<'a>(object: &'a Members, name: &'static str) -> Result<Option<&'a str>, String> {
    match object.get(name) {
        None | Some(Member::Null) => Ok(None),
        Some(Member::Text(text)) if text.trim().is_empty() => Ok(None),
        Some(Member::Text(text)) => Ok(Some(text)),
        Some(Member::Other) => Err(format!("{name} should be a string")),
    }
}

fn required<'a>(object: &'a Members, name: &'static str) -> Result<&'a str, String> {
    optional(object, name)?.ok_or_else(|| format!("{name} is missing"))
}

fn uuid<T: std::str::FromStr>(object: &Members, name: &'static str) -> Result<T, String> {
    required(object, name)?
        .parse()
        .map_err(|_| format!("{name} should be a UUID"))
}

fn name(object: &Members, name: &'static str) -> Result<String, String> {
    plain_text(name, required(object, name)?, MAX_NAME_CHARS)
}

/// Text without control characters, trimmed: it goes to people, and no text of PostgreSQL's holds a NUL.
fn plain_text(name: &'static str, text: &str, max_chars: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > max_chars || text.chars().any(char::is_control) {
        return Err(format!(
            "{name} should have at most {max_chars} characters, none of them a control character"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HOSTS: &[String] = &[];

    fn good() -> Value {
        json!({
            "campaign_id": "0190a5d0-0000-7000-8000-000000000001",
            "applicant_id": "0190a5d0-0000-7000-8000-000000000002",
            "application_id": "0190a5d0-0000-7000-8000-000000000003",
            "lastname": " Dupont ", "firstname": "Zoé", "email": "zoe.dupont@site",
        })
    }

    fn row(element: &Value, rule: &CallbackRule<'_>) -> CandidateRow {
        CandidateRow::read(&serde_json::from_value(element.clone()).unwrap(), rule)
    }

    fn read(element: &Value, hosts: &[String]) -> Result<Candidate, String> {
        let rule = CallbackRule {
            hosts,
            may_be_plain: false,
        };
        row(element, &rule).candidate
    }

    #[test]
    fn a_candidate_is_read_and_trimmed() {
        let candidate = read(&good(), HOSTS).map_err(|error| error.clone()).unwrap();
        assert_eq!(candidate.lastname, "Dupont");
        assert_eq!(candidate.email.as_str(), "zoe.dupont@site");
        assert_eq!(candidate.phone, None);
        let mut odd = good();
        odd["phone"] = Value::Null;
        odd["callback_url"] = "".into();
        odd["more"] = json!({ "unknown": 1 });
        assert!(read(&odd, HOSTS).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (member, value, expected) in [
            ("campaign_id", Value::Null, "campaign_id is missing"),
            ("applicant_id", "x".into(), "applicant_id should be a UUID"),
            ("application_id", 7.into(), "application_id should be a string"),
            ("lastname", "  ".into(), "lastname is missing"),
            ("firstname", "a\u{0}b".into(), "firstname should have at most 200"),
            (
                "lastname",
                "x".repeat(201).into(),
                "lastname should have at most 200",
            ),
            ("email", "no-at".into(), "email is not right"),
            ("phone", "0".repeat(51).into(), "phone should have at most 50"),
            (
                "callback_url",
                "nope".into(),
                "callback_url should be an https URL",
            ),
        ] {
            let mut element = good();
            element[member] = value;
            let error = read(&element, HOSTS).err().unwrap();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(read(&json!([]), HOSTS).is_err());
    }

    #[test]
    fn callbacks_go_to_allowed_hosts_by_https() {
        let hosts = ["ats.example".to_owned()];
        let with = |url: &str| {
            let mut element = good();
            element["callback_url"] = url.into();
            read(&element, &hosts)
        };
        assert!(with("https://ats.example/hook?x=1").is_ok());
        assert!(with("https://ATS.example:8443/hook").is_ok());
        for bad in [
            "http://ats.example/",
            "https://ats.example.evil.example/",
            "https://ats.example@evil.example/",
            "https://user@ats.example/",
            "https://evil.example/?ats.example",
            "ftp://ats.example/",
        ] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn identifiers_are_repeated_as_sent() {
        let rule = CallbackRule {
            hosts: HOSTS,
            may_be_plain: false,
        };
        let sent = row(&json!({ "applicant_id": "A1", "application_id": 7 }), &rule);
        assert_eq!(sent.applicant_id.as_deref(), Some("A1"));
        assert_eq!(sent.application_id, None);
        let long = "x".repeat(101);
        assert_eq!(row(&json!({ "applicant_id": long }), &rule).applicant_id, None);
    }
}
