//! A profile, and what may be in it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::clock;
use crate::ids::ProfileId;
use crate::text::{EmailAddress, Name, NamePart, is_plain};

/// Longest institution user id, in characters.
const MAX_USER_ID_CHARS: usize = 200;
/// Most roles of a profile.
const MAX_ROLES: usize = 20;
/// Longest role, in characters.
const MAX_ROLE_CHARS: usize = 64;
/// Most bytes of the attributes that the platform keeps beside the known ones, as JSON.
const MAX_ATTRIBUTES_BYTES: usize = 64 * 1024;
/// Longest name of an attribute, in bytes.
const MAX_ATTRIBUTE_NAME_BYTES: usize = 64;
/// The roles that make an administrator.
const ADMIN_ROLES: [&str; 2] = ["admin", "super"];

/// How an institution names one of its users: 1 to 200 characters without white space around them, none of them a line break,
/// a control or an invisible character, and none U+FFFD: paths have it in the place of each byte that is not UTF-8, so that
/// several users would be one. Compared byte for byte. Personal data: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct InstitutionUserId(String);

/// The text is not an institution user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "institution-user-id must have 1 to 200 characters of UTF-8 without white space around them, none of them a line break, a \
     control or an invisible character, or U+FFFD"
)]
pub struct InvalidInstitutionUserId;

impl InstitutionUserId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstitutionUserId {
    type Err = InvalidInstitutionUserId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_id = !text.is_empty()
            && text.trim() == text
            && text.chars().count() <= MAX_USER_ID_CHARS
            && !text.contains(char::REPLACEMENT_CHARACTER)
            && is_plain(text);
        is_id
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidInstitutionUserId)
    }
}

impl fmt::Debug for InstitutionUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstitutionUserId(..)")
    }
}

/// What became of the approval of a résumé (Lightcast contract s4). The numbers are those of segments: they are append only.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    serde::Deserialize,
    sqlx::Type,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ResumeApproval {
    /// Somebody is yet to look at it.
    Pending = 0,
    /// It was approved.
    Approved = 1,
    /// It was denied.
    Denied = 2,
    /// It was changed after that.
    Edited = 3,
}

/// What a person is at a subdomain: at most 20 roles of 1 to 64 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UserRoles(Vec<String>);

/// The roles are out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "user-roles must be at most 20 different strings of 1 to 64 characters, none of them a line break, a control or an \
     invisible character"
)]
pub struct InvalidUserRoles;

impl UserRoles {
    /// Whether one of the roles is that of an administrator: `admin` or `super`.
    #[must_use]
    pub fn are_admin(&self) -> bool {
        self.0.iter().any(|role| ADMIN_ROLES.contains(&role.as_str()))
    }
}

impl TryFrom<Vec<String>> for UserRoles {
    type Error = InvalidUserRoles;

    fn try_from(roles: Vec<String>) -> Result<Self, Self::Error> {
        let is_role = |role: &String| {
            !role.is_empty()
                && role.chars().count() <= MAX_ROLE_CHARS
                && role.trim() == role
                && is_plain(role)
        };
        let are_different = roles
            .iter()
            .enumerate()
            .all(|(at, role)| roles.iter().take(at).all(|other| other != role));
        if roles.len() <= MAX_ROLES && roles.iter().all(is_role) && are_different {
            Ok(Self(roles))
        } else {
            Err(InvalidUserRoles)
        }
    }
}

/// What the platform keeps of a person beside the known attributes: names in kebab case, any JSON, at most 64 KiB of it.
/// Numbers stay as they were sent.
#[derive(Clone, Default)]
pub struct Attributes(BTreeMap<String, Box<RawValue>>);

/// The further attributes are out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttributes {
    /// A name is not in kebab case.
    #[error(
        "names of attributes must be in kebab case, such as first-year, of at most 64 letters a to z, digits and hyphens"
    )]
    Name,
    /// They are too large.
    #[error("the attributes beside the known ones must have at most 65536 bytes as JSON")]
    TooLarge,
}

impl Attributes {
    /// Attributes by their names.
    pub fn new(members: BTreeMap<String, Box<RawValue>>) -> Result<Self, InvalidAttributes> {
        if !members.keys().all(|name| is_kebab_case(name)) {
            return Err(InvalidAttributes::Name);
        }
        // Each has quotes, a colon and a comma beside its name and its value.
        let bytes: usize = members
            .iter()
            .map(|(name, value)| name.len() + value.get().len() + 4)
            .sum();
        if bytes > MAX_ATTRIBUTES_BYTES {
            return Err(InvalidAttributes::TooLarge);
        }
        Ok(Self(members))
    }

    /// Those that the database holds.
    pub(super) const fn stored(members: BTreeMap<String, Box<RawValue>>) -> Self {
        Self(members)
    }

    pub(super) const fn members(&self) -> &BTreeMap<String, Box<RawValue>> {
        &self.0
    }
}

