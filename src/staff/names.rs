//! What people sign in with.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;

/// What a person signs in with, and what the audit trail calls the person: 1 to 64 characters `a-z`, `0-9`, `.`, `_`, `-`, so
/// that it is no e-mail address. Capital letters are taken for small ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct SignInName(Arc<str>);

/// The text cannot be a sign-in name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sign-in name has 1 to 64 characters: a letter or a digit first, then letters, digits, dots, hyphens and underscores"
)]
pub struct InvalidSignInName;

impl SignInName {
    const MAX_CHARS: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, to be kept without a copy.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl FromStr for SignInName {
    type Err = InvalidSignInName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().to_ascii_lowercase();
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins_well = name.bytes().next().is_some_and(is_plain);
        let is_name = name.len() <= Self::MAX_CHARS
            && begins_well
            && name.bytes().all(|byte| is_plain(byte) || b"._-".contains(&byte));
        if is_name {
            Ok(Self(name.into()))
        } else {
            Err(InvalidSignInName)
        }
    }
}

impl fmt::Display for SignInName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl sqlx::Type<sqlx::Postgres> for SignInName {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <str as sqlx::Type<sqlx::Postgres>>::type_info()
    }
}

impl sqlx::Decode<'_, sqlx::Postgres> for SignInName {
    fn decode(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
        let text = <&str as sqlx::Decode<sqlx::Postgres>>::decode(value)?;
        Ok(Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_name_is_plain_and_small() {
        for (text, name) in [("lena", "lena"), (" Lena.Roth ", "lena.roth"), ("0-_.", "0-_.")] {
            assert_eq!(text.parse::<SignInName>().unwrap().as_str(), name);
        }
        let long = "x".repeat(65);
        for bad in ["", " ", ".lena", "-x", "lena@site", "l na", "léna", "a\nb", &long] {
            assert!(bad.parse::<SignInName>().is_err(), "{bad:?}");
        }
    }
}
