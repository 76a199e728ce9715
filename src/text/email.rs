//! Email addresses: of candidates and of recruiters, wherever they come from.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::hidden::is_hidden;

/// Longest address, in bytes (RFC 5321 s4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;

/// An email address: 3 to 254 bytes, an `@` with something on both sides, no white space, no comma but in quotes, and no
/// control or invisible characters.
///
/// Deliberately no stricter: the contract's own example, `jean.dupont@site`, has no dot in its domain. A comma divides
/// addresses in header fields, in those of mail as in `X-Current-User`, which proxies join by one; so it is taken in a quoted
/// local part alone (RFC 5322 s3.4.1). Compared without regard to ASCII case. Its `Debug` shows the domain only, so that no
/// log holds an address.
#[derive(Clone, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct EmailAddress(Box<str>);

/// The text is not an email address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an email address must have 3 to 254 bytes, an `@` inside, and no spaces, commas, control or invisible characters"
)]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the same address in any case of letters, those beyond ASCII included. Who is let in is decided by `==`,
    /// which tells more apart; who is to be erased by this, since nobody keeps two people apart by the case of an `É`.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        lower(&self.0) == lower(&other.0)
    }

    /// The forms that addresses alike may have in a database whose `lower` knows ASCII alone: with each letter beyond ASCII in
    /// one case or the other. Of more than eight such letters all are in the same case, or as they were given.
    #[must_use]
    pub fn stored_forms(&self) -> Vec<String> {
        const MOST_LETTERS: usize = 8;
        let cases: Vec<(char, Option<char>)> = lower(&self.0).chars().map(|c| (c, upper(c))).collect();
        if cases.iter().filter(|(_, upper)| upper.is_some()).count() > MOST_LETTERS {
            let uppers = cases
                .iter()
                .map(|(lower, upper)| upper.unwrap_or(*lower))
                .collect();
            return vec![lower(&self.0), uppers, self.0.to_ascii_lowercase()];
        }
        let mut forms = vec![String::with_capacity(self.0.len())];
        for (lower, upper) in cases {
            let uppers: Vec<String> = upper
                .iter()
                .flat_map(|upper| forms.iter().map(move |form| format!("{form}{upper}")))
                .collect();
            for form in &mut forms {
                form.push(lower);
            }
            forms.extend(uppers);
        }
        forms
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        let has_parts = !local.is_empty() && !domain.is_empty();
        let is_one = !text.contains(',') || is_quoted(local) && !domain.contains(',');
        if text.len() <= MAX_BYTES && has_parts && is_one && is_visible(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidEmailAddress)
        }
    }
}

/// In lower case, letter by letter: a `Σ` becomes the same letter wherever it stands.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The one upper case letter of a letter beyond ASCII.
fn upper(c: char) -> Option<char> {
    let mut uppers = c.to_uppercase();
    let upper = uppers.next().filter(|upper| *upper != c && !c.is_ascii())?;
    uppers.next().is_none().then_some(upper)
}

fn is_visible(text: &str) -> bool {
    // Each token that is checked has its user's address parsed, which is ASCII nearly always.
    if text.is_ascii() {
        return text.bytes().all(|byte| byte.is_ascii_graphic());
    }
    !text.chars().any(|c| c.is_whitespace() || is_hidden(c))
}

/// Whether the local part is one quoted string, which ends at its last character.
fn is_quoted(local: &str) -> bool {
    let inside = local.strip_prefix('"').and_then(|local| local.strip_suffix('"'));
    inside.is_some_and(|inside| {
        let mut is_escaped = false;
        let is_unbroken = inside.chars().all(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            !ends
        });
        is_unbroken && !is_escaped
    })
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for EmailAddress {}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EmailAddress(..@{})",
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
            "\"Dupont,Jean\"@x.example",
            "\"a\\\",b\"@x.example",
            "élodie@exemple.fr",
            "李@例子.测试",
            "a@b@c",
            "o'neill+x@[IPv6:2001:db8::1]",
        ] {
            assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
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
            "a@b,c@d",
            "a,b@c",
            "a@b,c",
            "\"a\"@b,\"c\"@d",
            "\"a,\\\"@b",
            "\"a@b,c@d",
            "a\u{a0}b@c",
            "a@b\u{2028}",
            "a\u{200b}@b",
            "a\u{200d}@b",
            "a@\u{202e}b",
            "\u{feff}a@b",
            "a@b\u{ad}c",
            "a\u{3164}@b",
            &format!("{}@b", "x".repeat(253)),
        ] {
            assert_eq!(bad.parse::<EmailAddress>(), Err(InvalidEmailAddress), "{bad:?}");
        }
    }

    #[test]
    fn addresses_compare_without_ascii_case_and_print_without_their_local_part() {
        let one: EmailAddress = "Jean.Dupont@Site".parse().unwrap();
        assert_eq!(one, "jean.dupont@site".parse().unwrap());
        assert_ne!(one, "jean.dupond@site".parse().unwrap());
        assert_eq!(format!("{one:?}"), "EmailAddress(..@Site)");
    }

    #[test]
    fn addresses_are_alike_in_any_case_of_letters() {
        let address = |text: &str| text.parse::<EmailAddress>().unwrap();
        for (one, other) in [
            ("Élodie@Exemple.FR", "éLODIE@exemple.fr"),
            ("ΟΔΥΣΣΕΥΣ@x", "οδυσσευς@x".replace('ς', "σ").as_str()),
            ("straße@x", "STRAßE@x"),
        ] {
            assert!(address(one).is_alike(&address(other)), "{one}");
            let stored = address(other).as_str().to_ascii_lowercase();
            assert!(address(one).stored_forms().contains(&stored), "{one}");
        }
        assert_ne!(address("Élodie@x"), address("élodie@x"));
        assert!(!address("elodie@x").is_alike(&address("élodie@x")));
        assert_eq!(address("Ann@x").stored_forms(), ["ann@x"]);
        assert_eq!(address("éÀ@x").stored_forms(), ["éà@x", "Éà@x", "éÀ@x", "ÉÀ@x"]);
        let many = format!("{}@x", "É".repeat(9));
        assert_eq!(
            address(&many).stored_forms(),
            [many.to_lowercase(), many.clone(), many.clone()]
        );
    }
}
