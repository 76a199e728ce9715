//! The JSON form of a profile's attributes, as the platform writes it: known members, each with a type, and any others.
//!
//! What is wrong is said by the name of the member and never by its value, which is personal.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Datelike, SubsecRound, TimeDelta, Utc};
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::profile::{
    Attributes, AttributesBody, InstitutionUserId, InvalidAttributes, InvalidInstitutionUserId,
    InvalidUserRoles, Profile, ProfileContent, ResumeApproval,
};
use crate::error::Failure;
use crate::text::{InvalidEmailAddress, is_plain};

/// How far ahead of the service's clock an instant may be.
const MAX_AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 200;

const USER_ID: &str = "institution-user-id";
/// The members that have a meaning.
const KNOWN: [&str; 10] = [
    "email",
    "given-name",
    "family-name",
    USER_ID,
    "current-school-name",
    "user-roles",
    "is-invited",
    "resume-approval-status",
    "created-at",
    "last-login",
];

/// The members of a JSON object, each once, in the order of their names.
#[derive(Clone, Default)]
pub struct Document(BTreeMap<String, Box<RawValue>>);

/// What is wrong with a document; it names members and no values.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// It is no JSON object.
    #[error("a profile must be a JSON object in which no member stands twice")]
    NotAnObject,
    /// A member has another type.
    #[error("{0} must be {1}")]
    Type(&'static str, &'static str),
    /// A member beside the known ones has a lone surrogate, a number beyond all bounds, or too many values inside each other.
    #[error(
        "the attributes beside the known ones must have no lone surrogates, no numbers beyond 1.8e308, and at most 127 arrays \
         and objects inside each other"
    )]
    Unreadable,
    /// A member must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The address is not one.
    #[error("email is not valid: {0}")]
    Email(#[from] InvalidEmailAddress),
    /// The id is not one.
    #[error(transparent)]
    UserId(#[from] InvalidInstitutionUserId),
    /// The roles are out of bounds.
    #[error(transparent)]
    Roles(#[from] InvalidUserRoles),
    /// The further attributes are out of bounds.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
}

impl Document {
    /// Reads JSON.
    pub fn parse(json: &str) -> Result<Self, InvalidDocument> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = deserializer
            .deserialize_map(MembersVisitor)
            .map_err(|_| InvalidDocument::NotAnObject)?;
        deserializer.end().map_err(|_| InvalidDocument::NotAnObject)?;
        Ok(Self(members))
    }

    /// The document that a profile was written by.
    pub fn of(profile: &Profile) -> Result<Self, Failure> {
        let json = serde_json::to_string(&AttributesBody(profile)).map_err(Failure::internal)?;
        Self::parse(&json).map_err(Failure::internal)
    }

    /// Merges a patch into it (RFC 7396): null removes a member, an object is merged, and everything else replaces. What the
    /// patch leaves as it is keeps its spelling, so that no number loses digits.
    pub fn merge(&mut self, patch: Self) -> Result<(), InvalidDocument> {
        for change in patch.0.values().filter(|change| is_object(change)) {
            // This bounds how deep they are.
            read::<Value>(change)?;
        }
        merge(&mut self.0, patch.0)
    }

    /// `institution-user-id`, if it is there.
    pub fn institution_user_id(&self) -> Result<Option<InstitutionUserId>, InvalidDocument> {
        match self.member::<String>(USER_ID, "a string")? {
            Some(text) => Ok(Some(text.parse()?)),
            None => Ok(None),
        }
    }

    /// What it says of a person, at this instant.
    pub fn content(&self, now: DateTime<Utc>) -> Result<ProfileContent, InvalidDocument> {
        const NAME: &str = "a string of at most 200 characters, none of them a line break, a control or an invisible character";
        let email = self.text("email")?.ok_or(InvalidDocument::Missing("email"))?;
        let name = |name| match self.text(name)? {
            Some(text) if text.chars().count() > MAX_NAME_CHARS || !is_plain(&text) => {
                Err(InvalidDocument::Type(name, NAME))
            }
            other => Ok(other),
        };
        let name_part = |member| {
            let parse = |text: String| text.parse().map_err(|_| InvalidDocument::Type(member, NAME));
            name(member)?.map(parse).transpose()
        };
        let school = name("current-school-name")?.map(|text| {
            text.parse()
                .map_err(|_| InvalidDocument::Type("current-school-name", NAME))
        });
        let roles: Option<Vec<String>> = self.member("user-roles", "an array of strings")?;
        Ok(ProfileContent {
            email: email.parse()?,
            given_name: name_part("given-name")?,
            family_name: name_part("family-name")?,
            current_school_name: school.transpose()?,
            user_roles: roles.unwrap_or_default().try_into()?,
            is_invited: self.member("is-invited", "true or false")?.unwrap_or(false),
            resume_approval: self.resume_approval()?,
            created_at: self.instant("created-at", now)?,
            last_login: self.instant("last-login", now)?,
            attributes: self.attributes()?,
        })
    }

    fn resume_approval(&self) -> Result<Option<ResumeApproval>, InvalidDocument> {
        self.member("resume-approval-status", "pending, approved, denied or edited")
    }

    fn attributes(&self) -> Result<Attributes, InvalidDocument> {
        let mut others = BTreeMap::new();
        for (name, value) in &self.0 {
            if !KNOWN.contains(&name.as_str()) {
                read::<Value>(value)?;
                others.insert(name.clone(), value.clone());
            }
        }
        Ok(Attributes::new(others)?)
    }

    /// An instant from the year 0 on, before which RFC 3339 writes none, that is not in the future, to the precision of the
    /// database.
    fn instant(
        &self,
        name: &'static str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, InvalidDocument> {
        const INSTANT: &str = "an instant of RFC 3339 that is not in the future";
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let at = DateTime::parse_from_rfc3339(&text)
            .ok()
            .map(|at| at.to_utc().trunc_subsecs(6));
        // An offset can lead to the year before.
        let at = at.filter(|at| at.year() >= 0 && *at <= now + MAX_AHEAD);
        at.map(Some).ok_or(InvalidDocument::Type(name, INSTANT))
    }

    /// The text of a member, trimmed; `None` where it is not there, null or blank.
    fn text(&self, name: &'static str) -> Result<Option<String>, InvalidDocument> {
        let text: Option<String> = self.member(name, "a string")?;
        Ok(text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()))
    }

    /// The value of a member; `None` where it is not there, or null.
    fn member<T: DeserializeOwned>(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, InvalidDocument> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        serde_json::from_str(value.get()).map_err(|_| InvalidDocument::Type(name, expected))
    }
}

fn read<T: DeserializeOwned>(value: &RawValue) -> Result<T, InvalidDocument> {
    serde_json::from_str(value.get()).map_err(|_| InvalidDocument::Unreadable)
}

type Members = BTreeMap<String, Box<RawValue>>;

fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// RFC 7396 s2.
fn merge(members: &mut Members, patch: Members) -> Result<(), InvalidDocument> {
    for (name, change) in patch {
        if change.get() == "null" {
            members.remove(&name);
        } else if is_object(&change) {
            let mut merged: Members = match members.remove(&name).filter(|present| is_object(present)) {
                Some(present) => read(&present)?,
                None => Members::new(),
            };
            merge(&mut merged, read(&change)?)?;
            let merged = to_raw_value(&merged).map_err(|_| InvalidDocument::Unreadable)?;
            members.insert(name, merged);
        } else {
            members.insert(name, change);
        }
    }
    Ok(())
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = BTreeMap<String, Box<RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(members)
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