fn is_kebab_case(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.len() <= MAX_ATTRIBUTE_NAME_BYTES
        && name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && name.split('-').all(is_word)
}

/// What the platform says of a person. Personal data: it has no `Debug`.
#[derive(Clone)]
pub struct ProfileContent {
    /// The email address.
    pub email: EmailAddress,
    /// The given name; never empty.
    pub given_name: Option<NamePart>,
    /// The family name; never empty.
    pub family_name: Option<NamePart>,
    /// The school that the person is at.
    pub current_school_name: Option<Name>,
    /// What the person is at the subdomain.
    pub user_roles: UserRoles,
    /// Whether the person was invited, and did not come by itself.
    pub is_invited: bool,
    /// What became of the person's résumé; `None`: there is none to approve.
    pub resume_approval: Option<ResumeApproval>,
    /// When the profile was made; `None`: now, or when it was made before.
    pub created_at: Option<DateTime<Utc>>,
    /// When the person logged in last.
    pub last_login: Option<DateTime<Utc>>,
    /// What else the platform keeps.
    pub attributes: Attributes,
}

/// A profile, as callers see it. Personal data: it has no `Debug`.
#[derive(Clone)]
pub struct Profile {
    /// Its identifier.
    pub profile_id: ProfileId,
    /// How the institution names the person.
    pub institution_user_id: InstitutionUserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What the platform says of the person.
    pub content: ProfileContent,
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut profile = serializer.serialize_struct("Profile", 3)?;
        profile.serialize_field("type", "profile")?;
        profile.serialize_field("id", &self.profile_id)?;
        profile.serialize_field("attributes", &AttributesBody(self))?;
        profile.end()
    }
}

/// All attributes of a profile: the known ones, each of which is there, and the others.
pub(super) struct AttributesBody<'a>(pub &'a Profile);

impl Serialize for AttributesBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Profile {
            institution_user_id,
            created_at,
            content,
            ..
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("email", &content.email)?;
        map.serialize_entry("given-name", &content.given_name)?;
        map.serialize_entry("family-name", &content.family_name)?;
        map.serialize_entry("institution-user-id", institution_user_id)?;
        map.serialize_entry("current-school-name", &content.current_school_name)?;
        map.serialize_entry("user-roles", &content.user_roles)?;
        map.serialize_entry("is-invited", &content.is_invited)?;
        map.serialize_entry("resume-approval-status", &content.resume_approval)?;
        map.serialize_entry("created-at", &clock::rfc3339(*created_at))?;
        map.serialize_entry("last-login", &content.last_login.map(clock::rfc3339))?;
        for (name, value) in content.attributes.members() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn institution_user_ids_are_plain_text_and_never_shown() {
        for good in ["0000001", "a b", "jane@uni.example", "é/ü"] {
            let id: InstitutionUserId = good.parse().unwrap();
            assert_eq!(
                (id.as_str(), format!("{id:?}").as_str()),
                (good, "InstitutionUserId(..)")
            );
        }
        for bad in [
            "",
            " a",
            "a ",
            "a\nb",
            "a\u{202e}",
            "\u{fffd}lodie",
            &"x".repeat(201),
        ] {
            assert!(bad.parse::<InstitutionUserId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn roles_are_few_and_different_and_two_of_them_are_those_of_administrators() {
        let roles = |roles: &[&str]| {
            UserRoles::try_from(roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>())
        };
        for (names, are_admin) in [
            (&[][..], false),
            (&["student"], false),
            (&["student", "admin"], true),
            (&["super"], true),
            (&["Admin"], false),
        ] {
            assert_eq!(roles(names).unwrap().are_admin(), are_admin, "{names:?}");
        }
        let twenty_one: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        assert_eq!(UserRoles::try_from(twenty_one), Err(InvalidUserRoles));
        for bad in [&["a", "a"][..], &[""], &[" a"], &["a\0"], &[&"x".repeat(65)]] {
            assert_eq!(roles(bad), Err(InvalidUserRoles), "{bad:?}");
        }
    }

    #[test]
    fn attributes_have_names_in_kebab_case_and_sixty_four_kibibytes() {
        let attributes = |name: &str, bytes: usize| {
            let value = RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap();
            Attributes::new(BTreeMap::from([(name.to_owned(), value)]))
                .map(|attributes| attributes.members().len())
        };
        for good in ["a", "first-year", "a1-2b", &"x".repeat(64)] {
            assert_eq!(attributes(good, 2), Ok(1), "{good}");
        }
        for bad in ["", "A", "a_b", "a--b", "-a", "a-", "1a", "é", &"x".repeat(65)] {
            assert_eq!(attributes(bad, 2), Err(InvalidAttributes::Name), "{bad}");
        }
        assert_eq!(attributes("a", 65531), Ok(1));
        assert_eq!(attributes("a", 65532), Err(InvalidAttributes::TooLarge));
    }
}
