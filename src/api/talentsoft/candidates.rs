//! The JSON of a batch of candidates (contract s4, s5), read row by row: what is wrong in one row is told with that row.
//!
//! Nothing is kept that nobody asked for: a body costs no more memory than its own size, whatever is in it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::recruiting::invitations::{CallbackRule, Candidate, MAX_CANDIDATES};
use crate::text::{NamePart, PersonName, is_hidden};

/// Longest phone number, in characters.
const MAX_PHONE_CHARS: usize = 50;
/// Longest identifier that is answered as it was sent, in bytes.
const MAX_ECHO_BYTES: usize = 100;

/// A batch as it came.
pub(super) struct CandidateBatch<'a> {
    /// The first [`MAX_CANDIDATES`] of its elements.
    elements: Vec<&'a RawValue>,
    /// Whether there are more.
    pub(super) is_too_long: bool,
}

/// A row as it came: the identifiers that its answer repeats, and the candidate or what is wrong.
pub(super) struct CandidateRow {
    /// `applicant_id` as sent.
    pub(super) applicant_id: Option<String>,
    /// `application_id` as sent.
    pub(super) application_id: Option<String>,
    /// The candidate, or words for the caller.
    pub(super) candidate: Result<Candidate, String>,
}

impl<'a> CandidateBatch<'a> {
    /// Reads a body.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    /// Reads the rows, with the callbacks of the client that sends them.
    pub(super) fn rows(&self, rule: &CallbackRule) -> Result<Vec<CandidateRow>, serde_json::Error> {
        self.elements
            .iter()
            .map(|element| CandidateRow::read(element, rule))
            .collect()
    }
}

/// By hand for its bound: a vector of all elements of a body could be eight times as large as the body.
impl<'de: 'a, 'a> Deserialize<'de> for CandidateBatch<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BatchVisitor)
    }
}

struct BatchVisitor;

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = CandidateBatch<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of candidates")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<CandidateBatch<'de>, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < MAX_CANDIDATES {
            let Some(element) = sequence.next_element()? else {
                break;
            };
            elements.push(element);
        }
        let mut is_too_long = false;
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            is_too_long = true;
        }
        Ok(CandidateBatch {
            elements,
            is_too_long,
        })
    }
}

/// The members of a candidate. `null` and a member that is not there are the same.
#[derive(Deserialize)]
struct CandidateMembers<'a> {
    #[serde(borrow)]
    campaign_id: Option<&'a RawValue>,
    #[serde(borrow)]
    applicant_id: Option<&'a RawValue>,
    #[serde(borrow)]
    application_id: Option<&'a RawValue>,
    #[serde(borrow)]
    lastname: Option<&'a RawValue>,
    #[serde(borrow)]
    firstname: Option<&'a RawValue>,
    #[serde(borrow)]
    email: Option<&'a RawValue>,
    #[serde(borrow)]
    phone: Option<&'a RawValue>,
    #[serde(borrow)]
    callback_url: Option<&'a RawValue>,
}

impl CandidateMembers<'_> {
    /// Finds what is not JSON in a member, which a raw value may hide.
    fn check_syntax(&self) -> Result<(), serde_json::Error> {
        let members = [
            self.campaign_id,
            self.applicant_id,
            self.application_id,
            self.lastname,
            self.firstname,
            self.email,
            self.phone,
            self.callback_url,
        ];
        for member in members.into_iter().flatten() {
            match serde_json::from_str::<Text<'_>>(member.get()) {
                Err(error) if !error.is_data() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// The members that an answer repeats.
#[derive(Default, Deserialize)]
struct Identifiers<'a> {
    #[serde(borrow)]
    applicant_id: Option<&'a RawValue>,
    #[serde(borrow)]
    application_id: Option<&'a RawValue>,
}

impl Identifiers<'_> {
    fn row(self, candidate: Result<Candidate, String>) -> CandidateRow {
        CandidateRow {
            applicant_id: echo(self.applicant_id),
            application_id: echo(self.application_id),
            candidate,
        }
    }
}

/// A string, which is copied only where it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Why a candidate cannot be read.
enum RowError {
    /// The row is invalid; the words are for the caller.
    Invalid(String),
    /// The body is not JSON.
    Syntax(serde_json::Error),
}

impl From<String> for RowError {
    fn from(words: String) -> Self {
        Self::Invalid(words)
    }
}

