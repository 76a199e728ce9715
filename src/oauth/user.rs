//! The person on whose behalf a call is made: an email address, nothing more (contract s3).

use std::fmt;
use std::str::FromStr;

/// The header in which Talentsoft names the current user.
pub const CURRENT_USER_HEADER: &str = "x-current-user";

/// A user's email address: 3 to 254 bytes, an `@` with something on both sides, no control characters or spaces.
///
/// Deliberately no stricter: the contract's own example, `jean.dupont@site`, has no dot in its domain. Compared without
/// regard to ASCII case. Its `Debug` shows the domain only, so that no log holds an address.
#[derive(Clone)]
pub struct UserEmail(Box<str>);

/// The text is not an email address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an email address has 3 to 254 bytes, an `@` inside, and no spaces or control characters")]
pub struct InvalidEmail;

impl UserEmail {
    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserEmail {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let has_parts = text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let is_clean = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if text.len() <= 254 && has_parts && is_clean {
            Ok(Self(text.into()))
        } else {
            Err(InvalidEmail)
        }
    }
}

impl PartialEq for UserEmail {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for UserEmail {}

impl fmt::Debug for UserEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "UserEmail(..@{})",
            self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_talentsoft_sends_them() {
        for good in [
            "jean.dupont@site",
            "a@b",
            "\"odd\"@x.example",
            "élodie@exemple.fr",
            "a@b@c",
        ] {
            assert_eq!(good.parse::<UserEmail>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "no-at",
            "a b@c",
            "a@b\n",
            "a\0@b",
            &format!("{}@b", "x".repeat(253)),
        ] {
            assert_eq!(bad.parse::<UserEmail>(), Err(InvalidEmail), "{bad:?}");
        }
    }

    #[test]
    fn addresses_compare_without_ascii_case_and_print_without_their_local_part() {
        let one: UserEmail = "Jean.Dupont@Site".parse().unwrap();
        assert_eq!(one, "jean.dupont@site".parse().unwrap());
        assert_ne!(one, "jean.dupond@site".parse().unwrap());
        assert_eq!(format!("{one:?}"), "UserEmail(..@Site)");
    }
}
