//! The JSON of a batch of candidates (contract s4, s5), read row by row: what is wrong in one row is told with that row.
//!
//! The batch as a whole is refused only where its rows cannot be told apart: where it is not JSON by its grammar, or not an
//! array. What the grammar allows and no text or number can hold (half a surrogate pair, a number beyond all bounds), a byte
//! that is not UTF-8, and a member that is sent twice are errors of their rows.
//!
//! Nothing is kept that nobody asked for: a body costs no more memory than its own size, whatever is in it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Error;
use crate::recruiting::invitations::{self, CallbackRule, Candidate, MAX_CANDIDATES};
use crate::text::{NamePart, PersonName, is_hidden};

/// Longest phone number, in characters.
const MAX_PHONE_CHARS: usize = 50;
/// Longest identifier that is answered as it was sent, in bytes.
const MAX_ECHO_BYTES: usize = 100;

/// The text of a body, in which what is not UTF-8 is replaced.
pub(super) struct BatchText<'a>(Cow<'a, str>);

/// A batch as it came.
pub(super) struct CandidateBatch<'a> {
    /// The first [`MAX_CANDIDATES`] of its elements.
    elements: Vec<&'a RawValue>,
    /// Whether there are more.
    is_too_long: bool,
    /// Whether some of its bytes are not UTF-8.
    is_damaged: bool,
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

impl<'a> BatchText<'a> {
    /// The text of a body. It is copied only where bytes of it are not UTF-8.
    pub(super) fn of(body: &'a [u8]) -> Self {
        Self(String::from_utf8_lossy(body))
    }
}

impl<'a> CandidateBatch<'a> {
    /// Reads a body of at most [`MAX_CANDIDATES`].
    pub(super) fn parse(text: &'a BatchText<'_>) -> Result<Self, Error> {
        let batch: Self = serde_json::from_str(&text.0)?;
        if batch.is_too_long {
            return Err(invitations::Error::TooManyCandidates.into());
        }
        Ok(Self {
            is_damaged: matches!(text.0, Cow::Owned(_)),
            ..batch
        })
    }

    /// Reads the rows, with the callbacks of the client that sends them.
    pub(super) fn rows(&self, rule: &CallbackRule) -> Vec<CandidateRow> {
        self.elements
            .iter()
            .map(|element| CandidateRow::read(element, self.is_damaged, rule))
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
            is_damaged: false,
        })
    }
}

/// The members of a candidate, as they are found. `null` and a member that is not there are the same.
#[derive(Default)]
struct CandidateMembers<'a> {
    campaign_id: Option<&'a RawValue>,
    applicant_id: Option<&'a RawValue>,
    application_id: Option<&'a RawValue>,
    lastname: Option<&'a RawValue>,
    firstname: Option<&'a RawValue>,
    email: Option<&'a RawValue>,
    phone: Option<&'a RawValue>,
    callback_url: Option<&'a RawValue>,
    /// The first of these that is sent more than once; the first value counts for what the answer repeats.
    repeated: Option<&'static str>,
    /// Whether the name of a member is no text.
    has_unreadable_name: bool,
}

/// By hand, so that a row has its identifiers whatever else is in it, and because what is derived for a structure would also
/// take an array of its members.
impl<'de: 'a, 'a> Deserialize<'de> for CandidateMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = CandidateMembers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a candidate")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CandidateMembers<'de>, A::Error> {
        let mut members = CandidateMembers::default();
        while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            match serde_json::from_str::<Text<'_>>(name.get()) {
                Ok(Text(name)) => members.put(&name, value),
                Err(_) => members.has_unreadable_name = true,
            }
        }
        Ok(members)
    }
}

impl<'a> CandidateMembers<'a> {
    fn put(&mut self, name: &str, value: &'a RawValue) {
        let (name, member) = match name {
            "campaign_id" => ("campaign_id", &mut self.campaign_id),
            "applicant_id" => ("applicant_id", &mut self.applicant_id),
            "application_id" => ("application_id", &mut self.application_id),
            "lastname" => ("lastname", &mut self.lastname),
            "firstname" => ("firstname", &mut self.firstname),
            "email" => ("email", &mut self.email),
            "phone" => ("phone", &mut self.phone),
            "callback_url" => ("callback_url", &mut self.callback_url),
            // Talentsoft may send more than the contract has.
            _ => return,
        };
        if member.is_none() {
            *member = Some(value);
        } else {
            self.repeated.get_or_insert(name);
        }
    }

    fn candidate(&self, rule: &CallbackRule) -> Result<Candidate, String> {
        if let Some(name) = self.repeated {
            return Err(format!("{name} must be sent only once"));
        }
        if self.has_unreadable_name {
            return Err(format!("the name of a member {NO_CHARACTER}"));
        }
        read_candidate(self, rule)
    }
}

/// A string, which is copied only where it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What is wrong with the only strings that the grammar allows and that are no text.
const NO_CHARACTER: &str = "has an escape of half a character (a lone surrogate)";

impl CandidateRow {
    /// `is_damaged`: the text of the batch has U+FFFD in the place of bytes that are not UTF-8.
    fn read(element: &RawValue, is_damaged: bool, rule: &CallbackRule) -> Self {
        let json = element.get();
        let Ok(members) = serde_json::from_str::<CandidateMembers<'_>>(json) else {
            return Self {
                applicant_id: None,
                application_id: None,
                candidate: Err("a candidate must be a JSON object".to_owned()),
            };
        };
        let candidate = if is_damaged && json.contains(char::REPLACEMENT_CHARACTER) {
            Err("the candidate is not UTF-8, as JSON must be".to_owned())
        } else {
            members.candidate(rule)
        };
        Self {
            applicant_id: echo(members.applicant_id),
            application_id: echo(members.application_id),
            candidate,
        }
    }
}

fn read_candidate(members: &CandidateMembers<'_>, rule: &CallbackRule) -> Result<Candidate, String> {
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
fn optional<'a>(name: &'static str, value: Option<&'a RawValue>) -> Result<Option<Cow<'a, str>>, String> {
    let Some(value) = value.filter(|value| value.get() != "null") else {
        return Ok(None);
    };
    match serde_json::from_str::<Text<'a>>(value.get()) {
        Ok(Text(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(_) if value.get().starts_with('"') => Err(format!("{name} {NO_CHARACTER}")),
        Err(_) => Err(format!("{name} must be a string")),
    }
}

fn required<'a>(name: &'static str, value: Option<&'a RawValue>) -> Result<Cow<'a, str>, String> {
    optional(name, value)?.ok_or_else(|| format!("{name} is missing"))
}

fn uuid<T: FromStr>(name: &'static str, value: Option<&RawValue>) -> Result<T, String> {
    let id = required(name, value)?.parse();
    id.map_err(|_| format!("{name} must be a UUID"))
}

/// A part of a person's name, which is empty where the member is not there.
fn name_part(name: &'static str, value: Option<&RawValue>) -> Result<NamePart, String> {
    let parsed = optional(name, value)?.unwrap_or_default().parse();
    parsed.map_err(|_| {
        format!(
            "{name} must have at most 200 characters, none of them a line break, a control or an invisible character"
        )
    })
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