impl CandidateRow {
    fn read(element: &RawValue, rule: &CallbackRule) -> Result<Self, serde_json::Error> {
        let json = element.get();
        // What is derived for a structure would also take an array of its members.
        let members = (!json.starts_with('[')).then(|| serde_json::from_str::<CandidateMembers<'_>>(json));
        match members {
            Some(Ok(members)) => Self::of(&members, rule),
            Some(Err(error)) if error.is_data() && json.starts_with('{') => {
                let name = error.to_string();
                let name = name.split('`').nth(1).unwrap_or("a member");
                let identifiers = serde_json::from_str::<Identifiers<'_>>(json).unwrap_or_default();
                Ok(identifiers.row(Err(format!("{name} must be sent only once"))))
            }
            Some(Err(error)) if !error.is_data() => Err(error),
            Some(Err(_)) | None => {
                let words = "a candidate must be a JSON object".to_owned();
                Ok(Identifiers::default().row(Err(words)))
            }
        }
    }

    fn of(members: &CandidateMembers<'_>, rule: &CallbackRule) -> Result<Self, serde_json::Error> {
        let candidate = match read_candidate(members, rule) {
            Ok(candidate) => Ok(candidate),
            Err(RowError::Invalid(words)) => {
                // What is not JSON further on in the row is the body's error all the same.
                members.check_syntax()?;
                Err(words)
            }
            Err(RowError::Syntax(error)) => return Err(error),
        };
        let identifiers = Identifiers {
            applicant_id: members.applicant_id,
            application_id: members.application_id,
        };
        Ok(identifiers.row(candidate))
    }
}

fn read_candidate(members: &CandidateMembers<'_>, rule: &CallbackRule) -> Result<Candidate, RowError> {
    Ok(Candidate {
        campaign_id: uuid("campaign_id", members.campaign_id)?,
        applicant_id: uuid("applicant_id", members.applicant_id)?,
        application_id: uuid("application_id", members.application_id)?,
        name: PersonName::new(
            name_part("lastname", members.lastname)?,
            name_part("firstname", members.firstname)?,
        )
        .map_err(|error| error.to_string())?,
        email: required("email", members.email)?
            .trim()
            .parse()
            .map_err(|error| format!("email is not valid: {error}"))?,
        phone: optional("phone", members.phone)?
            .map(|text| phone(&text))
            .transpose()?,
        callback_url: optional("callback_url", members.callback_url)?
            .map(|text| rule.parse(&text).map_err(|error| error.to_string()))
            .transpose()?,
    })
}

/// The text of a member; `None` where it is not there, `null` or blank.
fn optional<'a>(name: &'static str, value: Option<&'a RawValue>) -> Result<Option<Cow<'a, str>>, RowError> {
    let Some(value) = value else {
        return Ok(None);
    };
    match serde_json::from_str::<Text<'a>>(value.get()) {
        Ok(Text(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(error) if error.is_data() => Err(format!("{name} must be a string").into()),
        Err(error) => Err(RowError::Syntax(error)),
    }
}

fn required<'a>(name: &'static str, value: Option<&'a RawValue>) -> Result<Cow<'a, str>, RowError> {
    Ok(optional(name, value)?.ok_or_else(|| format!("{name} is missing"))?)
}

fn uuid<T: FromStr>(name: &'static str, value: Option<&RawValue>) -> Result<T, RowError> {
    let id = required(name, value)?.parse();
    Ok(id.map_err(|_| format!("{name} must be a UUID"))?)
}

/// A part of a person's name, which is empty where the member is not there.
fn name_part(name: &'static str, value: Option<&RawValue>) -> Result<NamePart, RowError> {
    let parsed = optional(name, value)?.unwrap_or_default().parse();
    Ok(parsed.map_err(|_| {
        format!(
            "{name} must have at most 200 characters, none of them a line break, a control or an invisible character"
        )
    })?)
}

/// Text without hidden characters, trimmed: it goes to people, and PostgreSQL stores no NUL.
fn phone(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > MAX_PHONE_CHARS || text.chars().any(is_hidden) {
        return Err(format!(
            "phone must have at most {MAX_PHONE_CHARS} characters, none of them a control or an invisible character"
        ));
    }
    Ok(text.to_owned())
}

/// An identifier as it was sent, if it is a string that is not too long.
fn echo(value: Option<&RawValue>) -> Option<String> {
    let Text(text) = serde_json::from_str(value?.get()).ok()?;
    Some(text.into_owned()).filter(|text| text.len() <= MAX_ECHO_BYTES)
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
